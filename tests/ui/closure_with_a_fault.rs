use rpc_core::{Fault, FunctionRegistry};

fn main() {
    let mut registry = FunctionRegistry::new();
    let _ = registry.register("half", |a: i64| -> Result<i64, Fault> { Ok(a / 2) });
}
