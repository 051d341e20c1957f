//! What can be wrong with the bytes themselves.

use thiserror::Error;

use super::{Door, Fault, code};

/// Bytes that break the protocol: the connection they came on cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A message is larger than [`Limits::message`](super::Limits::message).
    #[error(
        "a message of {size} bytes is over the limit of {limit}; send less, or raise `Limits::message`"
    )]
    TooLarge {
        /// Bytes announced, or seen so far where nothing announces them.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A message is nested deeper than [`Limits::depth`](super::Limits::depth).
    #[error("a message nests arrays and objects deeper than the limit of {limit} levels")]
    TooDeep {
        /// The limit in levels.
        limit: usize,
    },
    /// The text is not JSON.
    #[error("not JSON: expected {expected} at byte {at}")]
    Syntax {
        /// What JSON has in this place.
        expected: &'static str,
        /// The byte of the message, counted from 0.
        at: usize,
    },
    /// The text is not UTF-8.
    #[error("not UTF-8 at byte {at}")]
    Utf8 {
        /// The byte of the message, counted from 0.
        at: usize,
    },
    /// The first bytes of the connection begin no framing that is spoken here.
    #[error(
        "unknown framing: a connection begins with a 4-byte little-endian length below 16 MiB, or with JSON text"
    )]
    UnknownFraming,
    /// A WebSocket frame is not as RFC 6455 has it.
    #[error("a WebSocket frame breaks RFC 6455: {0}")]
    Frame(&'static str),
    /// A WebSocket message is binary.
    #[error("a binary WebSocket message; calls and replies travel in text messages")]
    BinaryMessage,
    /// The framing of the connection is one that this server is told not to speak.
    #[error(
        "{door} is switched off on this server; speak to it in another way, or have it switched on"
    )]
    Shut {
        /// The framing.
        door: Door,
    },
    /// The connection ended inside a message.
    #[error("the connection ended inside a message")]
    Truncated,
    /// The message is JSON, but not a reply.
    #[error("not a reply: {0}")]
    NotAReply(String),
    /// A result arrived that is not of the type asked for.
    #[error("the result of `{method}` is not of the type asked for: {problem}")]
    Result {
        /// The function called.
        method: String,
        /// What does not fit.
        problem: String,
    },
}

impl ProtocolError {
    /// Says the error as the other side is told it.
    pub(crate) fn to_fault(&self) -> Fault {
        let code = match self {
            Self::TooLarge { .. } | Self::TooDeep { .. } => code::TOO_LARGE,
            _ => code::PARSE_ERROR,
        };
        Fault::new(code, self.to_string())
    }
}
