//! What the unfinished messages of all connections may take together, and how it is taken.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A budget of bytes for messages that have not come whole; without one, it is as large as can be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Option<Arc<Budget>>);

#[derive(Debug)]
struct Budget {
    limit: usize,
    used: AtomicUsize,
}

impl Memory {
    /// A budget of `limit` bytes, of which nothing is used.
    pub(crate) fn of(limit: usize) -> Self {
        Self(Some(Arc::new(Budget { limit, used: AtomicUsize::new(0) })))
    }

    /// How many bytes it has, if that is bounded.
    pub(crate) fn limit(&self) -> Option<usize> {
        self.0.as_ref().map(|budget| budget.limit)
    }
}

/// What one connection has of the budget, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Share {
    of: Memory,
    bytes: usize,
}

impl Share {
    /// Starts with nothing.
    pub(crate) fn of(memory: &Memory) -> Self {
        Self { of: memory.clone(), bytes: 0 }
    }

    /// Takes as much as makes it `bytes`; `false` where there is not so much, and nothing changes.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        if let Some(Budget { limit, used }) = self.of.0.as_deref() {
            let fits = |used: usize| used.checked_add(more).filter(|sum| sum <= limit);
            if used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_err() {
                return false;
            }
        }
        self.bytes += more;
        true
    }

    /// How many bytes the budget has, if that is bounded.
    pub(crate) fn limit(&self) -> Option<usize> {
        self.of.limit()
    }

    /// Gives everything back.
    pub(crate) fn release(&mut self) {
        if let Some(budget) = &self.of.0 {
            budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
        self.bytes = 0;
    }

    /// Whether so much of the budget is used that memory is not kept for later.
    pub(crate) fn is_tight(&self) -> bool {
        let budget = self.of.0.as_ref();
        budget.is_some_and(|budget| budget.used.load(Ordering::Relaxed) > budget.limit / 2)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.release();
    }
}

/// What a large message leaves of the machine's memory at least. Without it the next answer or line of the
/// log, which cannot be refused, would be the end of the process.
const REST: usize = 2 * 1024 * 1024;
/// A request for so many bytes is looked at for what it leaves.
const LARGE: usize = 64 * 1024;

/// Makes room for exactly `more` bytes; `false` where there is no memory for them, or too little behind them.
pub(crate) fn reserve(bytes: &mut Vec<u8>, more: usize) -> bool {
    let before = bytes.capacity();
    if bytes.try_reserve_exact(more).is_err() {
        return false;
    }
    if more >= LARGE {
        let mut rest = Vec::<u8>::new();
        let is_left = rest.try_reserve_exact(REST).is_ok();
        // Memory that nobody looks at might not be asked for.
        black_box(&rest);
        if !is_left {
            bytes.shrink_to(before);
            return false;
        }
    }
    true
}
