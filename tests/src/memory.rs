//! What this process takes of the machine's memory while something goes on.

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Watches this process's memory from when it is made. There is one at a time, so that no other test
/// that watches is seen.
#[derive(Debug)]
pub struct MemoryWatch {
    before: usize,
    most: usize,
    _turn: MutexGuard<'static, ()>,
}

impl MemoryWatch {
    /// Begins, when it is this test's turn.
    pub fn begin() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        if resident_bytes().is_none() {
            println!("skipped: this system does not tell how much memory is in use");
        }
        Self { before: 0, most: 0, _turn: turn }
    }

    /// Counts from what is in use now.
    pub fn from_here(&mut self) {
        self.before = resident_bytes().unwrap_or(0);
        self.most = self.before;
    }

    /// Looks how much is in use, and returns by how much that has grown at most.
    pub fn growth(&mut self) -> usize {
        self.most = self.most.max(resident_bytes().unwrap_or(0));
        self.most - self.before
    }
}

/// Returns the bytes of memory in use, where the operating system tells.
fn resident_bytes() -> Option<usize> {
    const PAGE: usize = 4096;
    let sizes = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = sizes.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * PAGE)
}
