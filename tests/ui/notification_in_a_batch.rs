use rpc_core::{RpcClient, rpc_export};

#[rpc_export]
fn forget(number: i64) {
    let _ = number;
}

fn calls(client: &RpcClient) {
    let _ = client.batch(|calls| vec![calls.forget(1).notify()]);
}

fn main() {}
