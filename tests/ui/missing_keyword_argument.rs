use rpc_core::{Stub, call, rpc_export};

#[rpc_export]
fn join(#[args] words: Vec<String>, end: &str) -> String {
    words.concat() + end
}

fn calls<S: Stub>(client: S) {
    let _ = call!(client.join("a".to_owned()));
}

fn main() {}
