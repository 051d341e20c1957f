//! Reads a call in whatever dialect it is in.

use crate::protocol::Limits;
use crate::protocol::json::{Kind, Reader};

use super::incoming::{Elements, Incoming, Unreadable};
use super::members::Members;
use super::request::Request;
use super::usual::read_usual;
use super::{Dialect, json_rpc};

impl Dialect {
    /// The dialect that a text was to be in which is not JSON, or not all of it.
    pub(crate) fn meant_by(broken: &[u8]) -> Self {
        if json_rpc::is_meant_by(broken) { Self::JsonRpc } else { Self::default() }
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
