use rpc_core::rpc_export;

#[rpc_export]
trait Store<T> {
    fn load(&self) -> T;
}

fn main() {}
