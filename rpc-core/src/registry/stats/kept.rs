//! The statistics of a registry, once it has been told to count.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::slot::Counts;
use super::statistics::{Statistics, counts_of};

/// The statistics of a registry, once it has been told to count.
#[derive(Debug, Default)]
pub(in super::super) struct Kept {
    /// The number of the statistics, which every call looks at; 0 where there are none.
    id: AtomicU64,
    statistics: OnceLock<Arc<Statistics>>,
}

impl Kept {
    pub(in super::super) fn get(&self) -> Option<&Arc<Statistics>> {
        self.statistics.get()
    }

    /// Keeps statistics, unless there are some.
    pub(in super::super) fn keep(&self, statistics: Arc<Statistics>) -> &Arc<Statistics> {
        let kept = self.statistics.get_or_init(|| statistics);
        self.id.store(kept.id(), Ordering::Relaxed);
        kept
    }

    /// What this thread counts in of a function, if it alone does so.
    #[inline]
    pub(super) fn counts(&self, row: u32) -> Option<&'static Counts> {
        counts_of(self.id.load(Ordering::Relaxed), row)
    }
}
