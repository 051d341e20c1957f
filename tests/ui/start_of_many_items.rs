use rpc_core::{RpcClient, notify, rpc_export, start};

#[rpc_export]
fn countdown(from: u64) -> impl Iterator<Item = u64> {
    (1..=from).rev()
}

fn calls(client: &RpcClient) {
    let _ = start!(client.countdown(3)).is_ok();
    let _ = notify!(client.countdown(3));
}

fn main() {}
