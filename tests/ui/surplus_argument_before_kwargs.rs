use std::collections::HashMap;

use rpc_core::{Stub, call, rpc_export};

#[rpc_export]
fn votes(invalid: u64, #[kwargs] votes: HashMap<String, u64>) -> u64 {
    votes.values().sum::<u64>() - invalid
}

fn calls<S: Stub>(client: S) {
    let _ = call!(client.votes(1, 2));
}

fn main() {}
