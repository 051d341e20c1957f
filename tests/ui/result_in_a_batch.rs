use rpc_core::{RpcClient, call, rpc_export};

#[rpc_export]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn calls(client: &RpcClient) {
    let _ = client.batch(|calls| (call!(calls.add(1, 2)), call!(client.add(3, 4))));
}

fn main() {}
