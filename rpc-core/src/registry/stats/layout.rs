//! Where in the memory of the statistics each number stands.

use std::ops::Range;

use super::histogram::BUCKETS;

/// Numbers before the slots.
pub(super) const GLOBAL: usize = 8;
/// Of them: counts how often a slot's numbers were moved, and is odd while they are.
pub(super) const MOVES: usize = 0;
/// How many slots have ever been taken, of the first ones.
pub(super) const TAKEN: usize = 1;

/// Numbers of a slot before those of its functions.
const HEAD: usize = 8;
/// Of them: the process that has the slot, and whether one of its threads counts there.
pub(super) const OWNER: usize = 0;
/// Connections that were accepted,
pub(super) const ACCEPTED: usize = 1;
/// that have ended,
pub(super) const CLOSED: usize = 2;
/// and that were turned away.
pub(super) const REFUSED: usize = 3;

/// Calls of a function that have begun and that have ended: the only numbers that every call changes.
pub(super) const COUNTS: usize = 2;

/// What a function has besides: codes with their counts, and what is told here.
const RARE: usize = 16;
/// So many codes are told apart.
pub(super) const CODES: usize = 6;
/// Behind the codes: failures with other codes,
pub(super) const OTHER: usize = 2 * CODES;
/// calls whose process has died,
pub(super) const LOST: usize = OTHER + 1;
/// and the longest time.
pub(super) const LONGEST: usize = OTHER + 2;

/// More threads than this, at one time, share a slot.
const MOST_SLOTS: usize = 256;
/// What the memory may take in numbers: 64 MiB, of which the operating system gives what is used.
const ROOM: usize = 8 << 20;

/// How many functions and slots there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) rows: usize,
    /// Besides the first, which belongs to nobody.
    pub(super) slots: usize,
}

impl Layout {
    pub(super) fn of(rows: usize) -> Self {
        let layout = Self { rows, slots: 1 };
        Self { slots: (ROOM / layout.stride()).clamp(1, MOST_SLOTS), ..layout }
    }

    /// How many numbers there are in all.
    pub(super) fn numbers(self) -> usize {
        GLOBAL + (self.slots + 1) * self.stride()
    }

    /// How many numbers a slot has; whole lines of a cache.
    fn stride(self) -> usize {
        (HEAD + self.rows * (COUNTS + RARE + BUCKETS)).next_multiple_of(8)
    }

    /// Where a slot stands.
    pub(super) fn slot(self, number: usize) -> Range<usize> {
        let start = GLOBAL + number * self.stride();
        start..start + self.stride()
    }

    /// Where, in a slot, the numbers of a function stand that are rarely changed.
    pub(super) fn rare(self, row: usize) -> Range<usize> {
        let start = HEAD + self.rows * COUNTS + row * RARE;
        start..start + RARE
    }

    /// Where, in a slot, the histogram of a function stands.
    pub(super) fn histogram(self, row: usize) -> Range<usize> {
        let start = HEAD + self.rows * (COUNTS + RARE) + row * BUCKETS;
        start..start + BUCKETS
    }
}

/// Where, in a slot, it stands how many calls of a function have begun.
#[inline]
pub(super) const fn begun(row: usize) -> usize {
    HEAD + row * COUNTS
}

/// Where it stands how many have ended.
#[inline]
pub(super) const fn ended(row: usize) -> usize {
    HEAD + row * COUNTS + 1
}
