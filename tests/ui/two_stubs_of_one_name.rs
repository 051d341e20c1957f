use rpc_core::{Stub, call};

mod first {
    #[rpc_core::rpc_export(name = "first.add")]
    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }
}

mod second {
    #[rpc_core::rpc_export(name = "second.add")]
    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }
}

use first::add as _;
use second::add as _;

fn calls(client: impl Stub) {
    let _ = call!(client.add(1, 2));
    let _ = client.add(1, 2).call();
}

fn main() {}
