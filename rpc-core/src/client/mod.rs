//! Clients: a transport combined with the [`Stub`] mixin.

mod at;
mod batch;
mod builder;
mod burst;
mod by_name;
mod deadline;
mod invocation;
mod local;
mod lost;
mod multiplexer;
mod pending;
mod rpc_client;
mod stub;

pub use at::At;
pub use batch::{Batch, Promise, Promises};
pub use builder::ClientBuilder;
pub use burst::Burst;
pub use by_name::{Args, Kwargs, List, Names, Nil};
pub use invocation::{
    Argument, Gather, Given, GivenArgs, GivenArguments, GivenKwargs, Invocation, Omitted,
    TypedArguments,
};
pub use pending::Pending;
pub use rpc_client::RpcClient;
pub use stub::{FromError, Notify, Pipelined, Stub};
