//! The ping dialect: `in` and `params`, answered with `out` and `result`.
//!
//! `params` that are a scalar are the one positional argument, an array is the positional arguments
//! and an object the keyword arguments.

use crate::protocol::{ArgumentError, Arguments, ArrayWriter, Fault, ObjectWriter};

use super::{append, write_fault_object};

/// What stands before a result.
pub(super) const RESULT: &[u8] = b"{\"result\":";

/// Appends a call but for its end: one positional scalar as it is, several as an array, and everything by name as
/// soon as one argument is.
pub(super) fn begin_call(
    out: &mut Vec<u8>,
    method: &str,
    arguments: &impl Arguments,
) -> Result<(), ArgumentError> {
    out.extend_from_slice(b"{\"in\":");
    append(out, method);
    out.extend_from_slice(b",\"params\":");
    let start = out.len();

    out.push(b'[');
    let mut array = ArrayWriter::new(out);
    arguments.write_positional(&mut array)?;
    let positional = array.count();
    out.push(b']');
    let middle = out.len();
    out.push(b'{');
    let mut object = ObjectWriter::new(out);
    arguments.write_keyword(&mut object)?;
    let keyword = object.count();
    out.push(b'}');

    if keyword == 0 {
        out.truncate(middle);
        if positional == 1 && !matches!(out.get(start + 1), Some(b'[' | b'{')) {
            out.pop();
            out.remove(start);
        }
    } else if positional == 0 {
        out.drain(start..middle);
    } else {
        out.truncate(start);
        out.push(b'{');
        arguments.write_named(&mut ObjectWriter::new(out))?;
        out.push(b'}');
    }
    Ok(())
}

/// Appends the end of a call.
pub(super) fn end_call(out: &mut Vec<u8>) {
    out.push(b'}');
}

/// Appends what stands behind a result.
pub(super) fn end_result(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"out\":");
    append(out, name);
    out.push(b'}');
}

/// Appends a fault.
pub(super) fn write_fault(out: &mut Vec<u8>, fault: &Fault) {
    out.extend_from_slice(b"{\"out\":\"error\",\"result\":");
    write_fault_object(out, fault);
    out.push(b'}');
}
