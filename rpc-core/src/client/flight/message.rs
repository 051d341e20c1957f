//! The message of one call, put at the end of what is sent.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crate::dialect::Dialect;
use crate::error::Misuse;
use crate::protocol::ArgumentError;

/// What a call's message says besides its arguments.
pub(super) struct Message<'m> {
    pub(super) dialect: Dialect,
    pub(super) method: &'m str,
}

impl Message<'_> {
    /// Appends it, of at most `limit` bytes; `write` writes all but its end, and `end` that. Where it cannot be written,
    /// because a user's type panics for one, `out` is cut to `start`: half a call must not go out with
    /// the next one.
    pub(super) fn append(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        limit: usize,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
        end: impl FnOnce(Dialect, &mut Vec<u8>),
    ) -> thread::Result<Result<(), Misuse>> {
        let body = out.len();
        let write = AssertUnwindSafe(|| {
            write(self.dialect, out).map_err(Misuse::Argument)?;
            end(self.dialect, out);
            let size = out.len() - body;
            if size > limit {
                return Err(Misuse::CallTooLarge { method: self.method.to_owned(), size, limit });
            }
            Ok(())
        });
        let written = catch_unwind(write);
        if !matches!(written, Ok(Ok(()))) {
            out.truncate(start);
        }
        written
    }
}
