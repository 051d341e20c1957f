use std::collections::HashSet;

use rpc_core::rpc_export;

#[rpc_export]
fn sum(#[args] numbers: HashSet<i64>) -> i64 {
    numbers.iter().sum()
}

fn main() {}
