//! The memory that statistics stand in: never given back to the operating system, but used again.

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

/// Numbers that are changed by whoever has them.
pub(super) type Numbers = &'static [AtomicU64];

/// What nobody uses at the time; all 0.
static FREE: Mutex<Vec<Numbers>> = Mutex::new(Vec::new());

/// Takes memory for so many numbers, all 0; `make` makes some where none is left over.
pub(super) fn take(
    count: usize,
    make: impl FnOnce(usize) -> io::Result<Numbers>,
) -> io::Result<Numbers> {
    let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    match free.iter().position(|numbers| numbers.len() == count) {
        Some(place) => Ok(free.swap_remove(place)),
        None => make(count),
    }
}

/// Leaves memory, all 0 again, to the next one.
pub(super) fn give_back(numbers: Numbers) {
    FREE.lock().unwrap_or_else(PoisonError::into_inner).push(numbers);
}
