//! What a server counts of its calls: how many, how they ended, how many run, how long they took.
//!
//! Each thread counts in a [`Slot`](slot::Slot) of its own, so that no two of them write to one line of the
//! processor's cache. The slots stand in memory that processes can share, and are added up when somebody asks.

mod histogram;
mod kept;
mod layout;
mod memory;
mod report;
mod slot;
mod statistics;
mod tally;

pub(super) use kept::Kept;
pub(crate) use report::Report;
pub(crate) use statistics::Statistics;
pub(crate) use tally::{Tally, TallyAside};
