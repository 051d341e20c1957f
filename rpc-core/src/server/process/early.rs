//! Signals that come after a server has its address and before it serves.

use std::sync::{Mutex, MutexGuard, PoisonError};

use libc::c_int;

use super::STOP;
use super::sys;

/// How many servers have their addresses and do not serve yet.
static BOUND: Mutex<usize> = Mutex::new(0);

/// The signals that wait: also the one that renews workers, where there are such.
const WAIT: [c_int; 3] = [STOP[0], STOP[1], libc::SIGHUP];

/// Has a signal to stop, or SIGHUP, wait until the server that has its address serves, and is stopped by it in good
/// order. Where it serves in a way that leaves signals alone, or not at all, the signal takes its effect
/// when this is dropped. A second one to stop ends the process at once.
///
/// Where the program deals with a signal itself it is left to that.
#[derive(Debug)]
pub(in crate::server) struct EarlySignals(());

impl EarlySignals {
    pub(in crate::server) fn watch() -> Self {
        let mut bound = bound();
        if *bound == 0 {
            WAIT.into_iter().for_each(sys::keep_early);
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
        WAIT.into_iter().for_each(sys::keep_early_no_more);
        raise_early();
    }
}

/// Leaves SIGHUP to the operating system again, and to itself one that waits: nobody renews anything.
pub(super) fn leave_hang_up() {
    sys::keep_early_no_more(libc::SIGHUP);
    if sys::take_early(libc::SIGHUP) {
        sys::raise(libc::SIGHUP);
    }
}

/// Has those that wait come now.
pub(super) fn raise_early() {
    WAIT.into_iter().filter(|signal| sys::take_early(*signal)).for_each(sys::raise);
}

fn bound() -> MutexGuard<'static, usize> {
    BOUND.lock().unwrap_or_else(PoisonError::into_inner)
}
