//! The parts of messages that several dialects write alike.

use crate::protocol::Fault;
use crate::protocol::json::write;

/// Appends a fault's object: `{"code":…,"message":…,"data":…}`.
pub(crate) fn write_fault_object(out: &mut Vec<u8>, fault: &Fault) {
    out.extend_from_slice(b"{\"code\":");
    append(out, &fault.code());
    out.extend_from_slice(b",\"message\":");
    append(out, fault.message());
    if let Some(data) = fault.data() {
        out.extend_from_slice(b",\"data\":");
        out.extend_from_slice(data.as_bytes());
    }
    out.push(b'}');
}

/// Appends a text or a number, which always have a JSON form.
pub(crate) fn append<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    if write(out, value).is_err() {
        out.extend_from_slice(b"null");
    }
}
