//! TLS: one state of a connection, and what reads and writes it for threads and for tasks.

#[cfg(feature = "tokio")]
mod asynchronous;
mod at_once;
mod beginning;
mod first_bytes;
mod flow;
mod session;
mod stream;

#[cfg(feature = "tokio")]
pub(crate) use asynchronous::{AsyncTls, TryIo};
pub(crate) use at_once::AtOnce;
#[cfg(feature = "tokio")]
pub(crate) use beginning::begin_async;
pub(crate) use beginning::{Begun, begin};
pub(crate) use session::{Accepting, PlainText, Session};
pub(crate) use stream::TlsStream;
