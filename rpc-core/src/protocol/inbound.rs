//! What has arrived and is not yet read as messages.

use std::ops::Range;

use super::buffer::ReadBuffer;
use super::frame::{Framing, UnknownFraming};
use super::header::{self, Header};
use super::json::{Boundary, TooDeep, is_white};
use super::lines::Lines;
use super::stranger::stranger;
use super::websocket::{Close, Incoming, Side};
use super::{Limits, Protocol, ProtocolError, Protocols};

/// The receiving half of a connection: bytes in, whole messages out.
///
/// A length that is announced and never sent costs nothing: memory grows only as bytes arrive.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(super) buffer: ReadBuffer,
    framing: Option<Framing>,
    pub(super) boundary: Boundary,
    pub(super) websocket: Incoming,
    limit: usize,
    pub(super) depth: usize,
    /// Where JSON comes in lines.
    lines: Option<Lines>,
    protocols: Protocols,
}

impl Inbound {
    /// Starts with nothing received by this `side`; `framing` is found out when it is `None`.
    pub(crate) fn new(framing: Option<Framing>, side: Side, limits: &Limits) -> Self {
        Self {
            buffer: ReadBuffer::default(),
            framing,
            boundary: Boundary::default(),
            websocket: Incoming::new(side),
            limit: limits.max_message_bytes,
            depth: limits.max_depth.min(Limits::MAX_DEPTH),
            lines: None,
            protocols: limits.protocols,
        }
    }

    /// The framing, once it is known.
    pub(crate) fn framing(&self) -> Option<Framing> {
        self.framing
    }

    /// Whether a message has begun to arrive and is not whole.
    pub(crate) fn is_partial(&self) -> bool {
        !self.waiting().is_empty() || self.websocket.is_fragmented()
    }

    /// Where the part stands that has come of a message that is not whole.
    pub(super) fn partial(&self) -> Range<usize> {
        let frame = match self.framing {
            Some(Framing::LengthPrefix) => Framing::PREFIX,
            // What is not whole is still masked.
            Some(Framing::WebSocket) => return self.websocket.joined(self.buffer.start),
            _ => 0,
        };
        (self.buffer.start + frame).min(self.buffer.end)..self.buffer.end
    }

    /// Lends room to read into; [`received`](Self::received) says how much of it was used.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.buffer.unfilled()
    }

    /// Takes note of `count` bytes read into the room lent.
    pub(crate) fn received(&mut self, count: usize) {
        self.buffer.received(count);
    }

    /// What the other side has said when it closed, in a framing that has words for it.
    pub(crate) fn closed(&self) -> Option<&Close> {
        self.websocket.closed()
    }

    /// Takes bytes that were read elsewhere.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let unfilled = self.buffer.unfilled();
            let count = unfilled.len().min(bytes.len());
            unfilled[..count].copy_from_slice(&bytes[..count]);
            self.buffer.received(count);
            bytes = &bytes[count..];
        }
    }

    /// What has arrived and was not taken.
    pub(crate) fn waiting(&self) -> &[u8] {
        self.buffer.waiting()
    }

    /// Takes note that `count` of the [`waiting`](Self::waiting) bytes were taken.
    #[cfg(feature = "http")]
    pub(crate) fn consume(&mut self, count: usize) {
        self.buffer.start = self.buffer.end.min(self.buffer.start + count);
    }

    /// Finds the next whole message; [`bytes`](Self::bytes) shows it. What the framing itself has to
    /// answer is appended to `out`.
    pub(crate) fn next(
        &mut self,
        out: &mut Vec<u8>,
    ) -> Result<Option<Range<usize>>, ProtocolError> {
        self.next_message(false, out)
    }

    /// Finds the next message when no more bytes will come.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Truncated`] when a message has begun and not ended.
    pub(crate) fn last(
        &mut self,
        out: &mut Vec<u8>,
    ) -> Result<Option<Range<usize>>, ProtocolError> {
        let message = self.next_message(true, out)?;
        if message.is_none() && self.is_partial() {
            return Err(ProtocolError::Truncated);
        }
        Ok(message)
    }

    /// The bytes of a message that was found.
    pub(crate) fn bytes(&self, message: &Range<usize>) -> &[u8] {
        self.buffer.bytes.get(message.clone()).unwrap_or_default()
    }

    /// Everything that a place of a message refers to.
    pub(crate) fn buffer(&self) -> &[u8] {
        &self.buffer.bytes
    }

    /// Takes the buffer out, with the message that was found last; what has arrived behind it stays.
    #[cfg(feature = "tokio")]
    pub(crate) fn take_buffer(&mut self) -> Vec<u8> {
        self.buffer.take()
    }

    /// Gives a buffer that was taken out back for its memory.
    #[cfg(feature = "tokio")]
    pub(crate) fn give_buffer(&mut self, buffer: Vec<u8>) {
        self.buffer.give(buffer);
    }

    fn next_message(
        &mut self,
        whole: bool,
        out: &mut Vec<u8>,
    ) -> Result<Option<Range<usize>>, ProtocolError> {
        if self.buffer.is_refused {
            return Err(ProtocolError::NoMemory { limit: self.buffer.share.limit() });
        }
        if self.framing.is_none() {
            match Framing::sniff(self.waiting(), whole) {
                None => return Ok(None),
                Some(Ok(framing)) => {
                    self.framing = Some(framing);
                    let protocol = framing.protocol();
                    if !self.protocols.is_enabled(protocol) {
                        return Err(ProtocolError::Disabled { protocol });
                    }
                }
                // A broken line is not the beginning of anything else.
                Some(Err(UnknownFraming))
                    if self.lines.is_some() && self.protocols.is_enabled(Protocol::Raw) =>
                {
                    self.framing = Some(Framing::Raw);
                }
                Some(Err(UnknownFraming)) if Framing::begins_http(self.waiting()) => {
                    return Err(ProtocolError::Disabled { protocol: Protocol::Http });
                }
                Some(Err(UnknownFraming)) => return Err(ProtocolError::UnknownFraming),
            }
        }
        let message = match self.framing {
            Some(Framing::LengthPrefix) => {
                self.next_prefixed().map_err(|error| self.named(error))?
            }
            Some(Framing::Raw) => self.next_line().map_err(|error| self.named(error))?,
            Some(Framing::Header) => self.next_headed().map_err(|error| self.named(error))?,
            Some(Framing::WebSocket) => {
                let message = self.websocket.next_message(&mut self.buffer, self.limit, out)?;
                if let Some(message) = &message {
                    self.buffer.give_back(message.len());
                }
                return Ok(message);
            }
            None => None,
        };
        if let Some(message) = &message {
            self.buffer.start = message.end;
            self.buffer.give_back(message.len());
        }
        Ok(message)
    }

    fn next_prefixed(&self) -> Result<Option<Range<usize>>, ProtocolError> {
        let waiting = self.buffer.waiting();
        let Some((prefix, rest)) = waiting.split_first_chunk::<{ Framing::PREFIX }>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_le_bytes(*prefix)).unwrap_or(usize::MAX);
        self.within_limit(length)?;
        let body = self.buffer.start + Framing::PREFIX;
        Ok((rest.len() >= length).then(|| body..body + length))
    }

    fn next_headed(&self) -> Result<Option<Range<usize>>, ProtocolError> {
        let waiting = self.buffer.waiting();
        let Some(Header { size, length }) = header::read(waiting)? else {
            return Ok(None);
        };
        self.within_limit(length)?;
        let body = self.buffer.start + size;
        Ok((waiting.len() - size >= length).then(|| body..body + length))
    }

    /// Takes a line that is broken for one message, and goes on behind it.
    pub(crate) fn read_lines(&mut self) {
        self.lines = Some(Lines::default());
    }

    /// Where the part stands that the last error is of, if what follows it can be read.
    pub(crate) fn take_broken(&mut self) -> Option<Range<usize>> {
        self.lines.as_mut()?.take_broken()
    }

    /// Goes on behind a message that was found and is none; `false` where it is not certain where the
    /// next one begins.
    pub(crate) fn go_on(&mut self) -> bool {
        match (self.framing, &mut self.lines) {
            (Some(Framing::LengthPrefix | Framing::Header), _) => true,
            (Some(Framing::Raw), Some(lines)) => {
                lines.skip(&mut self.buffer);
                true
            }
            _ => false,
        }
    }

    fn next_line(&mut self) -> Result<Option<Range<usize>>, ProtocolError> {
        if let Some(lines) = &mut self.lines {
            lines.go_on(&mut self.buffer);
        }
        let found = self.next_raw();
        let Some(lines) = &mut self.lines else { return found };
        let error = match found {
            Ok(None) => Lines::problem(self.buffer.waiting()),
            Err(error @ (ProtocolError::Syntax { .. } | ProtocolError::TooDeep { .. })) => {
                Some(error)
            }
            found => return found,
        };
        let Some(error) = error else { return Ok(None) };
        lines.give_up(&error, &mut self.buffer);
        self.boundary = Boundary::default();
        Err(error)
    }

    fn next_raw(&mut self) -> Result<Option<Range<usize>>, ProtocolError> {
        let white = self.waiting().iter().take_while(|byte| is_white(**byte)).count();
        self.buffer.start += white;
        let waiting = self.buffer.waiting();
        match waiting.first() {
            None => Ok(None),
            Some(b'{' | b'[') => match self.boundary.find(waiting, self.depth) {
                Ok(Some(length)) => {
                    self.within_limit(length)?;
                    Ok(Some(self.buffer.start..self.buffer.start + length))
                }
                Ok(None) => {
                    self.within_limit(waiting.len())?;
                    Ok(None)
                }
                Err(TooDeep) => Err(ProtocolError::TooDeep { limit: self.depth }),
            },
            Some(_) => Err(ProtocolError::Syntax {
                expected: "`{` or `[` at the beginning of a message",
                at: 0,
            }),
        }
    }

    /// The error of what is waiting: that a client's peer speaks text, where it does.
    #[cold]
    fn named(&self, error: ProtocolError) -> ProtocolError {
        let is_json =
            self.framing == Some(Framing::Raw) && matches!(self.waiting(), [b'{' | b'[', ..]);
        if self.websocket.side() == Side::Server || is_json {
            return error;
        }
        stranger(self.waiting()).unwrap_or(error)
    }

    /// The error of a client whose peer ends or breaks the connection, where what has come of a message
    /// shows that it speaks something else.
    #[cold]
    pub(crate) fn stranger(&self) -> Option<ProtocolError> {
        let is_json = matches!(self.waiting(), [b'{' | b'[', ..]);
        if is_json { None } else { stranger(self.waiting()) }
    }

    /// The error of a message of a client's peer: that it speaks something else, where what comes with the
    /// message shows it.
    #[cold]
    pub(crate) fn broken(&self, message: &Range<usize>, error: ProtocolError) -> ProtocolError {
        let start = match self.framing {
            Some(Framing::LengthPrefix) => message.start.saturating_sub(Framing::PREFIX),
            _ => return error,
        };
        match stranger(self.buffer.bytes.get(start..message.end).unwrap_or_default()) {
            Some(stranger @ ProtocolError::Stranger { .. }) => stranger,
            _ => error,
        }
    }

    fn within_limit(&self, size: usize) -> Result<(), ProtocolError> {
        if size > self.limit {
            return Err(ProtocolError::TooLarge { size, limit: self.limit });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Framing, Inbound, Limits, ProtocolError, Side};

    fn drain(inbound: &mut Inbound) -> Vec<String> {
        let mut messages = Vec::new();
        while let Some(message) = inbound.next(&mut Vec::new()).unwrap() {
            messages.push(String::from_utf8(inbound.bytes(&message).to_vec()).unwrap());
        }
        messages
    }

    #[test]
    fn messages_come_whole_however_they_were_cut() {
        let raw: &[u8] = b" {\"a\":\"}\"}\n{\"b\":2}[3]\r\n";
        let mut prefixed = Vec::new();
        for message in ["{\"a\":\"}\"}", "{\"b\":2}", "[3]"] {
            prefixed.extend(u32::try_from(message.len()).unwrap().to_le_bytes());
            prefixed.extend(message.as_bytes());
        }
        for stream in [raw, &prefixed] {
            for step in 1..=stream.len() {
                let mut inbound = Inbound::new(None, Side::Server, &Limits::default());
                let mut messages = Vec::new();
                for chunk in stream.chunks(step) {
                    inbound.feed(chunk);
                    messages.extend(drain(&mut inbound));
                }
                assert_eq!(messages, ["{\"a\":\"}\"}", "{\"b\":2}", "[3]"], "in steps of {step}");
            }
        }
    }

    #[test]
    fn an_announced_length_allocates_nothing() {
        let mut inbound =
            Inbound::new(Some(Framing::LengthPrefix), Side::Server, &Limits::default());
        inbound.feed(&(10_u32 << 20).to_le_bytes());
        assert_eq!(inbound.next(&mut Vec::new()), Ok(None));
        assert!(inbound.room().len() < 64 * 1024);
        let mut inbound =
            Inbound::new(Some(Framing::LengthPrefix), Side::Server, &Limits::default());
        inbound.feed(&((10_u32 << 20) + 1).to_le_bytes());
        let limit = 10 << 20;
        assert_eq!(
            inbound.next(&mut Vec::new()),
            Err(ProtocolError::TooLarge { size: limit + 1, limit })
        );
    }

    #[test]
    fn a_large_buffer_is_given_back_after_small_messages() {
        let mut inbound = Inbound::new(Some(Framing::Raw), Side::Server, &Limits::default());
        inbound.feed(format!("[\"{}\"]", "x".repeat(1 << 20)).as_bytes());
        assert_eq!(drain(&mut inbound).len(), 1);
        assert!(inbound.buffer().len() >= 1 << 20);
        for _ in 0..100 {
            inbound.feed(b"[]");
            assert_eq!(drain(&mut inbound), ["[]"]);
        }
        assert!(
            inbound.buffer.bytes.capacity() <= 128 * 1024,
            "{}",
            inbound.buffer.bytes.capacity()
        );
    }
}
