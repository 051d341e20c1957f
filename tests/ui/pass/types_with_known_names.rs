//! Types of one's own that are called as those which the macro knows.

use rpc_core::rpc_export;

mod own {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub struct Option<T>(pub T);

    #[derive(Serialize, Deserialize)]
    pub struct Vec<T>(pub T);

    #[derive(Serialize, Deserialize)]
    pub struct CallContext<T>(pub T);

    #[derive(Serialize, Deserialize)]
    pub struct State;
}

#[rpc_export]
fn all(
    option: own::Option<i64>,
    bytes: own::Vec<u8>,
    context: own::CallContext<i64>,
    _state: own::State,
) -> own::Vec<u8> {
    own::Vec(bytes.0 + option.0 as u8 + context.0 as u8)
}

#[rpc_export]
fn nested(_option: own::Option<own::Option<()>>) -> own::Option<()> {
    own::Option(())
}

fn calls(client: rpc_core::RpcClient) -> Result<own::Vec<u8>, rpc_core::Error> {
    client.all(own::Option(1), own::Vec(2), own::CallContext(3), own::State).call()
}

fn main() {
    let _ = calls;
}
