//! Reading frames: what arrives becomes messages where it stands.
//!
//! The payloads of fragments are moved together, so a message is one piece however it came:
//!
//! ```text
//! start                                 end
//!   │ joined fragments │ gap │ not yet read │
//! ```

use std::mem;
use std::ops::Range;

use super::super::ProtocolError;
use super::super::buffer::ReadBuffer;
use super::header::{Header, Opcode};
use super::mask::mask;
use super::outgoing::write_pong;
use super::{Close, Side};

/// How far the reading of frames has come.
#[derive(Debug)]
pub(in super::super) struct Incoming {
    side: Side,
    /// Whether a message has begun and its last fragment is still to come.
    is_fragmented: bool,
    /// Bytes of its fragments, from the start of what waits.
    joined: usize,
    /// Where the next frame begins, from there too.
    next: usize,
    /// What the other side has said when it closed.
    closed: Option<Close>,
    /// Whether the other side was asked whether it is there, and has said nothing since.
    is_asked: bool,
}

/// While so much waits to be written, a ping has to do without its pong.
const WAITING: usize = 1024 * 1024;

impl Incoming {
    pub(in super::super) fn new(side: Side) -> Self {
        Self { side, is_fragmented: false, joined: 0, next: 0, closed: None, is_asked: false }
    }

    pub(in super::super) fn is_fragmented(&self) -> bool {
        self.is_fragmented
    }

    /// Where those fragments of a message stand that have come, with the `start` of what waits.
    pub(in super::super) fn joined(&self, start: usize) -> Range<usize> {
        start..start + self.joined
    }

    /// The end that this is.
    pub(in super::super) fn side(&self) -> Side {
        self.side
    }

    /// What the other side has said when it closed.
    pub(in super::super) fn closed(&self) -> Option<&Close> {
        self.closed.as_ref()
    }

    /// Takes note that the other side is asked whether it is there; whether it was already.
    pub(in super::super) fn ask(&mut self) -> bool {
        mem::replace(&mut self.is_asked, true)
    }

    /// Checks a frame's place among the fragments of a message, and its size.
    fn check(&self, header: &Header, limit: usize) -> Result<(), ProtocolError> {
        match header.opcode {
            Opcode::Continuation if !self.is_fragmented => {
                return Err(ProtocolError::Frame("a fragment continues no message"));
            }
            Opcode::Text | Opcode::Binary if self.is_fragmented => {
                return Err(ProtocolError::Frame("a message begins within another"));
            }
            Opcode::Binary => return Err(ProtocolError::BinaryMessage),
            Opcode::Continuation | Opcode::Text => {}
            Opcode::Close | Opcode::Ping | Opcode::Pong => return Ok(()),
        }
        let size = self.joined.saturating_add(header.length);
        if size > limit {
            return Err(ProtocolError::TooLarge { size, limit });
        }
        Ok(())
    }

    /// Finds the next message. A ping is answered into `out`: of those that came together the last
    /// one, as section 5.5.3 has it.
    pub(in super::super) fn next_message(
        &mut self,
        buffer: &mut ReadBuffer,
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<Option<Range<usize>>, ProtocolError> {
        let mut pong = None;
        while self.closed.is_none() {
            let frame = buffer.start + self.next;
            let waiting = &mut buffer.bytes[frame..buffer.end];
            let Some(header) = Header::read(waiting, self.side)? else {
                break;
            };
            self.check(&header, limit)?;
            let Some(payload) =
                waiting.get_mut(header.size..header.size.saturating_add(header.length))
            else {
                break;
            };
            if let Some(key) = header.key {
                mask(payload, key);
            }
            self.is_asked = false;
            match header.opcode {
                Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                    let payload = frame + header.size..frame + header.size + header.length;
                    if let Some(message) = self.join(buffer, payload, header.is_last) {
                        return Ok(Some(message));
                    }
                    continue;
                }
                Opcode::Ping if out.len() < WAITING => {
                    let start = *pong.get_or_insert(out.len());
                    out.truncate(start);
                    write_pong(out, self.side, payload);
                }
                Opcode::Ping | Opcode::Pong => {}
                Opcode::Close => self.closed = Some(Close::read(payload)?),
            }
            self.next += header.size + header.length;
        }
        self.close_gap(buffer);
        Ok(None)
    }

    /// Adds a fragment to the message it belongs to, and returns that when it is whole.
    fn join(
        &mut self,
        buffer: &mut ReadBuffer,
        payload: Range<usize>,
        is_last: bool,
    ) -> Option<Range<usize>> {
        let (start, end) = (buffer.start, payload.end);
        let mut message = payload.clone();
        if self.is_fragmented || !is_last {
            message = start..start + self.joined + payload.len();
            buffer.bytes.copy_within(payload, start + self.joined);
        }
        self.is_fragmented = !is_last;
        if is_last {
            (self.joined, self.next) = (0, 0);
            buffer.start = end;
            return Some(message);
        }
        (self.joined, self.next) = (message.len(), end - start);
        None
    }

    /// Gives up what has been read of the buffer, so that frames without end take no memory.
    fn close_gap(&mut self, buffer: &mut ReadBuffer) {
        if self.closed.is_some() {
            (self.is_fragmented, self.joined, self.next) = (false, 0, 0);
            buffer.start = buffer.end;
        } else if self.joined == 0 {
            buffer.start += mem::take(&mut self.next);
        } else if self.next > self.joined {
            let rest = buffer.start + self.next..buffer.end;
            buffer.bytes.copy_within(rest, buffer.start + self.joined);
            buffer.end -= self.next - self.joined;
            self.next = self.joined;
        }
    }
}
