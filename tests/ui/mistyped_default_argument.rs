use rpc_core::{Stub, call, rpc_export};

#[rpc_export]
fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    a + b + c
}

fn calls(client: impl Stub) {
    let _ = call!(client.add(1, 2, c = "three"));
    let _ = call!(client.add(1, 2, c = Some("three")));
}

fn main() {}
