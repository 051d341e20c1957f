//! The bounds a connection is held to; every one is on by default and settable.

use super::Protocols;

/// Bounds on what a peer may send and on what is kept for it.
///
/// ```
/// use rpc_core::protocol::Limits;
///
/// let limits = Limits { max_message_bytes: 64 * 1024, ..Limits::default() };
/// assert_eq!(limits.max_depth, 128);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum size of one message in bytes, either way. 10 MiB by default.
    pub max_message_bytes: usize,
    /// Maximum depth of arrays and objects in one message: 128 by default, and at most.
    pub max_depth: usize,
    /// Maximum number of calls that a client keeps in flight on one connection; it refuses one more.
    /// 65 536 by default.
    pub max_calls_in_flight: usize,
    /// Maximum number of calls of one connection that a server runs side by side before it reads
    /// further ones. 1024 by default; so many replies at most wait for a peer that does not read.
    pub max_calls_running: usize,
    /// Maximum number of calls of one connection that answer with a stream at the same time; one more is refused.
    /// 1024 by default. For each, a server keeps up to 64 KiB that its caller has not taken, and where it has a thread for each
    /// connection, a thread.
    pub max_streams: usize,
    /// Maximum size in bytes of the replies that wait for a peer that does not read, where calls run
    /// side by side on an event loop. Over it, no further calls of that peer are read, nor begun, until
    /// it has taken some. 16 MiB by default; the replies of calls that run by then come on top.
    pub max_waiting_reply_bytes: usize,
    /// Maximum size in bytes of the replies that are gathered for one write, even while more calls wait
    /// to be read. 64 KiB by default; what is held for a peer that does not read is this and one reply.
    pub max_gathered_reply_bytes: usize,
    /// Maximum number of calls in one batch, a JSON-RPC array or a `system.multicall`. 1000 by default.
    /// The replies of a batch take at most [`max_message_bytes`](Self::max_message_bytes) together.
    pub max_batch_calls: usize,
    /// The framings and dialects that a server speaks. All by default.
    pub protocols: Protocols,
}

impl Limits {
    /// The deepest nesting that can be asked for.
    pub const MAX_DEPTH: usize = 128;
    /// The longest id that a call may have, in bytes of the text it comes as. It is kept for as long as the call runs.
    pub const MAX_ID_BYTES: usize = 1024;
}

/// What is said behind a limit of levels.
pub(super) const fn deeper(limit: usize) -> &'static str {
    if limit < Limits::MAX_DEPTH {
        ", or raise `Limits::max_depth` (128 at most)"
    } else {
        " (`Limits::max_depth` cannot be more)"
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message_bytes: 10 * 1024 * 1024,
            max_depth: Self::MAX_DEPTH,
            max_calls_in_flight: 65_536,
            max_calls_running: 1024,
            max_streams: 1024,
            max_waiting_reply_bytes: 16 * 1024 * 1024,
            max_gathered_reply_bytes: 64 * 1024,
            max_batch_calls: 1000,
            protocols: Protocols::default(),
        }
    }
}
