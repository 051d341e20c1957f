use rpc_core::rpc_export;

#[rpc_export]
fn sum(#[default(0)] start: i64, #[args] numbers: Vec<i64>) -> i64 {
    start + numbers.iter().sum::<i64>()
}

fn main() {}
