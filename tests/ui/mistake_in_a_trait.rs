use rpc_core::{FunctionRegistry, rpc_export};

#[rpc_export]
trait Store {
    fn load(&self, key: &mut str) -> String;
}

struct Empty;

impl Store for Empty {
    fn load(&self, _: &mut str) -> String {
        String::new()
    }
}

fn main() {
    let mut registry = FunctionRegistry::new();
    let _ = registry.register_instance(StoreService(Empty));
    let _ = registry.load("key").call();
}
