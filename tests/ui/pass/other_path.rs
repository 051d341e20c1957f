//! The library may be known by another name.

mod vendored {
    pub use rpc_core as remote;
}

use vendored::remote::{Stub, call, rpc_export};

#[rpc_export(crate = crate::vendored::remote)]
fn add(a: i64, b: i64) -> Result<i64, String> {
    Ok(a + b)
}

fn calls<S: Stub>(client: S) {
    let _ = call!(client.add(1, b = 2));
}

fn main() {
    let _ = calls::<vendored::remote::RpcClient>;
}
