use rpc_core::{FunctionRegistry, rpc_export};

struct Counter;

#[rpc_export]
impl Counter {
    pub fn new() -> Self {
        Self
    }

    pub fn value(&self) -> i64 {
        1
    }
}

fn main() {
    let mut registry = FunctionRegistry::new();
    let _ = registry.register_instance(Counter::new());
    let _ = registry.value().call();
}
