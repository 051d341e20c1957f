//! The bounds a connection is held to; every one is on by default and settable.

use super::Doors;

/// Bounds on what a peer may send and on what is kept for it.
///
/// ```
/// use rpc_core::Limits;
///
/// let limits = Limits { message: 64 * 1024, ..Limits::default() };
/// assert_eq!(limits.depth, 128);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in one message, either way. 10 MiB by default.
    pub message: usize,
    /// Levels of arrays and objects in one message, at most 128, the default.
    pub depth: usize,
    /// Calls that a client keeps in flight on one connection before it refuses another. 65 536 by
    /// default.
    pub calls_in_flight: usize,
    /// Calls of one connection that a server runs side by side before it reads further ones. 1024 by
    /// default; so many replies at most wait for a peer that does not read.
    pub calls_running: usize,
    /// Bytes of replies that may wait for a peer that does not read, where calls run side by side on
    /// an event loop. From there on no further calls of its are read, nor begun, until it has taken
    /// some. 16 MiB by default; the replies of calls that run by then come on top.
    pub replies_waiting: usize,
    /// Bytes of replies that gather before they are written out, even while more calls wait to be
    /// read. 64 KiB by default; what is held for a peer that does not read is this and one reply.
    pub replies_gathered: usize,
    /// Calls in one batch, a JSON-RPC array or a `system.multicall`. 1000 by default. The replies of a
    /// batch take at most [`message`](Self::message) bytes together.
    pub batch: usize,
    /// The framings and dialects a server can be spoken to in. All by default.
    pub doors: Doors,
}

impl Limits {
    /// The deepest nesting that can be asked for.
    pub const DEEPEST: usize = 128;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 10 * 1024 * 1024,
            depth: Self::DEEPEST,
            calls_in_flight: 65_536,
            calls_running: 1024,
            replies_waiting: 16 * 1024 * 1024,
            replies_gathered: 64 * 1024,
            batch: 1000,
            doors: Doors::default(),
        }
    }
}
