//! Reads a call in whatever dialect it is in.

use std::time::Duration;

use crate::protocol::json::{Kind, Reader};
use crate::protocol::{Call, Fault, Limits, ProtocolError};

use super::members::Members;
use super::usual::read_usual;
use super::{Dialect, Elements};

/// What a message says.
#[derive(Debug)]
pub(crate) enum Incoming<'a> {
    /// The call that the request now holds.
    Call,
    /// Nobody waits any more for the result of the call with this id.
    Cancel(&'a str),
    /// Several calls, to be answered in one reply.
    Batch(Elements<'a>),
}

/// A call as it came, and what its reply needs to know.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) id: Option<&'a str>,
    pub(crate) call: Call<'a>,
    /// Whether the caller waits for a reply.
    pub(crate) wants_reply: bool,
    /// How long the caller waits.
    pub(crate) timeout: Option<Duration>,
}

impl Default for Request<'_> {
    /// Room for a request.
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            id: None,
            call: Call::default(),
            wants_reply: true,
            timeout: None,
        }
    }
}

/// A message that is no call.
#[derive(Debug)]
pub(crate) enum Unreadable<'a> {
    /// It is not JSON, or over a limit: the connection closes after the answer.
    Broken(ProtocolError),
    /// It is JSON that calls nothing: the connection lives on. The dialect is that of its members,
    /// where these tell one.
    NotACall { dialect: Option<Dialect>, id: Option<&'a str>, fault: Fault },
}

impl From<ProtocolError> for Unreadable<'_> {
    fn from(error: ProtocolError) -> Self {
        Self::Broken(error)
    }
}

/// Reads one message into a request as it was made, where it then stays: moving it costs as much as
/// reading some of it.
pub(crate) fn read_call<'a>(
    message: &'a [u8],
    limits: &Limits,
    request: &mut Request<'a>,
) -> Result<Incoming<'a>, Unreadable<'a>> {
    let text = Reader::text(message)?;
    if read_usual(text, limits.max_depth, request) {
        return Ok(Incoming::Call);
    }
    *request = Request::default();
    read_any(text, limits, request)
}

/// Reads a message in any dialect and form, looking at each of its bytes once.
pub(super) fn read_any<'a>(
    text: &'a str,
    limits: &Limits,
    request: &mut Request<'a>,
) -> Result<Incoming<'a>, Unreadable<'a>> {
    let mut reader = Reader::new(text, limits.max_depth);
    if reader.kind()? == Kind::Array {
        let elements = Elements::read(&mut reader, limits.max_batch_calls)?;
        reader.end()?;
        return Ok(Incoming::Batch(elements));
    }
    read_one(reader, request)
}

/// Reads one call of a batch.
pub(crate) fn read_element<'a>(
    text: &'a str,
    limits: &Limits,
    request: &mut Request<'a>,
) -> Result<Incoming<'a>, Unreadable<'a>> {
    // The array around it is one level.
    let depth = limits.max_depth.min(Limits::MAX_DEPTH).saturating_sub(1);
    if read_usual(text, depth, request) {
        return Ok(Incoming::Call);
    }
    *request = Request::default();
    read_one(Reader::new(text, depth), request)
}

fn read_one<'a>(
    mut reader: Reader<'a>,
    request: &mut Request<'a>,
) -> Result<Incoming<'a>, Unreadable<'a>> {
    let mut members = Members::of(request);
    if reader.kind()? == Kind::Object {
        reader.object(|reader, key| members.read(reader, &key.resolve()))?;
    } else {
        reader.value()?;
        members.mistake("a call is a JSON object".to_owned());
    }
    reader.end()?;
    members.finish()
}
