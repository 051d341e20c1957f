//! Writes results and errors as messages of the protocol.

use serde_json::json;

use crate::dialect::write_fault_object;
use crate::protocol::{Fault, code};

use super::era::Era;

/// What stands at the end of every result.
#[derive(Debug, Clone)]
pub(crate) struct Tail {
    modern: String,
}

impl Tail {
    /// That of a server of this name and version, which are the text of an object.
    pub(crate) fn of(server_info: &serde_json::Value) -> Self {
        let meta = json!({ "io.modelcontextprotocol/serverInfo": server_info });
        Self { modern: format!(",\"resultType\":\"complete\",\"_meta\":{meta}") }
    }

    /// The members that every result has in an era.
    pub(crate) fn in_era(&self, era: Era) -> &str {
        match era {
            Era::Modern => &self.modern,
            Era::Legacy => "",
        }
    }
}

/// Appends the answer to a request: a result with these members, and those of `tail` behind them.
pub(crate) fn write_result(out: &mut Vec<u8>, id: &str, members: &str, tail: &str) {
    let start = out.len();
    begin(out, Some(id));
    out.extend_from_slice(b",\"result\":{");
    out.extend_from_slice(members.as_bytes());
    let tail = if members.is_empty() { tail.trim_start_matches(',') } else { tail };
    out.extend_from_slice(tail.as_bytes());
    out.extend_from_slice(b"}}");
    keep_to_one_line(&mut out[start..]);
}

/// Appends an error. One that belongs to no request has no id, as the protocol's schema has it.
pub(crate) fn write_error(out: &mut Vec<u8>, id: Option<&str>, fault: &Fault) {
    let start = out.len();
    begin(out, id);
    out.extend_from_slice(b",\"error\":");
    write_fault_object(out, fault);
    out.push(b'}');
    keep_to_one_line(&mut out[start..]);
}

/// A fault of ours as an error of the protocol, which has other meanings for some of our codes, or forbids them.
pub(crate) fn in_our_words(fault: &Fault) -> Fault {
    let number = match fault.code() {
        code::TOO_LARGE => code::INVALID_REQUEST,
        -32099..=-32000 => code::INTERNAL_ERROR,
        number => number,
    };
    let data = fault.data().and_then(|data| serde_json::from_str(data).ok());
    Fault::new(number, fault.message()).with_raw_data(data)
}

/// The same message as an event of a stream.
pub(crate) fn as_event(message: &[u8]) -> Vec<u8> {
    [b"event: message\ndata: ", message, b"\n\n"].concat()
}

fn begin(out: &mut Vec<u8>, id: Option<&str>) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\"");
    if let Some(id) = id {
        out.extend_from_slice(b",\"id\":");
        out.extend_from_slice(id.as_bytes());
    }
}

/// A line break in JSON is white space, since in strings it is written otherwise; and messages end with a line.
fn keep_to_one_line(message: &mut [u8]) {
    for byte in message {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}
