//! WebSocket as a framing (RFC 6455, sections 5 and 7): a message is a text message.
//!
//! A file for each part: the header of a frame, masking, reading frames and joining fragments,
//! writing frames, and closing. Nothing is extended or compressed.

mod close;
#[cfg(feature = "http")]
mod handshake;
mod header;
mod incoming;
mod mask;
mod outgoing;
#[cfg(test)]
mod tests;

pub(crate) use close::{Close, code};
#[cfg(feature = "http")]
pub(crate) use handshake::{Opening, accept_key};
pub(super) use incoming::Incoming;
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
