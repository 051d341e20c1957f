//! How often a call is made that its connection was lost with.

use std::time::Duration;

use crate::error::{Error, IoErrorKind};

use super::backoff::Backoff;
use super::deadline::Deadline;

/// How often a call whose connection was lost is made again.
#[derive(Debug)]
pub(super) struct Tries {
    left: u32,
    redirects: u32,
    has_renewed: bool,
    /// Of a try after which the call may have run.
    doubtful: Option<Box<Error>>,
}

impl Default for Tries {
    fn default() -> Self {
        Self { left: TRIES, redirects: 0, has_renewed: false, doubtful: None }
    }
}

impl Tries {
    /// Has the call made no more.
    #[cfg(feature = "tokio")]
    pub(super) fn end(&mut self) {
        self.left = 0;
    }

    /// Whether a call may be made once more since another credential may help, which is so once.
    pub(super) fn may_renew(&mut self) -> bool {
        !std::mem::replace(&mut self.has_renewed, true)
    }

    /// Whether a call may be redirected once more, of so often.
    pub(super) fn may_move(&mut self, most: u32) -> bool {
        self.redirects += 1;
        self.redirects <= most
    }

    /// Has a call that ended in `error` made again, and says what is to be waited for first: nothing once,
    /// since a connection ends between two calls now and then; or says what the call ends in: never that
    /// it has not run when an earlier try may have.
    pub(super) fn again(
        &mut self,
        error: Error,
        is_idempotent: bool,
        deadline: Option<Deadline>,
    ) -> Result<Option<Duration>, Error> {
        let is_lost = matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::Lost);
        let may_have_run = error.may_have_run();
        let wait = self.wait();
        let is_late = || wait.is_some_and(|wait| deadline.is_some_and(|end| end.left() <= wait));
        if !is_lost || self.left == 0 || (may_have_run && !is_idempotent) || is_late() {
            return Err(self
                .doubtful
                .take()
                .filter(|_| !may_have_run)
                .map_or(error, |first| *first));
        }
        self.left -= 1;
        if may_have_run {
            self.doubtful = Some(Box::new(error));
        }
        Ok(wait)
    }

    /// What is waited for before the next try.
    fn wait(&self) -> Option<Duration> {
        let mut backoff = Backoff::default();
        (self.left..TRIES).map(|_| backoff.wait()).last()
    }
}

/// How often a call is made again at most.
const TRIES: u32 = 3;
