//! The array that the replies of several calls are written into.

use std::mem;

use super::answer::Answered;
use super::budget::Budget;
use super::later::{Array, Gap, Later, close};

/// The replies of several calls on their way into an array.
#[derive(Debug)]
pub(super) struct Parts {
    start: usize,
    budget: Budget,
    calls: usize,
    gaps: Vec<Gap>,
}

impl Parts {
    /// Starts an array of so many replies at the end of `out`, which share a budget.
    pub(super) fn begin(calls: usize, budget: Budget, out: &mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'[');
        Self { start, budget, calls, gaps: Vec::new() }
    }

    /// What its replies take their bytes from.
    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Takes note of what became of the next call.
    pub(super) fn add(&mut self, answered: Answered, out: &mut Vec<u8>) {
        match answered {
            answered @ (Answered::Reply | Answered::Broken | Answered::Last) => {
                // There is nothing to let go of, which the compiler does not see.
                mem::forget(answered);
                out.push(b',');
            }
            // Who makes the calls has been found out before the first of them.
            Answered::Nothing
            | Answered::Cancel { .. }
            | Answered::OfStream { .. }
            | Answered::Asks(_) => {}
            Answered::Later(later) => self.gaps.push(Gap { at: out.len() - self.start, later }),
        }
    }

    /// Ends the array: it stands in `out`, or is still to come. Where no call wants a reply there is
    /// none (section 6).
    pub(super) fn end(self, out: &mut Vec<u8>) -> Answered {
        let Self { start, calls, gaps, .. } = self;
        if gaps.is_empty() {
            close(out, start);
            return if out.len() > start { Answered::Reply } else { Answered::Nothing };
        }
        let done = out.split_off(start);
        Answered::Later(Later::array(Array { calls, done, gaps }))
    }
}
