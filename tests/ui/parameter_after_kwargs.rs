use std::collections::HashMap;

use rpc_core::rpc_export;

#[rpc_export]
fn votes(#[kwargs] votes: HashMap<String, u64>, invalid: Option<u64>) -> u64 {
    votes.values().sum::<u64>() + invalid.unwrap_or_default()
}

fn main() {}
