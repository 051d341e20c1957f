//! WebSocket as a framing (RFC 6455, sections 5 and 7): a message is a text message.
//!
//! A file for each part: the header of a frame, masking, reading frames and joining fragments,
//! writing frames, and closing. Nothing is extended or compressed.

mod close;
mod header;
mod incoming;
#[cfg(feature = "http")]
mod key;
mod mask;
#[cfg(feature = "http")]
mod opening;
mod outgoing;
#[cfg(test)]
mod tests;

pub(crate) use close::{Close, code};
pub(super) use incoming::Incoming;
#[cfg(feature = "http")]
pub(crate) use key::accept_key;
#[cfg(feature = "http")]
pub(crate) use opening::Opening;
pub(crate) use outgoing::write_close;
pub(super) use outgoing::{begin, begin_masked, end, end_masked, write_ping};

/// An end of a connection. A client masks what it sends, a server does not (section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The end that calls.
    Client,
    /// The end that answers.
    Server,
}
