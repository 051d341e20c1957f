use rpc_core::{FunctionRegistry, call, rpc_export};

struct Counter(i64);

#[rpc_export]
impl Counter {
    pub fn value(&self, #[default] offset: i64) -> i64 {
        self.0 + offset
    }
}

fn main() {
    let mut registry = FunctionRegistry::new();
    let _ = registry.register_instance(Counter(1));
    let _ = registry.value(1).call();
    let _ = call!(registry.value(offset = 2));
}
