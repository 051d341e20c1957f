//! What is counted of one call, from its beginning to its end.

use std::sync::Arc;
use std::time::Instant;

use super::layout::{begun, ended};
use super::slot::Slot;
use super::statistics::Statistics;

/// Of each function every call is timed at first, and then one of so many: the clock costs more than all
/// counting.
const TIMED_AT_FIRST: u64 = 256;
const ONE_OF: u64 = 64;

/// No function has been found yet.
const NONE: u32 = u32::MAX;

/// A call that is counted where it runs.
#[derive(Debug)]
pub(crate) struct Tally {
    slot: Slot,
    /// The function's row.
    row: u32,
    /// When it began, if it is timed.
    at: Option<Instant>,
}

impl Tally {
    /// Begins before it is known which function runs.
    #[inline]
    pub(crate) fn new(statistics: &Arc<Statistics>) -> Self {
        Self { slot: statistics.slot(), row: NONE, at: None }
    }

    /// Counts that the call of a function begins, once, whatever layers do.
    #[inline]
    pub(in super::super) fn begin(&mut self, row: u32) {
        if self.row != NONE {
            return;
        }
        self.row = row;
        let before = self.slot.add(begun(row as usize), 1);
        if before < TIMED_AT_FIRST || before.is_multiple_of(ONE_OF) {
            self.take_time();
        }
    }

    #[cold]
    fn take_time(&mut self) {
        self.at = Some(Instant::now());
    }

    /// The row, which is the name's where the call has come to no function.
    #[inline]
    fn row(&mut self, statistics: &Statistics, method: &str) -> usize {
        if self.row == NONE {
            self.begin_by_name(statistics, method);
        }
        self.row as usize
    }

    #[cold]
    fn begin_by_name(&mut self, statistics: &Statistics, method: &str) {
        let row = statistics.row_of(method);
        self.begin(u32::try_from(row).unwrap_or_default());
    }

    /// Counts how the call has ended: well, or with a code.
    #[inline]
    pub(crate) fn end(&mut self, statistics: &Statistics, method: &str, code: Option<i64>) {
        let row = self.row(statistics, method);
        self.slot.add(ended(row), 1);
        if code.is_some() || self.at.is_some() {
            note(statistics, self.slot, row, self.at, code);
        }
    }

    /// The same call, where it outlives its message.
    pub(crate) fn put_aside(&mut self, statistics: &Arc<Statistics>, method: &str) -> TallyAside {
        let row = self.row(statistics, method);
        TallyAside { statistics: Arc::clone(statistics), row, at: self.at }
    }
}

/// A call that is counted wherever it ends.
#[derive(Debug)]
pub(crate) struct TallyAside {
    statistics: Arc<Statistics>,
    row: usize,
    at: Option<Instant>,
}

impl TallyAside {
    /// Counts how the call has ended.
    pub(crate) fn end(self, code: Option<i64>) {
        let slot = self.statistics.slot();
        slot.add(ended(self.row), 1);
        note(&self.statistics, slot, self.row, self.at, code);
    }
}

#[cold]
fn note(statistics: &Statistics, slot: Slot, row: usize, at: Option<Instant>, code: Option<i64>) {
    if let Some(code) = code {
        statistics.failed(slot, row, code);
    }
    if let Some(at) = at {
        let nanoseconds = u64::try_from(at.elapsed().as_nanos()).unwrap_or(u64::MAX);
        statistics.timed(slot, row, nanoseconds);
    }
}
