#![deny(unused_must_use)]

use rpc_core::{RpcClient, call, rpc_export};

#[rpc_export]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn calls(client: &RpcClient) {
    call!(client.add(1, b = 2));
    client.add(1, 2);
}

fn main() {}
