use rpc_core::rpc_export;

mod own {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub struct State<T>(pub T);

    #[derive(Serialize, Deserialize)]
    pub struct CallContext;

    #[derive(Serialize, Deserialize)]
    pub struct Option<T>(pub T);

    #[derive(Serialize, Deserialize)]
    pub struct Vec<T>(pub T);
}

use own::{CallContext, Option, State, Vec};

#[rpc_export]
fn state(state: State<i64>) -> i64 {
    state.0
}

#[rpc_export]
fn context(_context: &CallContext) {}

#[rpc_export]
fn option(option: Option<i64>) -> i64 {
    option.0
}

#[rpc_export]
fn args(#[args] all: Vec<i64>) -> i64 {
    all.0
}

#[rpc_export]
fn bytes(data: Vec<u8>) -> u8 {
    data.0
}

#[rpc_export]
fn bytes_back() -> Vec<u8> {
    Vec(0)
}

fn main() {}
