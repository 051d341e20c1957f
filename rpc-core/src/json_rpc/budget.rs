//! How large a reply may be, alone or together with those of a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::protocol::{Fault, Limits, code};

/// What is set aside for each reply of a batch, so that one which is too large can be refused.
const SET_ASIDE: usize = 256;

/// How large a reply may be.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    limit: usize,
    /// Of the replies of a batch: what is left beyond what is set aside for each.
    left: Option<Arc<AtomicUsize>>,
}

impl Budget {
    /// That of one reply.
    pub(super) fn of_message(limits: &Limits) -> Self {
        Self { limit: limits.max_message_bytes, left: None }
    }

    /// That of a batch with so many calls. Its replies take from it as they come.
    pub(super) fn of_batch(limits: &Limits, calls: usize) -> Self {
        let left = limits.max_message_bytes.saturating_sub(calls.saturating_mul(SET_ASIDE));
        Self { limit: limits.max_message_bytes, left: Some(Arc::new(AtomicUsize::new(left))) }
    }

    /// Takes what a result needs, if it is there.
    pub(super) fn takes_result(&self, size: usize) -> bool {
        match &self.left {
            None => size <= self.limit,
            Some(left) => {
                let more = size.saturating_sub(SET_ASIDE);
                let take = |left: usize| left.checked_sub(more);
                more == 0 || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
            }
        }
    }

    /// Takes what a fault needs, if it is there. Alone, it is never refused.
    pub(super) fn takes_fault(&self, size: usize) -> bool {
        self.left.is_none() || self.takes_result(size)
    }

    /// The fault in place of a reply that is too large.
    #[cold]
    pub(super) fn refusal(&self, method: &str, size: usize) -> Fault {
        let limit = self.limit;
        let message = match self.left {
            None => format!(
                "`{method}` was run, and its reply takes {size} bytes, over the limit of {limit}"
            ),
            Some(_) => format!(
                "`{method}` was run, and its reply of {size} bytes finds no room: those of a batch \
                 take {limit} together"
            ),
        };
        Fault::new(code::TOO_LARGE, message)
    }
}
