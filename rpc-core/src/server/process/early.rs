//! Signals that come after a server has its address and before it serves.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::signals::STOP;
use super::sys;

/// How many servers have their addresses and do not serve yet.
static BOUND: Mutex<usize> = Mutex::new(0);

/// Has a signal to stop wait until the server that has its address serves, and is stopped by it in good
/// order. Where it serves in a way that leaves signals alone, or not at all, the signal takes its effect
/// when this is dropped. A second one ends the process at once.
///
/// Where the program deals with a signal itself it is left to that.
#[derive(Debug)]
pub(in crate::server) struct EarlySignals(());

impl EarlySignals {
    pub(in crate::server) fn watch() -> Self {
        let mut bound = bound();
        if *bound == 0 {
            STOP.into_iter().for_each(sys::keep_early);
        }
        *bound += 1;
        Self(())
    }
}

impl Drop for EarlySignals {
    fn drop(&mut self) {
        let mut bound = bound();
        *bound -= 1;
        if *bound > 0 {
            return;
        }
        STOP.into_iter().for_each(sys::keep_early_no_more);
        if let Some(signal) = sys::take_early() {
            sys::raise(signal);
        }
    }
}

fn bound() -> MutexGuard<'static, usize> {
    BOUND.lock().unwrap_or_else(PoisonError::into_inner)
}
