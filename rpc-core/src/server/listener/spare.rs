//! A descriptor that is kept for when there is no other.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

/// A descriptor of nothing, which copies of a listener share. Where it is let go, one more connection can be
/// accepted.
#[derive(Debug, Clone)]
pub(super) struct Spare(Arc<Mutex<Option<File>>>);

impl Spare {
    /// Takes one, if there is one.
    pub(super) fn keep() -> Self {
        Self(Arc::new(Mutex::new(File::open("/dev/null").ok())))
    }

    /// Lets it go.
    pub(super) fn let_go(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
