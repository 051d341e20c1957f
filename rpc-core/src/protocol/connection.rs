//! One connection's state: what arrived, what is to be written, and the framing both share.

use std::ops::Range;

use super::websocket::{Close, Side, write_close, write_ping};
use super::{Framing, Inbound, Limits, Memory, Protocol, ProtocolError, Share};

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
/// # Ok::<(), rpc_core::protocol::ProtocolError>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    pub(super) inbound: Inbound,
    pub(super) outbound: Vec<u8>,
    limits: Limits,
    /// Bytes of replies that gather before they are written.
    pub(super) gathers: usize,
}

/// An output buffer up to this size keeps its memory when it has been written.
const KEPT: usize = 4 * 1024 * 1024;

impl Connection {
    /// Starts a connection; where `framing` is `None`, the first bytes tell it.
    pub fn new(framing: Option<Framing>, limits: Limits) -> Self {
        let inbound = Inbound::new(framing, Side::Server, &limits);
        let gathers = limits.max_gathered_reply_bytes;
        Self { inbound, outbound: Vec::new(), limits, gathers }
    }

    /// Has what it keeps of unfinished messages be of a budget.
    pub(crate) fn within(&mut self, memory: &Memory) {
        self.inbound.buffer.share = Share::of(memory);
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

    /// Whether the first bytes that have come begin HTTP, which is no framing of messages: the
    /// connection is somebody else's then, with [all that has come](Self::into_received).
    pub(crate) fn begins_http(&self) -> bool {
        cfg!(feature = "http")
            && self.is_undecided()
            && self.limits.protocols.is_enabled(Protocol::Http)
            && Framing::begins_http(self.inbound.waiting())
    }

    /// Starts a WebSocket's connection, of which `received` has been read already.
    #[cfg(feature = "http")]
    pub(crate) fn of_websocket(received: &[u8], limits: Limits) -> Self {
        let mut connection = Self::new(Some(Framing::WebSocket), limits);
        connection.inbound.feed(received);
        connection
    }

    /// Gives away what has come and has not been read as messages.
    #[cfg(any(unix, feature = "http"))]
    pub(crate) fn into_received(self) -> Vec<u8> {
        self.inbound.waiting().to_vec()
    }

    /// Whether enough replies have gathered that they go out before more calls are read.
    pub fn is_full(&self) -> bool {
        self.outbound.len() >= self.gathers
    }

    /// Finds the next whole message. What the framing itself has to answer (a WebSocket's pings) is
    /// put into the output.
    ///
    /// # Errors
    ///
    /// Where the bytes break the framing or a limit; the connection cannot go on then.
    pub fn next_message(&mut self) -> Result<Option<Range<usize>>, ProtocolError> {
        self.inbound.next(&mut self.outbound)
    }

    /// Finds the next message when no more bytes will come.
    ///
    /// # Errors
    ///
    /// As [`next_message`](Self::next_message), and where the last message is not whole.
    pub fn last_message(&mut self) -> Result<Option<Range<usize>>, ProtocolError> {
        self.inbound.last(&mut self.outbound)
    }

    /// Takes a line that is broken for one message, and goes on behind it: for a stream that no web page
    /// can write to.
    pub(crate) fn read_lines(&mut self) {
        self.inbound.read_lines();
    }

    /// The part that the last error is of, if what follows it can be read.
    pub(crate) fn take_broken(&mut self) -> Option<Range<usize>> {
        self.inbound.take_broken()
    }

    /// Goes on behind a message that was none; `false` where it is not certain where the next one begins.
    pub(crate) fn go_on(&mut self) -> bool {
        self.inbound.go_on()
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

    /// Puts bytes into the output that are in no framing, for a peer that speaks none.
    pub(crate) fn say(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.outbound);
    }

    /// Whether the peer has said, in a framing that has words for it, that it sends nothing more.
    pub fn is_closed(&self) -> bool {
        self.inbound.closed().is_some()
    }

    /// Says that nothing follows, in a framing that has words for it. A peer that has closed is
    /// answered with its own code.
    pub(crate) fn close(&mut self, close: &Close) {
        if self.framing() == Some(Framing::WebSocket) {
            let echo = self.inbound.closed().map(|closed| Close::with(closed.code));
            write_close(&mut self.outbound, Side::Server, echo.as_ref().unwrap_or(close));
        }
    }

    /// Asks a silent peer whether it is there, in a framing that has words for it; `false` where it
    /// cannot be asked, or has not answered the last time.
    pub(crate) fn ask(&mut self) -> bool {
        if self.framing() != Some(Framing::WebSocket) || self.inbound.websocket.ask() {
            return false;
        }
        write_ping(&mut self.outbound, Side::Server);
        true
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
