//! The protocol without input or output: bytes in, messages out; replies in, bytes out.
//!
//! Nothing here owns a socket, a clock or a thread, and nothing here knows what a message means:
//! that is the dialects' part. A [`Connection`] is fed what arrived and asked for whole
//! messages; replies are written into it framed as the peer frames its own.
//!
//! In scope: where a message ends ([`Framing`]), how large and how deep it may be ([`Limits`]),
//! JSON text as structure. Out of scope: sockets, time, functions.

mod advice;
#[cfg(feature = "tokio")]
mod ahead;
mod arguments;
pub(crate) mod base64;
mod buffer;
mod call;
pub mod code;
#[cfg(feature = "http")]
mod coding;
mod connection;
mod credit;
mod error;
pub(crate) mod fault;
mod fault_data;
mod frame;
#[cfg(feature = "gzip")]
pub(crate) mod gzip;
mod header;
mod inbound;
pub(crate) mod json;
#[cfg(feature = "tokio")]
mod lent;
mod limits;
mod lines;
mod memory;
mod one_line;
mod protocols;
mod stranger;
pub(crate) mod websocket;
mod window;

pub use arguments::{ArgumentError, Arguments, ArrayWriter, ObjectWriter};
pub use call::{Call, KeywordArguments, PositionalArguments};
#[cfg(feature = "http")]
pub(crate) use coding::Coding;
pub use connection::Connection;
pub use credit::Credit;
pub use error::ProtocolError;
pub(crate) use fault::{Again, Fault};
pub use frame::Framing;
pub use limits::Limits;
pub use protocols::{Protocol, Protocols};

pub(crate) use call::OwnedCall;
pub(crate) use inbound::Inbound;
#[cfg(feature = "tokio")]
pub(crate) use lent::Buffers;
#[cfg(feature = "http")]
pub(crate) use memory::reserve;
pub(crate) use memory::{Memory, Share};
pub(crate) use one_line::{OneLine, seen};
#[cfg(feature = "http")]
pub(crate) use stranger::stranger;
pub(crate) use window::{Account, Grants};
