//! What no response may be: broken, or too large.

use crate::protocol::ProtocolError;

/// Bytes of a response's head at most, and of the trailer of a chunked body.
pub(super) const HEAD: usize = 64 * 1024;

/// What breaks HTTP.
pub(super) fn bad(problem: impl Into<String>) -> ProtocolError {
    ProtocolError::NotHttp(problem.into())
}

/// Refuses what is over its limit.
pub(super) fn within(limit: usize, size: usize) -> Result<(), ProtocolError> {
    if size > limit { Err(ProtocolError::TooLarge { size, limit }) } else { Ok(()) }
}
