use rpc_core::rpc_export;

#[rpc_export("sum")]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[rpc_export(name("sum"))]
fn total(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {}
