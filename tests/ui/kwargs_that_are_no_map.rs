use rpc_core::rpc_export;

#[rpc_export]
fn sum(#[kwargs] numbers: Vec<i64>) -> i64 {
    numbers.iter().sum()
}

fn main() {}
