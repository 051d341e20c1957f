//! The task tracker keeps the contract that it has given: `openrpc.json`.
//!
//! `UPDATE_CONTRACT=1 cargo test -p examples --test contract` writes it.

#![cfg(all(feature = "schema", feature = "tasks"))]
#![allow(clippy::unwrap_used)]

use examples::tasks::Tasks;
use rpc_core::contract;

#[test]
fn those_who_call_the_task_tracker_can_go_on() {
    let file = std::env::temp_dir().join(format!("tasks-contract-{}.redb", std::process::id()));
    let registry = Tasks::open(&file).unwrap().into_registry().unwrap();
    let kept = contract::check_all("openrpc.json", &registry);
    std::fs::remove_file(&file).unwrap();
    kept.unwrap();
}
