//! The framings: how a stream of bytes is divided into messages.

use super::{Protocol, header, websocket};

/// Where one message ends and the next begins.
///
/// A server tells the framings apart by the first bytes of a connection and answers in the one it
/// was spoken to in; a client chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Framing {
    /// A 4-byte little-endian count, then that many bytes: `struct.pack("I", len(body))` in
    /// Python. The default.
    #[default]
    LengthPrefix,
    /// JSON texts one after another, with white space between them or without. Replies end with a
    /// newline, so that clients that read lines can read them.
    Raw,
    /// `Content-Length: 18\r\n\r\n`, then that many bytes, as language servers and editors speak
    /// (the base protocol of the Language Server Protocol).
    Header,
    /// The text messages of a WebSocket (RFC 6455), on a connection that has become one. Calls are
    /// masked, replies are not.
    WebSocket,
}

impl Framing {
    /// Tells the framing by the first bytes of a connection, `whole` when no more will come.
    /// `None` asks for more bytes.
    ///
    /// A length below 16 MiB has a zero in its fourth byte, which no JSON text has.
    pub(super) fn sniff(first: &[u8], whole: bool) -> Option<Result<Self, UnknownFraming>> {
        match *first {
            [_, _, _, 0, ..] => Some(Ok(Self::LengthPrefix)),
            _ if header::begins(first) => Some(Ok(Self::Header)),
            // It takes more to tell a request that a line break stands before.
            [b'\r', b'\n', ref rest @ ..] if rest.first().is_some_and(u8::is_ascii_uppercase) => {
                let is_told = whole || rest.len() >= Self::PREFIX;
                is_told.then(|| Self::sniff_text(rest[0]))
            }
            [_, _, _, _, ..] => Some(Self::sniff_text(first[0])),
            [byte, ..] if whole => Some(Self::sniff_text(byte)),
            _ => None,
        }
    }

    fn sniff_text(byte: u8) -> Result<Self, UnknownFraming> {
        match byte {
            b'{' | b'[' | b' ' | b'\t' | b'\r' | b'\n' => Ok(Self::Raw),
            _ => Err(UnknownFraming),
        }
    }

    /// The protocol that it is.
    pub(super) fn protocol(self) -> Protocol {
        match self {
            Self::LengthPrefix => Protocol::LengthPrefix,
            Self::Raw => Protocol::Raw,
            Self::Header => Protocol::Header,
            Self::WebSocket => Protocol::WebSocket,
        }
    }

    /// Whether the first bytes of a connection begin a request of HTTP/1, or HTTP/2 (RFC 9113, section
    /// 3.4): the methods of RFC 9110, section 9, and of RFC 5789.
    pub(super) fn begins_http(first: &[u8]) -> bool {
        const BEGINNINGS: [&[u8; 4]; 10] = [
            b"GET ", b"POST", b"PUT ", b"HEAD", b"OPTI", b"DELE", b"PATC", b"CONN", b"TRAC",
            b"PRI ",
        ];
        // One empty line may stand before it (RFC 9112, section 2.2).
        let first = first.strip_prefix(b"\r\n").unwrap_or(first);
        first.first_chunk().is_some_and(|first| BEGINNINGS.contains(&first))
    }

    /// Makes room in `out` for whatever stands before a server's message.
    pub(crate) fn begin(self, out: &mut Vec<u8>) {
        match self {
            Self::LengthPrefix => out.extend_from_slice(&[0; Self::PREFIX]),
            Self::Raw => {}
            Self::Header => header::begin(out),
            Self::WebSocket => websocket::begin(out),
        }
    }

    /// Completes the server's message that was begun at `start`.
    pub(crate) fn end(self, out: &mut Vec<u8>, start: usize) {
        match self {
            Self::LengthPrefix => {
                let body = start + Self::PREFIX;
                // A message that large is refused by its limit, which a `u32` holds.
                let length = u32::try_from(out.len() - body).unwrap_or(u32::MAX);
                out[start..body].copy_from_slice(&length.to_le_bytes());
            }
            Self::Raw => out.push(b'\n'),
            Self::Header => header::end(out, start),
            Self::WebSocket => websocket::end(out, start),
        }
    }

    /// Makes room in `out` for whatever stands before a client's message.
    pub(crate) fn begin_call(self, out: &mut Vec<u8>) {
        match self {
            Self::WebSocket => websocket::begin_masked(out),
            _ => self.begin(out),
        }
    }

    /// Completes the client's message that was begun at `start`.
    pub(crate) fn end_call(self, out: &mut Vec<u8>, start: usize) {
        match self {
            Self::WebSocket => websocket::end_masked(out, start),
            _ => self.end(out, start),
        }
    }

    /// Bytes of a length prefix.
    pub(super) const PREFIX: usize = 4;
}

/// The first bytes begin no framing spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnknownFraming;

#[cfg(test)]
mod tests {
    use super::{Framing, UnknownFraming};

    #[test]
    fn four_bytes_tell_the_framing() {
        let sniffed = [
            (&b"{\0\0\0"[..], Some(Ok(Framing::LengthPrefix))),
            (b"{\"me", Some(Ok(Framing::Raw))),
            (b"[1,2", Some(Ok(Framing::Raw))),
            (b"Content-Length", Some(Ok(Framing::Header))),
            (b"cONT", Some(Ok(Framing::Header))),
            (b"Con", None),
            (b"\r\n {", Some(Ok(Framing::Raw))),
            (b"\xff\xff\xff\x7f", Some(Err(UnknownFraming))),
            (b"GET ", Some(Err(UnknownFraming))),
            (b"\r\n{}", Some(Ok(Framing::Raw))),
            (b"\r\nPOS", None),
            (b"\r\nPOST", Some(Err(UnknownFraming))),
            (b"{}\n", None),
            (b"", None),
        ];
        for (first, framing) in sniffed {
            assert_eq!(Framing::sniff(first, false), framing, "{first:?}");
        }
        assert_eq!(Framing::sniff(b"{}", true), Some(Ok(Framing::Raw)));
        assert_eq!(Framing::sniff(b"", true), None);
    }
}
