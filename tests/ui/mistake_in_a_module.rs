use rpc_core::{Stub, call};

#[rpc_core::rpc_export]
mod math {
    pub fn add(a: i64, b: &mut i64) -> i64 {
        a + *b
    }

    #[rpc_export(nmae = "minus")]
    pub fn subtract(a: i64, b: i64) -> i64 {
        a - b
    }

    pub fn negate(a: i64) -> i64 {
        -a
    }
}

use math::{add, negate, subtract};

fn calls<S: Stub>(client: S) {
    let _ = call!(client.add(1, 2));
    let _ = call!(client.subtract(1, 2));
    let _ = call!(client.negate(1));
}

fn main() {}
