use rpc_core::{RpcClient, call, notify, rpc_export, start};

#[rpc_export]
fn countdown(from: u64) -> impl Iterator<Item = u64> {
    (1..=from).rev()
}

fn calls(client: &RpcClient) {
    let _ = start!(client.countdown(3));
    let _ = notify!(client.countdown(3));
    let _ = call!(client.countdown());
    client.countdown(3);
}

fn main() {}
