use rpc_core::rpc_export;

#[rpc_export]
fn add(_a: i64, a: i64) -> i64 {
    a
}

fn main() {}
