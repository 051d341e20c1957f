use rpc_core::FunctionRegistry;

struct Counter;

fn main() {
    let mut registry = FunctionRegistry::new();
    let _ = registry.register_instance(Counter);
}
