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
//!   join them, [`layer::Answer`] and [`layer::Dispatch`]; [`RpcServer`] is the default stack.
//! - **Extension traits** are verbs: whatever can carry a call is a [`Stub`], and gets [`Stub::call`]
//!   and every typed stub with it.
//! - **Concurrency** is a value: `.serve_with(address, SingleThread)`.
//!
//! # Where things are
//!
//! What a program needs every day is here. The rest has a module:
//!
//! | module | has |
//! |---|---|
//! | [`server`] | the six models, addresses and listeners to serve at, a service for other HTTP servers |
//! | [`client`] | settings, batches, notifications, calls as values, policies, tower |
//! | [`layer`] | traits for layers of a server, signatures of functions |
//! | [`transport`] | ways to connect, streams |
//! | [`protocol`] | framings, limits, which protocols are enabled, codes of faults |
//! | [`error`] | what an [`Error`] is in detail |
//! | [`types`] | bytes and dates as arguments and results |

// Lets this crate's own examples and tests name it as a user does.
extern crate self as rpc_core;

pub mod client;
mod dialect;
pub mod error;
#[cfg(feature = "http")]
mod http;
mod json_rpc;
pub mod layer;
pub mod protocol;
mod pump;
mod registry;
pub mod server;
mod timing;
pub mod transport;
pub mod types;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private1;

#[cfg(feature = "tokio")]
pub use client::asynchronous::AsyncRpcClient;
pub use client::rpc_client::RpcClient;
pub use client::stub::Stub;
pub use error::call::{CallError, Error};
pub use json_rpc::JsonRpc;
pub use protocol::fault::Fault;
pub use registry::{CallContext, FunctionRegistry, State};
pub use rpc_macros::{call, rpc_export};
pub use server::tcp_server::{RpcServer, TcpServer};
pub use transport::connect::TcpTransport;
