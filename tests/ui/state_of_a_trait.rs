use rpc_core::{State, rpc_export};

pub trait Storage: Send + Sync {
    fn get(&self, key: &str) -> String;
}

#[rpc_export]
fn read(storage: State<dyn Storage>, key: &str) -> String {
    storage.get(key)
}

#[rpc_export]
fn read_again(storage: &State<dyn Storage>, key: &str) -> String {
    storage.get(key)
}

fn main() {}
