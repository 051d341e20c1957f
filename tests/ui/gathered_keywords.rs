use std::collections::{BTreeMap, HashMap};

use rpc_core::{Stub, call, rpc_export};

type Options = BTreeMap<String, i64>;

#[rpc_export]
fn count(#[kwargs] votes: HashMap<String, u64>) -> u64 {
    votes.values().sum()
}

#[rpc_export]
fn settings(name: &str, #[kwargs] options: Options) -> usize {
    name.len() + options.len()
}

#[rpc_export]
fn ping() {}

fn calls<S: Stub>(client: S) {
    let _ = call!(client.count(ada = "three"));
    let _ = call!(client.settings(x = 5));
    let _ = call!(client.ping(x = 5));
}

fn main() {}
