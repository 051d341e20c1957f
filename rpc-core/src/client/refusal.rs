//! The latest attempt to connect, where it was in vain.

use std::time::Instant;

use crate::error::Error;

/// Speaks for all who waited for the attempt, so that they need not fail one after another.
#[derive(Debug, Default)]
pub(super) struct Refusal(Option<(Instant, Error)>);

impl Refusal {
    /// Takes note of what an attempt that ends now has come to.
    pub(super) fn note<C>(&mut self, attempt: &Result<C, Error>) {
        self.0 = attempt.as_ref().err().map(|error| (Instant::now(), error.clone()));
    }

    /// The error of an attempt that ended since then.
    pub(super) fn since(&self, then: Instant) -> Option<Error> {
        let (ended, error) = self.0.as_ref()?;
        (*ended >= then).then(|| error.clone())
    }
}
