use rpc_core::rpc_export;

#[rpc_export]
trait Store {
    type Value;

    fn load(&self) -> Self::Value;
}

fn main() {}
