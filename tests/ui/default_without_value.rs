use rpc_core::rpc_export;

#[rpc_export]
fn add(a: i64, #[default] b: i64) -> i64 {
    a + b
}

fn main() {}
