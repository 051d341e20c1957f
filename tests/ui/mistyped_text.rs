use rpc_core::{Stub, call, rpc_export};

#[rpc_export]
fn join(#[args] words: Vec<String>) -> String {
    words.join(" ")
}

fn calls<S: Stub>(client: S) {
    let _ = call!(client.join("a", 2));
    let _ = call!(client.join(words = ["a".len()]));
}

fn main() {}
