//! The ping dialect: `in` and `params`, answered with `out` and `result`.
//!
//! `params` that are a scalar are the one positional argument, an array is the positional arguments
//! and an object the keyword arguments.

use crate::protocol::{ArgumentError, Arguments, Fault};

use super::params::{Written, write_params};
use super::parts::{append, write_fault_object};

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
    let is_one = write_params(out, arguments)? == Written::Positional(1);
    if is_one && !matches!(out.get(start + 1), Some(b'[' | b'{')) {
        out.pop();
        out.remove(start);
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
