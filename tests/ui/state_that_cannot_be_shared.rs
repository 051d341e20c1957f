use std::cell::Cell;

use rpc_core::{State, rpc_export};

#[rpc_export]
fn count(count: State<Cell<u64>>) -> u64 {
    count.get()
}

fn main() {}
