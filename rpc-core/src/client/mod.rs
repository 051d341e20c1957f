//! Clients: a transport combined with the [`Stub`] mixin.

mod any;
#[cfg(feature = "tokio")]
mod asynchronous;
mod at;
mod backoff;
mod batch;
mod batching;
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
#[cfg(feature = "tokio")]
mod in_process;
mod invocation;
mod kind;
mod local;
mod lost;
mod mock;
mod multiplexer;
mod names;
mod owned;
mod pending;
mod pointers;
mod policy;
mod prepare;
mod raw_json;
mod refusal;
mod rpc_client;
mod stub;
#[cfg(feature = "tower")]
mod tower;
mod tries;
mod url;
#[cfg(feature = "http")]
mod websocket;
#[cfg(not(feature = "http"))]
#[path = "without_websocket.rs"]
mod websocket;
mod within;

pub use any::{AnyAsyncClient, AnyClient};
#[cfg(feature = "tokio")]
pub use asynchronous::{AsyncBatching, AsyncRpcClient, CallFuture, CallFutures, Calls};
pub use at::At;
pub use batch::{Batch, Outcomes, Promise, Promised, Promises};
pub use batching::Batching;
pub use builder::{ClientBuilder, ConnectionState};
pub use burst::Burst;
pub use by_name::{Args, Kwargs, List, Names, Nil};
#[cfg(feature = "tokio")]
pub use in_process::AsyncInProcess;
pub use invocation::{
    Argument, Gather, Given, GivenArgs, GivenArguments, GivenKwargs, Invocation, Omitted,
    TypedArguments,
};
pub use kind::{
    Async, AsyncStub, Blocking, BlockingStub, Boxed, BoxedCall, Futures, Kind, OutcomeOf,
};
pub use owned::OwnedCall;
pub use pending::Pending;
pub use policy::{Admission, Attempt, Drive, Layered, Policy, Verdict};
pub use prepare::{Prepare, Prepared, Preparing};
pub use raw_json::RawJson;
pub use rpc_client::RpcClient;
pub use stub::{FromError, Notify, Pipelined, Stub};
#[cfg(feature = "tower")]
pub use tower::{CallService, TowerCall, TowerCalls, TowerClient};
pub use within::Within;
