//! JSON-RPC 2.0 (<https://www.jsonrpc.org/specification>): `jsonrpc`, `method`, `params` and `id`,
//! answered with `result` or `error`.
//!
//! The specification's own errors carry its own messages (section 5.1), which say little; the sentence
//! that says what was wrong is their `data`, unless the fault has data of its own. Our reader puts it
//! back in its place.

use crate::protocol::{ArgumentError, Arguments, Fault, code};

use super::params::{Written, write_params};
use super::parts::{append, write_fault_object};

/// The version that every message names.
pub(super) const VERSION: &str = "2.0";

/// What stands before a result.
pub(super) const RESULT: &[u8] = b"{\"jsonrpc\":\"2.0\",\"result\":";

/// Appends a call but for its end. `params` are left out where there are none: the specification lets
/// them be (section 4), and some servers take `[]` for an argument.
pub(super) fn begin_call(
    out: &mut Vec<u8>,
    method: &str,
    arguments: &impl Arguments,
) -> Result<(), ArgumentError> {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"method\":");
    append(out, method);
    let end = out.len();
    out.extend_from_slice(b",\"params\":");
    if write_params(out, arguments)? == Written::None {
        out.truncate(end);
    }
    Ok(())
}

/// Appends the end of a call; without an id it is a notification (section 4.1).
pub(super) fn end_call(out: &mut Vec<u8>, id: Option<u64>) {
    if let Some(id) = id {
        out.extend_from_slice(b",\"id\":");
        append(out, &id);
    }
    out.push(b'}');
}

/// Appends what stands behind a result or an error: the id as the text it came as, `null` where it
/// could not be read (section 5).
pub(super) fn end(out: &mut Vec<u8>, id: Option<&str>) {
    out.extend_from_slice(b",\"id\":");
    out.extend_from_slice(id.unwrap_or("null").as_bytes());
    out.push(b'}');
}

/// Appends a fault.
pub(super) fn write_fault(out: &mut Vec<u8>, id: Option<&str>, fault: &Fault) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"error\":");
    write_error(out, fault);
    end(out, id);
}

/// Appends the object of a fault.
pub(super) fn write_error(out: &mut Vec<u8>, fault: &Fault) {
    match standard_message(fault.code()) {
        Some(message) if fault.data().is_none() => {
            let standard = Fault::new(fault.code(), message);
            let is_all = fault.message() == message;
            let full = if is_all { standard } else { standard.with_data(fault.message()) };
            write_fault_object(out, &full);
        }
        _ => write_fault_object(out, fault),
    }
}

/// Turns an error as it was sent into the fault it was before.
pub(super) fn restore(fault: Fault) -> Fault {
    let is_standard = standard_message(fault.code()) == Some(fault.message());
    let sentence = fault.data().filter(|_| is_standard).and_then(text);
    match sentence {
        Some(sentence) => Fault::new(fault.code(), sentence),
        None => fault,
    }
}

fn text(json: &str) -> Option<String> {
    serde_json::from_str(json).ok()
}

/// The message of a predefined error (section 5.1).
fn standard_message(code: i64) -> Option<&'static str> {
    Some(match code {
        code::PARSE_ERROR => "Parse error",
        code::INVALID_REQUEST => "Invalid Request",
        code::METHOD_NOT_FOUND => "Method not found",
        code::INVALID_PARAMS => "Invalid params",
        code::INTERNAL_ERROR => "Internal error",
        _ => return None,
    })
}

/// Whether a text that is not JSON, or not all of it, was to be of this dialect.
pub(super) fn is_meant_by(broken: &[u8]) -> bool {
    const MEMBER: &[u8] = b"\"jsonrpc\"";
    broken.trim_ascii_start().first() == Some(&b'[')
        || broken.windows(MEMBER.len()).any(|bytes| bytes == MEMBER)
}
