use rpc_core::rpc_export;

#[rpc_export]
fn double(__a: i64) -> i64 {
    2 * __a
}

fn main() {}
