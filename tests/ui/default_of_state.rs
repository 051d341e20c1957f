use rpc_core::{State, rpc_export};

#[rpc_export]
fn limit(#[default(1)] limit: State<u64>) -> u64 {
    *limit
}

fn main() {}
