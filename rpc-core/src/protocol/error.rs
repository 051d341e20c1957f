//! What can be wrong with the bytes themselves.

use thiserror::Error;

use super::advice::advice;
use super::{Fault, Protocol, code};

/// Bytes that break the protocol: the connection they came on cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A message is larger than [`Limits::max_message_bytes`](super::Limits::max_message_bytes).
    #[error(
        "a message of {size} bytes is over the limit of {limit}; send less, or raise `Limits::max_message_bytes`"
    )]
    TooLarge {
        /// Bytes announced, or seen so far where nothing announces them.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// There is no memory for more of a message: the operating system has none, or the unfinished messages of
    /// all connections take as much as they may.
    #[error(
        "there is no memory for more of this message{}; send less, try again later, or raise `unfinished_bytes` of the server",
        limit.map(|limit| format!(": unfinished ones may take {limit} bytes together")).unwrap_or_default()
    )]
    NoMemory {
        /// What the unfinished messages may take, in bytes, where that is bounded.
        limit: Option<usize>,
    },
    /// A message is nested deeper than [`Limits::max_depth`](super::Limits::max_depth).
    #[error(
        "a message nests arrays and objects deeper than the limit of {limit} levels; nest less{}",
        super::limits::deeper(*limit)
    )]
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
        "unknown framing: a connection begins with a 4-byte little-endian length below 16 MiB, with JSON text, or with `Content-Length:`"
    )]
    UnknownFraming,
    /// A client's peer speaks text that is no message: it is another server than was thought.
    #[error(
        "the other side speaks text that begins with `{begins}`, and no RPC; {}",
        advice(begins)
    )]
    Text {
        /// Its first line, or the beginning of it.
        begins: String,
    },
    /// A client's peer speaks another protocol, as its first bytes show: it is another server than was
    /// thought.
    #[error("the other side speaks {speaks}, and no RPC; {advice}")]
    Stranger {
        /// What it speaks.
        speaks: &'static str,
        /// What is to be done about it.
        advice: &'static str,
    },
    /// What stands before a message is not the header it should be.
    #[error(
        "not a message header: {problem}; `Content-Length: 18`, an empty line, then 18 bytes of JSON are expected"
    )]
    Header {
        /// What is wrong with it.
        problem: String,
    },
    /// A WebSocket frame is not as RFC 6455 has it.
    #[error("a WebSocket frame breaks RFC 6455: {0}")]
    Frame(&'static str),
    /// A WebSocket message is binary.
    #[error("a binary WebSocket message; calls and replies travel in text messages")]
    BinaryMessage,
    /// What came is no HTTP response, or one that cannot be read.
    #[error("not an HTTP response: {0}")]
    NotHttp(String),
    /// An HTTP response that is no reply.
    ///
    /// By its status the call has not run where the server says that it took nothing of the request: 301, 307
    /// and 308, 401, 403 to 405, 407, 411, 413 to 415, 417, 421, 426, 429 and 431. After any other it
    /// may have.
    #[error(
        "the server answered with HTTP status {status}{}{}",
        if headers.is_empty() { String::new() } else { format!(" ({headers})") },
        if said.is_empty() { " and nothing else".to_owned() } else { format!(": {said}") }
    )]
    Http {
        /// The status (RFC 9110, section 15).
        status: u16,
        /// Headers that say more, `Location: /rpc; Content-Type: text/html`; of a success, the type where it
        /// is not that of a reply.
        headers: Box<str>,
        /// The beginning of the body.
        said: String,
    },
    /// The framing of the connection is one that this server is told not to speak.
    #[error(
        "{protocol} is disabled on this server; speak to it in another way, or have it enabled"
    )]
    Disabled {
        /// The framing.
        protocol: Protocol,
    },
    /// The connection ended inside a message.
    #[error("the connection ended inside a message")]
    Truncated,
    /// The message is JSON, but not a reply.
    #[error("not a reply: {0}")]
    NotAReply(String),
    /// Any of the others, and the call that it came in the way of.
    #[error("{doing}: {error}")]
    During {
        /// The call and the peer: ``calling `add` at 127.0.0.1:5000``.
        doing: String,
        /// What is wrong.
        #[source]
        error: Box<ProtocolError>,
    },
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
    /// What is wrong, without the call that it came in the way of.
    pub fn cause(&self) -> &Self {
        match self {
            Self::During { error, .. } => error.cause(),
            other => other,
        }
    }

    /// The same, and the call that it comes in the way of.
    pub(crate) fn during(self, doing: &str) -> Self {
        Self::During { doing: doing.to_owned(), error: Box::new(self) }
    }

    /// Whether the call that ended in it may have run on the other side.
    pub(crate) fn may_have_run(&self) -> bool {
        match self.cause() {
            Self::Http { status, .. } => !has_not_run(*status),
            _ => true,
        }
    }

    /// Says the error as the other side is told it.
    pub(crate) fn to_fault(&self) -> Fault {
        let code = match self {
            Self::TooLarge { .. } | Self::TooDeep { .. } => code::TOO_LARGE,
            Self::NoMemory { .. } => code::OVERLOADED,
            _ => code::PARSE_ERROR,
        };
        Fault::new(code, self.to_string())
    }
}

/// Whether a status says that nothing of the request was done (RFC 9110, section 15).
fn has_not_run(status: u16) -> bool {
    matches!(
        status,
        301 | 307 | 308 | 401 | 403..=405 | 407 | 411 | 413..=415 | 417 | 421 | 426 | 429 | 431
    )
}
