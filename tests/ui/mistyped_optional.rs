use rpc_core::{Stub, call, rpc_export};

#[rpc_export]
fn greet(name: &str, title: Option<&str>) -> String {
    format!("{} {name}", title.unwrap_or_default())
}

fn calls(client: impl Stub) {
    let _ = call!(client.greet("Ada", title = 3));
}

fn main() {}
