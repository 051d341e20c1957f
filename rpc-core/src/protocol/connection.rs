//! One connection's state: what arrived, what is to be written, and the framing both share.

use std::ops::Range;

use super::{Framing, Inbound, Limits, ProtocolError};

/// A connection without its socket: fed bytes, it gives messages; given replies, it gives bytes.
///
/// ```
/// use rpc_core::protocol::{Connection, Limits};
///
/// let mut connection = Connection::new(None, Limits::default());
/// let bytes = b"\x02\0\0\0{}";
/// connection.room()[..bytes.len()].copy_from_slice(bytes);
/// connection.received(bytes.len());
///
/// while let Some(message) = connection.next_message()? {
///     connection.reply(&message, |message, out| {
///         assert_eq!(message, b"{}");
///         out.extend_from_slice(b"[]");
///         true
///     });
/// }
/// assert_eq!(connection.output(), b"\x02\0\0\0[]");
/// # Ok::<(), rpc_core::ProtocolError>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    pub(super) inbound: Inbound,
    pub(super) outbound: Vec<u8>,
    limits: Limits,
}

/// An output buffer up to this size keeps its memory when it has been written.
const KEPT: usize = 4 * 1024 * 1024;

impl Connection {
    /// Starts a connection; where `framing` is `None`, the first bytes tell it.
    pub fn new(framing: Option<Framing>, limits: Limits) -> Self {
        Self { inbound: Inbound::new(framing, &limits), outbound: Vec::new(), limits }
    }

    /// Lends room to read into.
    pub fn room(&mut self) -> &mut [u8] {
        self.inbound.room()
    }

    /// Takes note of `count` bytes read into the room lent.
    pub fn received(&mut self, count: usize) {
        self.inbound.received(count);
    }

    /// Whether a message has begun to arrive and is not whole.
    pub fn is_partial(&self) -> bool {
        self.inbound.is_partial()
    }

    /// The framing, once it is known.
    pub fn framing(&self) -> Option<Framing> {
        self.inbound.framing()
    }

    /// The part that has come of a message that is not whole; [`message`](Self::message) shows it.
    pub(crate) fn partial(&self) -> Range<usize> {
        self.inbound.partial()
    }

    /// Whether too few bytes have come to tell the framing.
    pub fn is_undecided(&self) -> bool {
        self.inbound.framing().is_none()
    }

    /// Whether enough replies have gathered that they go out before more calls are read.
    pub fn is_full(&self) -> bool {
        self.outbound.len() >= self.limits.replies_gathered
    }

    /// Finds the next whole message.
    ///
    /// # Errors
    ///
    /// Where the bytes break the framing or a limit; the connection cannot go on then.
    pub fn next_message(&mut self) -> Result<Option<Range<usize>>, ProtocolError> {
        self.inbound.next()
    }

    /// Finds the next message when no more bytes will come.
    ///
    /// # Errors
    ///
    /// As [`next_message`](Self::next_message), and where the last message is not whole.
    pub fn last_message(&mut self) -> Result<Option<Range<usize>>, ProtocolError> {
        self.inbound.last()
    }

    /// The bytes of a message that was found.
    pub fn message(&self, message: &Range<usize>) -> &[u8] {
        self.inbound.bytes(message)
    }

    /// Frames one reply: `write` is lent the message and appends its reply, or returns `false`
    /// for none.
    ///
    /// An empty range is a reply to no message.
    pub fn reply(
        &mut self,
        message: &Range<usize>,
        write: impl FnOnce(&[u8], &mut Vec<u8>) -> bool,
    ) {
        let framing = self.inbound.framing().unwrap_or(Framing::Raw);
        let start = self.outbound.len();
        framing.begin(&mut self.outbound);
        if write(self.inbound.bytes(message), &mut self.outbound) {
            framing.end(&mut self.outbound, start);
        } else {
            self.outbound.truncate(start);
        }
    }

    /// The limits the connection is held to.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The bytes to write.
    pub fn output(&self) -> &[u8] {
        &self.outbound
    }

    /// Takes note that the output has been written.
    pub fn written(&mut self) {
        self.outbound.clear();
        self.outbound.shrink_to(KEPT);
    }

    /// Frames a reply that was put together elsewhere; an empty one is none.
    pub(crate) fn append(&mut self, reply: &[u8]) {
        self.reply(&(0..0), |_, out| {
            out.extend_from_slice(reply);
            !reply.is_empty()
        });
    }
}
