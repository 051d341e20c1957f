//! Messages that have come whole and whose turn has not come.

use std::ops::Range;

use super::frame::Framing;
use super::header::{self, Header};
use super::json::{Boundary, is_white};
use super::{Connection, Inbound};

/// A message that has come whole: where it stands with what frames it, and without.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) whole: Range<usize>,
    pub(crate) body: Range<usize>,
}

impl Connection {
    /// How many bytes have come whose turn has not.
    pub(crate) fn waits(&self) -> usize {
        self.inbound.waiting().len()
    }

    /// Whether more can be read without refusing what has come, making room for it where there is memory.
    pub(crate) fn has_room(&mut self) -> bool {
        self.inbound.buffer.stretch()
    }

    /// The messages that have come whole; [`message`](Self::message) shows them. None of a WebSocket, whose frames
    /// are masked until their turn.
    pub(crate) fn whole_messages(&self) -> Vec<Whole> {
        self.inbound.whole_messages()
    }

    /// Takes messages out, which stand in their order.
    pub(crate) fn take_out(&mut self, messages: &[Range<usize>]) {
        self.inbound.take_out(messages);
    }

    /// Has so many bytes of replies gather before they are written; `None` for as many as usual.
    pub(crate) fn gather(&mut self, bytes: Option<usize>) {
        self.gathers = bytes.unwrap_or(self.limits().max_gathered_reply_bytes);
    }
}

impl Inbound {
    fn whole_messages(&self) -> Vec<Whole> {
        let mut messages = Vec::new();
        let mut start = self.buffer.start;
        while let Some(message) = self.whole_at(start) {
            start = message.whole.end;
            messages.push(message);
        }
        messages
    }

    /// The message that begins there, if it is whole.
    fn whole_at(&self, start: usize) -> Option<Whole> {
        let waiting = self.buffer.bytes.get(start..self.buffer.end)?;
        let (before, length) = match self.framing()? {
            Framing::LengthPrefix => {
                let (prefix, _) = waiting.split_first_chunk::<{ Framing::PREFIX }>()?;
                (Framing::PREFIX, usize::try_from(u32::from_le_bytes(*prefix)).ok()?)
            }
            Framing::Header => {
                let Header { size, length } = header::read(waiting).ok()??;
                (size, length)
            }
            Framing::Raw => {
                let white = waiting.iter().take_while(|byte| is_white(**byte)).count();
                let text = &waiting[white..];
                if !matches!(text, [b'{' | b'[', ..]) {
                    return None;
                }
                (white, Boundary::default().find(text, self.depth).ok()??)
            }
            Framing::WebSocket => return None,
        };
        let body = start + before..(start + before).checked_add(length)?;
        (body.end <= self.buffer.end).then_some(Whole { whole: start..body.end, body })
    }

    fn take_out(&mut self, messages: &[Range<usize>]) {
        let Some(first) = messages.first() else { return };
        let mut end = first.start;
        let next = messages[1..].iter().map(|message| message.start).chain([self.buffer.end]);
        for (message, next) in messages.iter().zip(next) {
            self.buffer.bytes.copy_within(message.end..next, end);
            end += next - message.end;
        }
        self.buffer.end = end;
        // The first message may be another than was being looked at.
        self.boundary = Boundary::default();
    }
}
