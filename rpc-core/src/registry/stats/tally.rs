//! What is counted of one call, from its beginning to its end.

use std::sync::Arc;
use std::time::Instant;

use super::kept::Kept;
use super::layout::{begun, ended};
use super::slot::{Counts, begin, end};
use super::statistics::Statistics;

/// Of each function every call is timed at first, and then one of so many: the clock costs more than all
/// counting.
const TIMED_AT_FIRST: u64 = 256;
const ONE_OF: u64 = 64;

/// A call that is counted where it runs.
///
/// Whatever is not rare stands in the functions that are inlined, and nothing else does.
#[derive(Debug)]
pub(crate) enum Tally {
    /// No function has been found yet.
    Unfound,
    /// If it ends well, nothing is to be noted but that, in counts that this thread alone writes to.
    Plain { counts: &'static Counts, row: u32 },
    /// It is timed, or others count beside this thread.
    Special { row: u32, at: Option<Instant> },
}

impl Tally {
    /// Counts that the call of a function begins; once, whatever layers do.
    #[inline]
    pub(in super::super) fn begin(&mut self, row: u32, statistics: &Kept) {
        if !matches!(self, Self::Unfound) {
            return;
        }
        let Some(counts) = statistics.counts(row) else {
            *self = Self::beside_others(row, statistics);
            return;
        };
        if is_timed(begin(counts)) {
            *self = Self::timed(row);
        } else {
            *self = Self::Plain { counts, row };
        }
    }

    #[cold]
    fn beside_others(row: u32, statistics: &Kept) -> Self {
        // A registry that does not count has rows of its own.
        let Some(statistics) = statistics.get() else { return Self::Unfound };
        let before = statistics.slot().add(begun(row as usize), 1);
        Self::Special { row, at: is_timed(before).then(Instant::now) }
    }

    #[cold]
    fn timed(row: u32) -> Self {
        Self::Special { row, at: Some(Instant::now()) }
    }

    /// Counts how the call has ended: well, or with a code.
    #[inline]
    pub(crate) fn end<'s>(
        &self,
        statistics: impl FnOnce() -> Option<&'s Arc<Statistics>>,
        method: &str,
        code: Option<i64>,
    ) {
        match (self, code) {
            (Self::Plain { counts, .. }, None) => end(counts),
            _ => self.end_with(statistics(), method, code),
        }
    }

    #[cold]
    fn end_with(&self, statistics: Option<&Arc<Statistics>>, method: &str, code: Option<i64>) {
        if let Some(statistics) = statistics {
            let (row, at) = self.noted(statistics, method);
            note(statistics, row, at, code);
        }
    }

    /// The same call, where it outlives its message.
    pub(crate) fn put_aside(&self, statistics: &Arc<Statistics>, method: &str) -> TallyAside {
        let (row, at) = self.noted(statistics, method);
        TallyAside { statistics: Arc::clone(statistics), row, at }
    }

    /// The row, which is the name's where the call has come to no function, and when it began.
    fn noted(&self, statistics: &Arc<Statistics>, method: &str) -> (usize, Option<Instant>) {
        match *self {
            Self::Plain { row, .. } => (row as usize, None),
            Self::Special { row, at } => (row as usize, at),
            Self::Unfound => {
                let row = statistics.row_of(method);
                statistics.slot().add(begun(row), 1);
                (row, None)
            }
        }
    }
}

/// Whether a call is timed that is begun after so many of the same function.
#[inline]
fn is_timed(before: u64) -> bool {
    before < TIMED_AT_FIRST || before.is_multiple_of(ONE_OF)
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
        note(&self.statistics, self.row, self.at, code);
    }
}

/// Counts how a call has ended, and how long it took.
fn note(statistics: &Arc<Statistics>, row: usize, at: Option<Instant>, code: Option<i64>) {
    let slot = statistics.slot();
    slot.add(ended(row), 1);
    if let Some(code) = code {
        statistics.failed(slot, row, code);
    }
    if let Some(at) = at {
        let nanoseconds = u64::try_from(at.elapsed().as_nanos()).unwrap_or(u64::MAX);
        statistics.timed(slot, row, nanoseconds);
    }
}
