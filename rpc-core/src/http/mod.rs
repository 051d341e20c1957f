//! HTTP/1.1 and HTTP/2: a request's body is a message, its response's body the reply.
//!
//! hyper speaks the protocol. What is here decides who may speak ([`Guard`]), what becomes of a
//! request ([`Exchange`]), and how long a peer may take ([`serve`]).

mod accept;
mod body;
mod coding;
mod connection;
mod cutter;
#[cfg(feature = "docs-page")]
mod docs_page;
mod exchange;
mod frames;
mod guard;
mod health;
mod io;
mod items;
mod known;
mod media_type;
mod origin;
mod refusal;
mod requester;
mod streams;
mod tower;
mod traffic;
mod unread;
mod watch;
mod websocket;

pub use body::ReplyBody;
pub use tower::RpcService;

pub(crate) use connection::serve;
pub(crate) use exchange::{Exchange, Readiness};
pub(crate) use guard::Guard;
pub(crate) use requester::Opener;
