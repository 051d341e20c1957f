use rpc_core::rpc_export;

#[rpc_export]
fn sum(#[args] #[default(vec![1])] numbers: Vec<i64>) -> i64 {
    numbers.iter().sum()
}

fn main() {}
