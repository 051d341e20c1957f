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
//!   Stub          │ what every client can do              │  Dispatch   FunctionRegistry, your layers
//!   RpcClient     │ many calls on one connection          │  Answer     JsonRpc
//!   dialect       │ what a message says                   │  dialect
//!   protocol      │ where a message ends                  │  protocol
//!   TcpTransport  ▼                                       │  TcpServer + a model
//!                 └──────────── bytes over TCP ───────────┘
//! ```
//!
//! - **Layers** hold state and have an order: `TcpServer<JsonRpc<FunctionRegistry>>`. Two traits
//!   join them, [`layer::Answer`] and [`layer::Dispatch`]; [`RpcServer`] is the default stack.
//! - **[`Stub`]** is an extension trait: whatever can carry a call implements its one method, and gets
//!   [`Stub::call`] and every typed stub with it.
//! - **Concurrency** is a value: `.serve_with(address, SingleThread)`.
//!
//! # Features
//!
//! | feature | gives |
//! |---|---|
//! | none | blocking clients and servers, on threads and processes; the native dialect, JSON-RPC 2.0 and ping over TCP, Unix sockets, standard input and output |
//! | `tokio` | `AsyncRpcClient`, and servers that are event loops |
//! | `tower` (with `tokio`) | clients as tower services, and tower services as clients |
//! | `http` (with `tokio`) | HTTP/1.1, HTTP/2 and WebSocket on the same port, clients for them, and a service for axum and tower programs |
//! | `xmlrpc` (with `http`) | XML-RPC, both ways |
//! | `tls` | TLS: every protocol over it, certificates of clients |
//! | `tls-dev` | certificates for development |
//! | `gzip` (with `http`) | compressed requests and replies over HTTP |
//! | `auth` | callers who are known by [tokens](guide::identity) |
//! | `jwt` (with `tls`) | callers who are known by [JSON Web Tokens](guide::jwt) |
//! | `schema` | JSON Schemas of parameters and results, and `rpc.discover` |
//! | `docs-page` (with `http`, `schema`) | a page in the browser that shows the functions and calls them |
//! | `mcp` (with `schema`) | functions as tools for language models |
//! | `streams` | `futures_core::Stream` for streams of items |
//! | `chrono`, `jiff` | conversions of [`DateTime`](types::DateTime) |
//!
//! None is on by default. They only add: what works without one works with it.
//!
//! # Where to go from here
//!
//! | to | read |
//! |---|---|
//! | write functions: defaults, methods, state, errors | [`rpc_export`](macro@rpc_export) |
//! | call them | [`call!`], [`Stub`], [clients](guide::clients) |
//! | test them | [testing](guide::testing) |
//! | decide what they fail with | [errors](guide::errors) |
//! | change them, while others call them | [how an API grows](guide::evolution), [its contract](guide::contract) |
//! | choose how connections are run | [the six models](guide::models) |
//! | run a server for others | [production](guide::production) |
//! | be called from other languages | [HTTP](guide::http), [JSON-RPC](guide::json_rpc), [XML-RPC](guide::xml_rpc), [WebSocket](guide::websocket), [the wire](guide::wire) |
//! | let language models call them | [MCP](guide::mcp) |
//! | tell others what there is to call | [descriptions](guide::description) |
//! | know who calls, log and refuse calls | [identities](guide::identity), [callers](guide::callers), [permissions](guide::permissions), [layers](guide::layers) |
//!
//! # Where things are
//!
//! What a program needs every day is here. The rest has a module:
//!
//! | module | has |
//! |---|---|
//! | [`server`] | the six models ([`SingleThread`](server::SingleThread), [`Prefork`](server::Prefork), …), [`Listen`](server::Listen), [`Accept`](server::Accept), a tower service for other HTTP servers |
//! | [`client`] | [`ClientBuilder`](client::ClientBuilder), [`Dialect`](client::Dialect), batches, notifications, [streams](client::Streaming), [`OwnedCall`](client::OwnedCall), [`Policy`](client::Policy), [`AnyClient`](client::AnyClient), tower |
//! | `description` (feature `schema`) | `Service`, what a service says of itself |
//! | [`identity`] | [`Identity`](identity::Identity), who calls, and [`Authenticate`](identity::Authenticate), who decides that, and [`Allow`](identity::Allow), who may call |
//! | `jwt` (feature `jwt`) | `Jwt`, which checks JSON Web Tokens, and the keys that it checks them with |
//! | [`layer`] | [`Dispatch`](layer::Dispatch) and [`Answer`](layer::Answer) with what they take and return, signatures of functions |
//! | `tls` (feature `tls`) | `Tls`, what a server shows and asks for, `ClientTls`, whom a client trusts, `PeerCertificate`, `DevCertificate` |
//! | [`transport`] | [`Transport`](transport::Transport), [`Stream`](transport::Stream), addresses |
//! | [`protocol`] | [`Call`](protocol::Call), [`Framing`](protocol::Framing), [`Limits`](protocol::Limits), [`Protocol`](protocol::Protocol), [`code`](protocol::code)s of faults |
//! | [`error`] | [`Misuse`](error::Misuse), [`IoError`](error::IoError), [`LayerError`](error::LayerError), [`FunctionError`](error::FunctionError) |
//! | [`types`] | [`Bytes`](types::Bytes) and [`DateTime`](types::DateTime) as arguments and results |
//! | [`guide`] | nothing to call: pages to read |

#![cfg_attr(docsrs, feature(doc_cfg))]

// Lets this crate's own examples and tests name it as a user does.
extern crate self as rpc_core;

pub mod client;
#[cfg(feature = "schema")]
pub mod contract;
mod described;
#[cfg(feature = "schema")]
pub mod description;
mod dialect;
pub mod error;
#[cfg(doc)]
pub mod guide;
#[cfg(feature = "http")]
mod http;
pub mod identity;
mod json_rpc;
#[cfg(feature = "jwt")]
pub mod jwt;
pub mod layer;
#[cfg(feature = "mcp")]
mod mcp;
pub mod protocol;
mod proxy;
mod pump;
mod registry;
pub mod server;
mod throttle;
mod timing;
#[cfg(feature = "tls")]
pub mod tls;
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
pub use error::cut::Cut;
pub use json_rpc::JsonRpc;
pub use protocol::fault::Fault;
pub use registry::{CallContext, FunctionRegistry, ItemStream, Items, State};
pub use rpc_macros::{call, notify, rpc_export, start};
pub use server::tcp_server::{RpcServer, TcpServer};
pub use transport::connect::TcpTransport;
