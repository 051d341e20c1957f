//! A parameter may have the name of a method that every call has; its setter takes an underscore.

use rpc_core::{Stub, call, rpc_export};

#[rpc_export]
fn range(
    start: i64,
    #[default(1)] call: i64,
    #[default(1)] call_: i64,
    notify: Option<bool>,
    with: Option<bool>,
) -> i64 {
    start + call + call_ + i64::from(notify == with)
}

fn calls<S: Stub>(client: S) {
    let _ = call!(client.range(start = 1, call_ = 3, call = 2, with = true, notify = false));
    let _ = client.range(1).call_(2).call__(3).notify_(true).with_(None).call();
}

fn main() {
    let _ = calls::<rpc_core::RpcClient>;
}
