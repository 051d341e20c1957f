//! Servers: a stack of layers, what connections come from, and a way to run many of them.

mod accept;
mod authentication;
#[cfg(unix)]
mod bell;
mod bound;
#[cfg(feature = "http")]
mod bridge;
mod busy;
mod caller_limits;
mod concurrency;
mod conversation;
#[cfg(feature = "tokio")]
mod event_loop;
mod exhausted;
#[cfg(unix)]
mod fork_per_connection;
mod handle;
mod in_memory;
#[cfg(unix)]
mod inherited;
#[cfg(unix)]
mod late;
mod listener;
mod log;
mod machine;
#[cfg(feature = "mcp")]
mod mcp;
#[cfg(feature = "mcp")]
mod mcp_stdio;
#[cfg(feature = "tokio")]
mod on_loop;
mod peer;
mod per_address;
mod permissions;
#[cfg(feature = "tls")]
mod plain_text;
#[cfg(unix)]
mod prefork;
#[cfg(feature = "tokio")]
#[cfg_attr(not(unix), path = "without_prefork_event_loop.rs")]
mod prefork_event_loop;
#[cfg(unix)]
mod process;
mod proxies;
mod proxy_header;
mod proxy_settings;
#[cfg(any(unix, feature = "tokio"))]
mod refusal_limit;
#[cfg(unix)]
mod refusals;
mod refusing;
mod service;
mod settings;
mod single_thread;
mod statistics;
mod stdio;
mod stop;
mod streams;
pub(crate) mod tcp_server;
mod thread_per_connection;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "tls")]
mod tls_settings;
#[cfg(unix)]
mod turns;
#[cfg(not(unix))]
#[path = "without_poll.rs"]
mod turns;
#[cfg(unix)]
mod unread_request;
mod upkeep;
#[cfg(feature = "http")]
mod web;
#[cfg(all(unix, feature = "http"))]
mod web_refusals;
#[cfg(not(unix))]
mod without_fork;
#[cfg(not(unix))]
mod without_log;
#[cfg(not(feature = "tls"))]
mod without_tls;
#[cfg(not(feature = "http"))]
mod without_web;

pub use bound::BoundServer;
pub use concurrency::Concurrency;
#[cfg(feature = "tokio")]
pub use event_loop::EventLoop;
#[cfg(unix)]
pub use fork_per_connection::ForkPerConnection;
pub use handle::ServerHandle;
pub use in_memory::InMemory;
#[cfg(unix)]
pub use inherited::InheritedSocket;
#[cfg(feature = "tokio")]
pub use listener::AsyncAccept;
pub use listener::{Accept, Listen, UnixAddress};
#[cfg(unix)]
pub use prefork::Prefork;
#[cfg(feature = "tokio")]
pub use prefork_event_loop::PreforkEventLoop;
#[cfg(all(unix, feature = "http", feature = "jwt"))]
pub(crate) use process::shared_numbers;
pub use single_thread::SingleThread;
pub use thread_per_connection::ThreadPerConnection;
#[cfg(all(not(unix), feature = "http", feature = "jwt"))]
pub(crate) use without_fork::shared_numbers;
#[cfg(not(unix))]
pub use without_fork::{ForkPerConnection, Prefork};

#[cfg(feature = "xmlrpc")]
pub use crate::dialect::xml_rpc::XmlRpcOptions;
#[cfg(feature = "http")]
pub use crate::http::{ReplyBody, RpcService};
pub use crate::json_rpc::{FinishedCall, KeptArguments};
#[cfg(feature = "mcp")]
pub use crate::mcp::Tools;
pub use crate::proxy::{ForwardingHeader, InvalidProxy, TrustedProxies};
pub use crate::throttle::Rate;
