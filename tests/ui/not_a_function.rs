use rpc_core::rpc_export;

#[rpc_export]
struct Point {
    x: i64,
}

fn main() {}
