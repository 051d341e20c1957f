use rpc_core::rpc_export;

#[rpc_export]
fn add(a: Option<i64>, b: i64) -> i64 {
    a.unwrap_or(1) + b
}

fn main() {}
