//! Names that generated code might use mean what the user made them mean.

use rpc_core::{Stub, call, rpc_export};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct S;

#[derive(Serialize, Deserialize)]
struct P0;

mod rpc {
    pub type Number = i64;
}

const fn bound() -> i64 {
    1
}

const fn argument_0() -> i64 {
    2
}

#[rpc_export]
fn serve(
    _s: S,
    config: P0,
    str: &str,
    #[default(bound() + argument_0())] reply: rpc::Number,
) -> P0 {
    let _ = (str, reply);
    config
}

fn calls<C: Stub>(client: C) {
    let _ = call!(client.serve(S, P0, str = "text"));
}

fn main() {
    let _ = calls::<rpc_core::RpcClient>;
}
