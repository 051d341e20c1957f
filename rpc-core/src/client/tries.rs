//! How often a call is made that its connection was lost with.

use crate::error::{Error, IoErrorKind};

/// How often a call whose connection was lost is made again.
#[derive(Debug)]
pub(super) struct Tries {
    left: u32,
    /// Of a try after which the call may have run.
    doubtful: Option<Box<Error>>,
}

impl Default for Tries {
    fn default() -> Self {
        Self { left: 3, doubtful: None }
    }
}

impl Tries {
    /// Has the call made no more.
    #[cfg(feature = "tokio")]
    pub(super) fn end(&mut self) {
        self.left = 0;
    }

    /// Has a call that ended in `error` made again, or says what it ends in: never that it has not
    /// run when an earlier try may have.
    pub(super) fn again(&mut self, error: Error, is_idempotent: bool) -> Result<(), Error> {
        let is_lost = matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::Lost);
        let may_have_run = error.may_have_run();
        if !is_lost || self.left == 0 || (may_have_run && !is_idempotent) {
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
        Ok(())
    }
}
