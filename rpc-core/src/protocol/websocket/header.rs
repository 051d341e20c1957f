//! The header of a frame (RFC 6455, section 5.2).

use super::super::ProtocolError;
use super::Side;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    /// The next fragment of a message.
    Continuation = 0,
    /// A message, or its first fragment.
    Text = 1,
    /// The same of bytes that are no text.
    Binary = 2,
    /// The end of the conversation.
    Close = 8,
    /// A question whether somebody is there.
    Ping = 9,
    /// The answer to it.
    Pong = 10,
}

impl Opcode {
    fn of(bits: u8) -> Option<Self> {
        let all =
            [Self::Continuation, Self::Text, Self::Binary, Self::Close, Self::Ping, Self::Pong];
        all.into_iter().find(|&opcode| opcode as u8 == bits)
    }

    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// What stands before a frame's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) opcode: Opcode,
    /// Whether the message ends with this frame.
    pub(super) is_last: bool,
    /// Bytes of the payload.
    pub(super) length: usize,
    /// What the payload is masked with.
    pub(super) key: Option<[u8; 4]>,
    /// Bytes of the header itself.
    pub(super) size: usize,
}

/// Payloads up to this size are announced in the second byte; those of control frames are no larger.
pub(super) const SMALL: u8 = 125;
/// In place of a size: it follows in two bytes.
pub(super) const IN_TWO: u8 = 126;
/// In place of a size: it follows in eight bytes.
pub(super) const IN_EIGHT: u8 = 127;
/// Marks a message's last frame.
pub(super) const LAST: u8 = 0x80;
/// Marks a payload that is masked.
pub(super) const MASKED: u8 = 0x80;

impl Header {
    /// Reads the header of a frame sent to the `reader`; `None` while it is not whole.
    pub(super) fn read(bytes: &[u8], reader: Side) -> Result<Option<Self>, ProtocolError> {
        let Some((&[first, second], rest)) = bytes.split_first_chunk() else {
            return Ok(None);
        };
        let is_last = first & LAST != 0;
        if first & 0x70 != 0 {
            return wrong("a reserved bit is set, and no extension was agreed upon");
        }
        let Some(opcode) = Opcode::of(first & 0x0F) else {
            return wrong("the opcode is a reserved one");
        };
        let is_masked = second & MASKED != 0;
        match reader {
            Side::Server if !is_masked => return wrong("a client masks every frame"),
            Side::Client if is_masked => return wrong("a server masks no frame"),
            Side::Server | Side::Client => {}
        }
        let announced = second & !MASKED;
        if opcode.is_control() && (announced > SMALL || !is_last) {
            return wrong("a control frame has at most 125 bytes and is not fragmented");
        }
        let (length, size) = match announced {
            IN_TWO => match rest.first_chunk() {
                Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 4),
                None => return Ok(None),
            },
            IN_EIGHT => match rest.first_chunk() {
                Some(bytes) => (u64::from_be_bytes(*bytes), 10),
                None => return Ok(None),
            },
            small => (u64::from(small), 2),
        };
        if size == 4 && length <= u64::from(SMALL) || size == 10 && length <= 0xFFFF {
            return wrong("a length is not in its shortest form");
        }
        if length >> 63 != 0 {
            return wrong("the highest bit of a length is set");
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if !is_masked {
            return Ok(Some(Self { opcode, is_last, length, key: None, size }));
        }
        let key = bytes.get(size..).and_then(|rest| rest.first_chunk()).copied();
        Ok(key.map(|key| Self { opcode, is_last, length, key: Some(key), size: size + 4 }))
    }
}

fn wrong<T>(what: &'static str) -> Result<T, ProtocolError> {
    Err(ProtocolError::Frame(what))
}
