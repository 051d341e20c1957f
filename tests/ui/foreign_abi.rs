use rpc_core::rpc_export;

#[rpc_export]
extern "C" fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {}
