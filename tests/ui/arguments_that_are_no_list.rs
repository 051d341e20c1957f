use rpc_core::{Stub, kwargs};

fn calls(client: impl Stub) {
    let _ = client.call::<i64>("add", 1, kwargs! { b: 2 });
}

fn main() {}
