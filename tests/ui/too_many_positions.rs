use rpc_core::{Stub, call, rpc_export};

#[rpc_export]
fn sum(#[args] numbers: Vec<i64>) -> i64 {
    numbers.iter().sum()
}

fn calls<S: Stub>(client: S) {
    let _ = call!(client.sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17));
}

fn main() {}
