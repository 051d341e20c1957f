use rpc_core::{RpcClient, notify, rpc_export, start};

#[rpc_export]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn calls(client: &RpcClient) {
    let _ = start!(client.add(1));
    let _ = notify!(client.add(1, 2)?);
    let _ = start!(1 + 1);
}

fn main() {}
