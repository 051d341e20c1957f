use rpc_core::rpc_export;

#[rpc_export]
fn add(#[default(1)] a: i64, b: i64) -> i64 {
    a + b
}

fn main() {}
