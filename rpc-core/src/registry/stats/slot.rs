//! Where one thread counts.

use std::sync::atomic::{AtomicU64, Ordering};

use super::layout::{COUNTS, begun, ended};

/// How many calls of a function have begun, and how many have ended.
pub(super) type Counts = [AtomicU64; COUNTS];

/// Counts a call that begins where nobody else counts, and returns how many had begun before.
#[inline]
pub(super) fn begin([begun, _]: &Counts) -> u64 {
    add_alone(begun, 1)
}

/// Counts a call that has ended where nobody else counts.
#[inline]
pub(super) fn end([_, ended]: &Counts) {
    add_alone(ended, 1);
}

/// Adds to a number that nobody else writes to, so the processor need not be told to keep others away.
#[inline]
fn add_alone(number: &AtomicU64, count: u64) -> u64 {
    let before = number.load(Ordering::Relaxed);
    number.store(before.wrapping_add(count), Ordering::Relaxed);
    before
}

/// The numbers that one thread counts in; or, where there are more threads than slots, several.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) numbers: &'static [AtomicU64],
    /// Whether others may write there.
    pub(super) is_shared: bool,
}

impl Slot {
    /// Adds to a number, and returns what it was before.
    pub(super) fn add(self, place: usize, count: u64) -> u64 {
        let Some(number) = self.numbers.get(place) else { return 0 };
        if self.is_shared {
            number.fetch_add(count, Ordering::Relaxed)
        } else {
            add_alone(number, count)
        }
    }

    /// What is counted of so many functions, if nobody else writes there.
    pub(super) fn rows(self, count: usize) -> &'static [Counts] {
        let numbers = self.numbers.get(begun(0)..begun(count)).filter(|_| !self.is_shared);
        numbers.unwrap_or_default().as_chunks().0
    }

    /// What a number is.
    pub(super) fn get(self, place: usize) -> u64 {
        self.numbers.get(place).map_or(0, |number| number.load(Ordering::Relaxed))
    }

    /// Puts 0 in a number's place, and returns what it was.
    pub(super) fn take(self, place: usize) -> u64 {
        self.numbers.get(place).map_or(0, |number| number.swap(0, Ordering::Relaxed))
    }

    /// Puts another number in its place where that is greater.
    pub(super) fn raise(self, place: usize, to: u64) {
        if let Some(number) = self.numbers.get(place) {
            number.fetch_max(to, Ordering::Relaxed);
        }
    }

    /// Puts a number in its place, if it is as expected.
    pub(super) fn exchange(self, place: usize, expected: u64, new: u64) -> bool {
        let exchanged = |number: &AtomicU64| {
            number.compare_exchange(expected, new, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        };
        self.numbers.get(place).is_some_and(exchanged)
    }
}

/// What a number is in several slots together.
pub(super) fn sum(slots: &[Slot], place: usize) -> u64 {
    slots.iter().map(|slot| slot.get(place)).fold(0, u64::wrapping_add)
}

/// How many calls of a function have ended, and how many run.
pub(super) fn counts(slots: &[Slot], row: usize) -> (u64, u64) {
    // In this order: one that begins or ends meanwhile is not taken for less than none.
    let done = sum(slots, ended(row));
    (done, sum(slots, begun(row)).saturating_sub(done))
}
