use rpc_core::FunctionRegistry;

struct Odd;

fn main() {
    let mut registry = FunctionRegistry::new();
    let _ = registry.register("half", |a: i64| -> Result<i64, Odd> { Ok(a / 2) });
}
