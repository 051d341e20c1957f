//! The body of a response, however it comes.

use httparse::{Status, parse_chunk_size};

use crate::protocol::{Inbound, ProtocolError};

use super::malformed::{HEAD, bad, within};

/// How a body comes, and how much of it is to come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes.
    Length(usize),
    /// In chunks, each with its length.
    Chunked(Next),
    /// Whatever comes until the other side ends the connection.
    UntilEnd,
}

/// What comes next in a chunked body (RFC 9112, section 7.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The length of a chunk.
    Size,
    /// So many bytes of a chunk.
    Data(usize),
    /// The end of a chunk.
    DataEnd,
    /// Lines that are not looked at, of which so many bytes have come, and an empty one.
    Trailer(usize),
}

/// Bytes that are reserved because they were announced, at most; beyond, the body grows with what comes.
const AT_ONCE: usize = 1024 * 1024;

impl Body {
    pub(super) fn chunked() -> Self {
        Self::Chunked(Next::Size)
    }

    /// Whether the connection ends with it.
    pub(super) fn is_last(&self) -> bool {
        *self == Self::UntilEnd
    }

    /// Moves what has come of it to `out`, which may have `limit` bytes, and says whether that is the
    /// whole; `ended` when no more will come.
    pub(super) fn read(
        &mut self,
        inbound: &mut Inbound,
        out: &mut Vec<u8>,
        limit: usize,
        ended: bool,
    ) -> Result<bool, ProtocolError> {
        match self {
            Self::Length(left) => {
                out.reserve((*left).min(AT_ONCE));
                *left -= take(inbound, out, *left);
                Ok(*left == 0)
            }
            Self::UntilEnd => {
                within(limit, out.len() + inbound.waiting().len())?;
                take(inbound, out, usize::MAX);
                Ok(ended)
            }
            Self::Chunked(next) => next.read(inbound, out, limit),
        }
    }
}

impl Next {
    fn read(
        &mut self,
        inbound: &mut Inbound,
        out: &mut Vec<u8>,
        limit: usize,
    ) -> Result<bool, ProtocolError> {
        loop {
            match self {
                Self::Size => match parse_chunk_size(inbound.waiting()) {
                    Ok(Status::Complete((line, size))) => {
                        inbound.consume(line);
                        let size = usize::try_from(size).unwrap_or(usize::MAX);
                        within(limit, out.len().saturating_add(size))?;
                        *self = if size == 0 { Self::Trailer(0) } else { Self::Data(size) };
                    }
                    Ok(Status::Partial) => {
                        within(HEAD, inbound.waiting().len())?;
                        return Ok(false);
                    }
                    Err(_) => return Err(bad("a chunk of its body has no length")),
                },
                Self::Data(left) => {
                    *left -= take(inbound, out, *left);
                    if *left > 0 {
                        return Ok(false);
                    }
                    *self = Self::DataEnd;
                }
                Self::DataEnd => match inbound.waiting() {
                    [b'\r', b'\n', ..] => {
                        inbound.consume(2);
                        *self = Self::Size;
                    }
                    [] | [b'\r'] => return Ok(false),
                    _ => return Err(bad("a chunk of its body is longer than it says")),
                },
                Self::Trailer(seen) => {
                    let waiting = inbound.waiting();
                    let Some(end) = waiting.iter().position(|byte| *byte == b'\n') else {
                        within(HEAD, *seen + waiting.len())?;
                        return Ok(false);
                    };
                    let is_last = matches!(&waiting[..end], [] | [b'\r']);
                    *seen += end + 1;
                    within(HEAD, *seen)?;
                    inbound.consume(end + 1);
                    if is_last {
                        return Ok(true);
                    }
                }
            }
        }
    }
}

/// Moves at most `most` bytes, and says how many there were.
fn take(inbound: &mut Inbound, out: &mut Vec<u8>, most: usize) -> usize {
    let waiting = inbound.waiting();
    let count = waiting.len().min(most);
    out.extend_from_slice(&waiting[..count]);
    inbound.consume(count);
    count
}
