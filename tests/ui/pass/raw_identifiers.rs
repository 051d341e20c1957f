//! Names that Rust reserves are names like any other on the wire, and as keywords of `call!`.

use rpc_core::{Stub, call, rpc_export};

#[rpc_export]
fn r#match(r#type: &str, r#in: &str, #[default(false)] r#loop: bool) -> bool {
    r#type == r#in || r#loop
}

fn calls<S: Stub>(client: S) {
    let _ = call!(client.r#match("a", in = "b", loop = true));
    let _ = call!(client.r#match(r#type = "a", r#in = "b"));
    let _ = client.r#match("a", "b").r#loop(true).call();
}

fn main() {
    let _ = calls::<rpc_core::RpcClient>;
}
