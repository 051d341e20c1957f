//! Where a value is written to: in which form, and how much stands around it.

use super::super::Limits;
use super::form::Form;

/// Where a value is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// How it is written.
    pub(crate) form: Form,
    /// How many levels of nesting it may not take of those there are: those of what stands around it,
    /// and those that a lower limit takes away.
    pub(crate) outer: u8,
}

impl Place {
    /// How many levels a value may nest there.
    pub(crate) fn levels(self) -> usize {
        Limits::MAX_DEPTH.saturating_sub(self.outer.into())
    }
}
