//! The memory of a process and of those it has made.

use std::error::Error;
use std::fs;

use crate::tree;

/// Memory in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// What each process has in memory, added up (RSS): what several share counts in each.
    pub resident: usize,
    /// The same with what is shared counted once (PSS).
    pub proportional: usize,
}

impl Memory {
    /// Adds up the memory of a process and of its descendants.
    pub fn of_tree(process: u32) -> Result<Self, Box<dyn Error>> {
        let mut sum = Self::default();
        for process in tree::of(process)? {
            for line in fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?.lines() {
                let mut words = line.split_whitespace();
                let sum = match words.next() {
                    Some("Rss:") => &mut sum.resident,
                    Some("Pss:") => &mut sum.proportional,
                    _ => continue,
                };
                *sum += words.next().unwrap_or_default().parse::<usize>()? * 1024;
            }
        }
        Ok(sum)
    }
}
