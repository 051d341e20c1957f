//! A function that is configured away takes everything that was generated with it.

use rpc_core::rpc_export;

#[rpc_export]
#[cfg(any())]
fn absent(value: NoSuchType) -> NoSuchType {
    value
}

#[cfg(any())]
#[rpc_export]
fn absent(value: NoSuchType) -> NoSuchType {
    value
}

#[rpc_export]
#[cfg(not(any()))]
fn absent(value: i64) -> i64 {
    value
}

fn main() {
    let _ = absent;
}
