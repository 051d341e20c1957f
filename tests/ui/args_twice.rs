use rpc_core::rpc_export;

#[rpc_export]
fn sum(#[args] numbers: Vec<i64>, #[args] more: Vec<i64>) -> i64 {
    numbers.iter().chain(&more).sum()
}

fn main() {}
