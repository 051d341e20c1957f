//! Where one thread counts.

use std::sync::atomic::{AtomicU64, Ordering};

use super::layout::{begun, ended};

/// The numbers that one thread counts in; or, where there are more threads than slots, several.
///
/// It is found for every call, and its first number changed twice, so these paths are short.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) numbers: &'static [AtomicU64],
    /// How many others may write there: none, or some. A whole number, since it is copied for every call.
    pub(super) others: usize,
}

impl Slot {
    /// Adds to a number, and returns what it was before.
    #[inline]
    pub(super) fn add(self, place: usize, count: u64) -> u64 {
        let Some(number) = self.numbers.get(place) else { return 0 };
        if self.others == 0 {
            // Nobody else writes, so the processor need not be told to keep others away.
            let before = number.load(Ordering::Relaxed);
            number.store(before.wrapping_add(count), Ordering::Relaxed);
            before
        } else {
            number.fetch_add(count, Ordering::Relaxed)
        }
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
