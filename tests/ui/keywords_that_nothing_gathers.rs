use std::collections::HashMap;

use rpc_core::{Stub, call, kwargs, rpc_export};

#[rpc_export]
fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    a + b + c
}

#[rpc_export]
fn count(#[kwargs] votes: HashMap<String, u64>) -> u64 {
    votes.values().sum()
}

fn calls<S: Stub>(client: S) {
    let _ = call!(client.add(1, 2, ..kwargs! { d: 3 }));
    let _ = call!(client.count(votes = kwargs! { a: 1 }, ..kwargs! { b: 2 }));
    let _ = call!(client.count(..kwargs! { a: 1 }, votes = kwargs! { b: 2 }));
}

fn main() {}
