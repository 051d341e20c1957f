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
mod drive;
mod flight;
mod from_error;
#[cfg_attr(not(feature = "http"), path = "without_http.rs")]
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
mod outcomes;
mod owned;
mod owned_call;
mod pending;
mod pointers;
mod policy;
mod prepare;
mod raw_json;
mod refusal;
mod rpc_client;
mod send;
mod stub;
#[cfg(feature = "tower")]
mod tower;
mod url;
#[cfg_attr(not(feature = "http"), path = "without_websocket.rs")]
mod websocket;
mod within;
mod wrappers;

pub use any::{AnyAsyncClient, AnyClient};
#[cfg(feature = "tokio")]
pub use asynchronous::{AsyncBatching, AsyncRpcClient, CallFuture, CallFutures, Calls};
pub use at::At;
pub use batch::{Batch, Promise, Promised};
pub use batching::Batching;
pub use builder::{ClientBuilder, ConnectionState};
pub use burst::Burst;
pub use by_name::{Args, Kwargs, List, Names, Nil};
pub use drive::Drive;
pub use from_error::FromError;
#[cfg(feature = "tokio")]
pub use in_process::AsyncInProcess;
pub use invocation::{
    Argument, Gather, Given, GivenArgs, GivenArguments, GivenKwargs, Invocation, Omitted,
    TypedArguments,
};
pub use kind::{Async, Blocking, Boxed, BoxedCall, Futures, Kind};
pub use outcomes::{Outcomes, Promises};
pub use owned_call::OwnedCall;
pub use pending::Pending;
pub use policy::{Admission, Attempt, Layered, Policy, Verdict};
pub use prepare::{Prepare, Prepared, Preparing};
pub use raw_json::RawJson;
pub use rpc_client::RpcClient;
pub use stub::{AsyncStub, BlockingStub, Notify, OutcomeOf, Pipelined, Stub};
#[cfg(feature = "tower")]
pub use tower::{CallService, TowerCall, TowerCalls, TowerClient};
pub use within::Within;
