//! Which credential a connection's calls are made with.

use crate::error::Error;

/// The latest credential that was said.
#[derive(Debug, Default)]
pub(super) struct Said {
    generation: u64,
    /// The first call that was made with it, or after it could not be said.
    since: u64,
    /// Why it could not be.
    failure: Option<Error>,
}

impl Said {
    /// Takes note of the credential that calls from `since` on are made with, if they are with one.
    #[inline]
    pub(super) fn at(&mut self, generation: Option<u64>, since: u64) {
        if let Some(generation) = generation
            && generation != self.generation
        {
            *self = Self { generation, since, failure: None };
        }
    }

    /// Takes note that no other could be said for the calls before `next`.
    pub(super) fn failed(&mut self, failure: &Error, next: u64) {
        self.since = next;
        self.failure = Some(failure.clone());
    }

    /// The generation of the credential that a call was made with, where no other has been said meanwhile;
    /// else whether that could be said.
    pub(super) fn of(&self, call: u64) -> Result<u64, Result<(), Error>> {
        match &self.failure {
            _ if call >= self.since => Ok(self.generation),
            Some(failure) => Err(Err(failure.clone())),
            None => Err(Ok(())),
        }
    }
}
