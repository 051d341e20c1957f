use rpc_core::{Stub, args, kwargs};

fn calls(client: impl Stub) {
    let _ = client.call::<i64>("add", args![1], kwargs! { b: 2, c = 3 });
}

fn main() {}
