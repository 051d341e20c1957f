use rpc_core::rpc_export;

#[rpc_export(idempotent = true)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {}
