//! Clients: a transport combined with the [`Stub`] mixin.

mod builder;
mod burst;
mod by_name;
mod call_map;
mod deadline;
mod invocation;
mod lost;
mod multiplexer;
mod pending;
mod rpc_client;
mod stub;

pub use builder::ClientBuilder;
pub use burst::Burst;
pub use by_name::{Args, Kwargs, List, Names, Nil};
pub use invocation::{Argument, Given, Invocation, Omitted, TypedArguments};
pub use pending::Pending;
pub use rpc_client::RpcClient;
pub use stub::{FromError, Pipelined, Stub};
