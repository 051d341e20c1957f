//! Clients: a transport combined with the [`Stub`] mixin.

#[cfg(feature = "tokio")]
mod asynchronous;
mod at;
mod backoff;
mod batch;
mod builder;
mod burst;
mod by_name;
mod call_map;
mod connections;
mod deadline;
mod flight;
#[cfg(feature = "http")]
mod http;
#[cfg(not(feature = "http"))]
#[path = "without_http.rs"]
mod http;
mod invocation;
mod local;
mod loose;
mod lost;
mod multiplexer;
mod names;
mod pending;
mod refusal;
mod rpc_client;
mod stub;
mod url;
#[cfg(feature = "http")]
mod websocket;
#[cfg(not(feature = "http"))]
#[path = "without_websocket.rs"]
mod websocket;
mod within;

#[cfg(feature = "tokio")]
pub use asynchronous::{AsyncRpcClient, CallFuture, CallFutures};
pub use at::At;
pub use batch::{Batch, Outcomes, Promise, Promises};
pub use builder::{ClientBuilder, ConnectionState};
pub use burst::Burst;
pub use by_name::{Args, Kwargs, List, Names, Nil};
pub use invocation::{
    Argument, Gather, Given, GivenArgs, GivenArguments, GivenKwargs, Invocation, Omitted,
    TypedArguments,
};
pub use pending::Pending;
pub use rpc_client::RpcClient;
pub use stub::{FromError, Notify, Pipelined, Stub};
pub use within::Within;
