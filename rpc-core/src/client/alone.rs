//! What one thread does at a time, while others wait no longer than they may.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, IoError, IoErrorKind};

use super::deadline::Deadline;

/// Whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Alone {
    is_taken: Mutex<bool>,
    is_free: Condvar,
}

/// A thread's turn, until this is dropped.
pub(super) struct Taken<'t>(&'t Alone);

impl Alone {
    /// Waits for it.
    pub(super) fn take(&self, deadline: Option<Deadline>) -> Result<Taken<'_>, Error> {
        let mut is_taken = self.lock();
        while *is_taken {
            is_taken = match deadline {
                Some(deadline) if deadline.has_passed() => {
                    let limit = IoErrorKind::TimedOut(deadline.limit());
                    return Err(IoError::new(limit, "waiting for the client's credentials").into());
                }
                Some(deadline) => {
                    let waited = self.is_free.wait_timeout(is_taken, deadline.left());
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.is_free.wait(is_taken).unwrap_or_else(PoisonError::into_inner),
            };
        }
        *is_taken = true;
        Ok(Taken(self))
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.lock() = false;
        self.0.is_free.notify_one();
    }
}
