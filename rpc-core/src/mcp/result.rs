//! What becomes of a tool's call, as a model and as a program read it.

use crate::dialect::append;
use crate::protocol::Fault;

use super::message::text_of;
use super::tool::Wrapping;

/// Appends the members of a result: as text, and as an object.
pub(crate) fn write_success(out: &mut Vec<u8>, json: &str, wrapping: Wrapping) {
    let json = json.trim();
    begin_text(out);
    // A text is read as it is, without quotation marks.
    if json.starts_with('"') {
        out.extend_from_slice(json.as_bytes());
    } else {
        append(out, json);
    }
    out.extend_from_slice(b"}],\"structuredContent\":");
    let wraps = wrapping.wraps(json);
    if wraps {
        out.extend_from_slice(b"{\"result\":");
    }
    out.extend_from_slice(json.as_bytes());
    if wraps {
        out.push(b'}');
    }
    out.extend_from_slice(b",\"isError\":false");
}

/// Appends the members of a result that is an error: its sentence, and its data behind that. There is no object,
/// since clients would hold it against the schema of what is returned.
pub(crate) fn write_failure(out: &mut Vec<u8>, fault: &Fault) {
    begin_text(out);
    append(out, fault.message());
    // An error that is a text has itself as data too.
    let data = fault.data().filter(|data| text_of(data).as_deref() != Some(fault.message()));
    if let Some(data) = data {
        out.extend_from_slice(b"},{\"type\":\"text\",\"text\":");
        append(out, data);
    }
    out.extend_from_slice(b"}],\"isError\":true");
}

fn begin_text(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"content\":[{\"type\":\"text\",\"text\":");
}
