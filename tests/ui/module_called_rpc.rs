#[rpc_core::rpc_export]
mod rpc {
    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }
}

fn main() {}
