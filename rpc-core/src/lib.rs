//! Annotate a function, call it from anywhere.
//!
//! ```standalone_crate
//! use rpc_core::{RpcClient, RpcServer, Stub, args, call, kwargs, rpc_export};
//!
//! /// Adds three numbers.
//! #[rpc_export]
//! fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
//!     a + b + c
//! }
//!
//! let server = RpcServer::exported().start("127.0.0.1:0")?;
//! let client = RpcClient::connect(server.address())?;
//!
//! let sum = call!(client.add(1, 2, c = 3))?; // checked when it compiles
//! let sum = client.add(1, 2).c(3).call()?; // the proxy that `call!` expands to
//! let sum: i64 = client.call("add", args![1, 2], kwargs! { c: 3 })?; // by name
//! # Ok::<(), rpc_core::Error>(())
//! ```
//!
//! # The picture
//!
//! ```text
//!   call!(client.add(1, 2, c = 3))              fn add(a, b, c) -> i64
//!                 │                                       ▲
//!   Stub          │ a verb any client can do              │  Dispatch   FunctionRegistry, your layers
//!   RpcClient     │ many calls on one connection          │  Answer     JsonRpc
//!   dialect       │ what a message says                   │  dialect
//!   protocol      │ where a message ends                  │  protocol
//!   TcpTransport  ▼                                       │  TcpServer + a model
//!                 └──────────── bytes over TCP ───────────┘
//! ```
//!
//! - **Layers** hold state and have an order: `TcpServer<JsonRpc<FunctionRegistry>>`. Two traits
//!   join them, [`Answer`] and [`Dispatch`]; [`RpcServer`] is the usual stack.
//! - **Mixins** are verbs: whatever can carry a call is a [`Stub`], and gets [`Stub::call`] and every
//!   typed stub with it.
//! - **Concurrency** is a value: `.serve_with(address, SingleThread)`.

// Lets this crate's own examples and tests name it as a user does.
extern crate self as rpc_core;

mod client;
mod dialect;
mod error;
#[cfg(feature = "http")]
mod http;
mod json_rpc;
mod layer_error;
pub mod protocol;
mod pump;
mod registry;
mod server;
mod transport;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private1;

pub use client::{
    Admission, AnyAsyncClient, AnyClient, Args, Async, AsyncStub, At, Attempt, Batch, Batching,
    Blocking, BlockingStub, Boxed, BoxedCall, Burst, ClientBuilder, ConnectionState, Drive,
    FromError, Futures, Given, GivenArgs, GivenKwargs, Invocation, Kind, Kwargs, Layered, Notify,
    Omitted, OutcomeOf, Outcomes, OwnedCall, Pending, Pipelined, Policy, Prepare, Prepared,
    Preparing, Promise, Promised, Promises, RawJson, RpcClient, Stub, Verdict, Within,
};
#[cfg(feature = "tokio")]
pub use client::{AsyncBatching, AsyncInProcess, AsyncRpcClient, CallFuture, CallFutures, Calls};
#[cfg(feature = "tower")]
pub use client::{CallService, TowerCall, TowerCalls, TowerClient};
pub use dialect::Dialect;
#[cfg(feature = "xmlrpc")]
pub use dialect::xml_rpc::XmlRpcOptions;
pub use error::{CallError, Error, FunctionError, IoError, IoErrorKind, Misuse};
#[cfg(feature = "http")]
pub use http::{ReplyBody, RpcService};
pub use json_rpc::{Answer, Answered, FinishedCall, JsonRpc, Later, Session};
pub use layer_error::LayerError;
pub use protocol::{
    Arguments, Call, Fault, Framing, Limits, Protocol, ProtocolError, Protocols, code,
};
pub use pump::block_on;
pub use registry::{
    Bytes, CallContext, DateTime, Deferred, Dispatch, Ended, Function, FunctionRegistry, Instance,
    InvalidDateTime, Outcome, Parameter, ParameterKind, Reply, Signature, State,
};
pub use rpc_macros::{call, rpc_export};
#[cfg(feature = "tokio")]
pub use server::AsyncListener;
#[cfg(feature = "tokio")]
pub use server::EventLoop;
#[cfg(all(unix, feature = "tokio"))]
pub use server::PreforkEventLoop;
pub use server::{
    BoundServer, Concurrency, ForkPerConnection, InMemory, Listen, Prefork, RpcServer,
    ServerHandle, SingleThread, TcpServer, ThreadPerConnection, UnixAddress,
};
pub use transport::{Address, MemoryStream, Socket, Stream, TcpTransport, Transport};
