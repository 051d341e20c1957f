//! The statistics of a server: who counts where, and what is counted besides calls.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

use super::histogram::bucket;
use super::layout::{
    ACCEPTED, CLOSED, CODES, GLOBAL, LONGEST, LOST, Layout, MOVES, OTHER, OWNER, REFUSED, TAKEN,
    begun, ended,
};
use super::memory::{self, Numbers};
#[cfg(unix)]
use super::slot::counts;
use super::slot::{Counts, Slot};

/// Says in [`OWNER`] that a thread counts there.
const BUSY: u64 = 1 << 63;

/// What a server counts.
pub(crate) struct Statistics {
    /// Tells it from every other there is or was in this process.
    id: u64,
    /// The functions, by the number that each has in its registry; the last are all other names.
    names: Box<[String]>,
    pub(super) layout: Layout,
    numbers: Numbers,
    started: Instant,
}

thread_local! {
    /// Where this thread counted last, and for which statistics.
    static LAST: Last = const { Last::nowhere() };
    /// The slots that this thread has.
    static LEASES: RefCell<Vec<Lease>> = const { RefCell::new(Vec::new()) };
}

/// Where a thread counted last. Every call reads the first two, and nothing else.
struct Last {
    /// That of the statistics.
    id: Cell<u64>,
    rows: Cell<&'static [Counts]>,
    slot: Cell<Slot>,
}

/// What a thread begins with: no statistics have this number.
const NOWHERE: u64 = 0;

impl Last {
    const fn nowhere() -> Self {
        let slot = Slot { numbers: &[], is_shared: true };
        Self { id: Cell::new(NOWHERE), rows: Cell::new(&[]), slot: Cell::new(slot) }
    }
}

/// A slot that a thread has until it ends.
struct Lease {
    statistics: Weak<Statistics>,
    id: u64,
    slot: Slot,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Nothing more is counted there by this thread,
        LAST.with(|last| last.id.set(NOWHERE));
        // and where the statistics are gone, their memory may be somebody else's.
        if self.statistics.upgrade().is_some() && !self.slot.is_shared {
            let process = this_process();
            self.slot.exchange(OWNER, process | BUSY, process);
        }
    }
}

/// What this thread counts in of a function, if it counted for these statistics last, and alone.
#[inline]
pub(super) fn counts_of(id: u64, row: u32) -> Option<&'static Counts> {
    LAST.with(|last| if last.id.get() == id { last.rows.get().get(row as usize) } else { None })
}

fn this_process() -> u64 {
    u64::from(process::id())
}

impl Statistics {
    /// Starts for functions of these names; `make` makes memory for so many numbers, all 0.
    pub(in super::super) fn new(
        names: Vec<String>,
        make: impl FnOnce(usize) -> io::Result<Numbers>,
    ) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(NOWHERE + 1);
        let layout = Layout::of(names.len());
        let numbers = memory::take(layout.numbers(), make)?;
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Self { id, names: names.into(), layout, numbers, started: Instant::now() })
    }

    /// Its number, which is not 0.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// The names of the rows.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The row of a name that was called.
    pub(super) fn row_of(&self, name: &str) -> usize {
        let last = self.names.len().saturating_sub(1);
        self.names[..last].iter().position(|known| known == name).unwrap_or(last)
    }

    /// When it was started.
    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// Where this thread counts.
    pub(super) fn slot(self: &Arc<Self>) -> Slot {
        LAST.with(|last| {
            if last.id.get() != self.id {
                let slot = self.find_slot();
                last.id.set(self.id);
                last.rows.set(slot.rows(self.layout.rows));
                last.slot.set(slot);
            }
            last.slot.get()
        })
    }

    fn find_slot(self: &Arc<Self>) -> Slot {
        let found = LEASES.try_with(|leases| {
            let mut leases = leases.borrow_mut();
            if let Some(lease) = leases.iter().find(|lease| lease.id == self.id) {
                return lease.slot;
            }
            leases.retain(|lease| lease.statistics.strong_count() > 0);
            let slot = self.claim();
            leases.push(Lease { statistics: Arc::downgrade(self), id: self.id, slot });
            slot
        });
        // There are none where the thread is at its end.
        found.unwrap_or_else(|_| self.number(0))
    }

    /// Takes a slot: one that another thread of this process has left, or one that is nobody's.
    fn claim(&self) -> Slot {
        let process = this_process();
        let claimed = (1..=self.layout.slots).find(|&number| {
            let slot = self.number(number);
            let owner = slot.get(OWNER);
            (owner == process || owner == 0) && slot.exchange(OWNER, owner, process | BUSY)
        });
        let number = claimed.unwrap_or(0);
        self.global(TAKEN).fetch_max(number as u64, Ordering::AcqRel);
        self.number(number)
    }

    fn number(&self, number: usize) -> Slot {
        let numbers = self.numbers.get(self.layout.slot(number)).unwrap_or_default();
        Slot { numbers, is_shared: number == 0 }
    }

    /// Every slot that has been used; the first is shared by those that have none of their own, and has what
    /// processes counted that have ended. Others are memory that is not to be touched.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        let taken = self.global(TAKEN).load(Ordering::Acquire);
        let taken = usize::try_from(taken).unwrap_or(usize::MAX).min(self.layout.slots);
        (0..=taken).map(|number| self.number(number))
    }

    /// The process that a slot belongs to.
    pub(super) fn owner(slot: Slot) -> u64 {
        slot.get(OWNER) & !BUSY
    }

    /// Takes note of a call that failed.
    #[cold]
    pub(super) fn failed(&self, slot: Slot, row: usize, code: i64) {
        self.count_code(slot, row, mark(code), 1);
    }

    fn count_code(&self, slot: Slot, row: usize, mark: u64, count: u64) {
        let rare = self.layout.rare(row).start;
        let known = (0..CODES).map(|place| rare + 2 * place).find(|&place| {
            // Where several threads count, another may have been faster, with the same code.
            slot.get(place) == mark || slot.exchange(place, 0, mark) || slot.get(place) == mark
        });
        slot.add(known.map_or(rare + OTHER, |place| place + 1), count);
    }

    /// Takes note of how long a call took.
    #[cold]
    pub(super) fn timed(&self, slot: Slot, row: usize, nanoseconds: u64) {
        slot.add(self.layout.histogram(row).start + bucket(nanoseconds), 1);
        slot.raise(self.layout.rare(row).start + LONGEST, nanoseconds);
    }

    /// Takes note of a connection that was accepted.
    pub(crate) fn accepted(self: &Arc<Self>) {
        self.slot().add(ACCEPTED, 1);
    }

    /// Takes note of a connection that has ended.
    pub(crate) fn closed(self: &Arc<Self>) {
        self.slot().add(CLOSED, 1);
    }

    /// Takes note of a connection that was turned away.
    pub(crate) fn refused(self: &Arc<Self>) {
        self.slot().add(REFUSED, 1);
    }

    /// Begins anew in a process that was made by one that counted: its slots are not this one's.
    #[cfg(unix)]
    pub(crate) fn in_new_process() {
        LAST.with(|last| last.id.set(NOWHERE));
        let _ = LEASES.try_with(|leases| leases.borrow_mut().clear());
    }

    /// Takes over what a process has counted that has ended. One process alone does so: the one that
    /// made it.
    #[cfg(unix)]
    pub(crate) fn process_ended(&self, process: u64) {
        let all = self.number(0);
        let left = self.slots().skip(1).filter(|slot| Self::owner(*slot) == process);
        let left: Vec<_> = left.collect();
        if left.is_empty() {
            return;
        }
        self.moves().fetch_add(1, Ordering::AcqRel);
        for row in 0..self.layout.rows {
            // What ran when the process died has ended with it.
            let (_, lost) = counts(&left, row);
            if lost > 0 {
                all.add(ended(row), lost);
                all.add(self.layout.rare(row).start + LOST, lost);
            }
        }
        for slot in left {
            self.empty(slot, Some(all));
        }
        self.moves().fetch_add(1, Ordering::AcqRel);
    }

    /// How often numbers were moved, twice; odd while they are.
    pub(super) fn moves(&self) -> &AtomicU64 {
        self.global(MOVES)
    }

    fn global(&self, place: usize) -> &AtomicU64 {
        &self.numbers[..GLOBAL][place]
    }

    /// Puts 0 into all numbers of a slot, and adds what they were to those of another.
    fn empty(&self, slot: Slot, to: Option<Slot>) {
        let add = |place: usize, count: u64| {
            if let Some(to) = to.filter(|_| count > 0) {
                to.add(place, count);
            }
        };
        for row in 0..self.layout.rows {
            // Memory that was never written to is not to be looked at.
            let (all, done) = (slot.take(begun(row)), slot.take(ended(row)));
            if all == 0 && done == 0 {
                continue;
            }
            let rare = self.layout.rare(row);
            add(begun(row), all);
            add(ended(row), done);
            for place in (0..CODES).map(|place| rare.start + 2 * place) {
                let (code, count) = (slot.take(place), slot.take(place + 1));
                if let Some(to) = to.filter(|_| count > 0) {
                    self.count_code(to, row, code, count);
                }
            }
            add(rare.start + OTHER, slot.take(rare.start + OTHER));
            add(rare.start + LOST, slot.take(rare.start + LOST));
            let longest = slot.take(rare.start + LONGEST);
            if let Some(to) = to {
                to.raise(rare.start + LONGEST, longest);
            }
            for place in self.layout.histogram(row) {
                add(place, slot.take(place));
            }
        }
        let accepted = slot.take(ACCEPTED);
        slot.take(CLOSED);
        add(ACCEPTED, accepted);
        add(CLOSED, accepted);
        add(REFUSED, slot.take(REFUSED));
        slot.take(OWNER);
    }
}

/// What says that a code is counted in a place; 0 says that none is.
pub(super) fn mark(code: i64) -> u64 {
    code.cast_unsigned() ^ (1 << 63)
}

/// The code of a mark.
pub(super) fn code_of(mark: u64) -> i64 {
    (mark ^ (1 << 63)).cast_signed()
}

impl Drop for Statistics {
    fn drop(&mut self) {
        for slot in self.slots() {
            self.empty(slot, None);
        }
        self.global(MOVES).store(0, Ordering::Relaxed);
        self.global(TAKEN).store(0, Ordering::Relaxed);
        memory::give_back(self.numbers);
    }
}

impl fmt::Debug for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statistics").field("names", &self.names).finish_non_exhaustive()
    }
}
