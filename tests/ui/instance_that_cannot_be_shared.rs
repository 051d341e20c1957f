use std::cell::Cell;

use rpc_core::rpc_export;

struct Counter(Cell<i64>);

#[rpc_export]
impl Counter {
    pub fn value(&self) -> i64 {
        self.0.get()
    }
}

fn main() {}
