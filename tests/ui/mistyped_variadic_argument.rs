use rpc_core::{Stub, call, rpc_export};

#[rpc_export]
fn sum(#[args] numbers: Vec<i64>) -> i64 {
    numbers.iter().sum()
}

fn calls<S: Stub>(client: S) {
    let _ = call!(client.sum(1, "2"));
}

fn main() {}
