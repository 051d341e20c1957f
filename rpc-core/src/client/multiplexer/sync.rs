//! The locks and threads of a connection: std's, or in its tests those of loom, which tries every order.

#[cfg(all(loom, test))]
pub(super) use loom::sync::{Mutex, MutexGuard};
#[cfg(all(loom, test))]
pub(super) use loom::thread::{Thread, current, park};
#[cfg(not(all(loom, test)))]
pub(super) use std::sync::{Mutex, MutexGuard};
#[cfg(not(all(loom, test)))]
pub(super) use std::thread::{Thread, current, park, park_timeout};

/// Waits without end: loom has no clock.
#[cfg(all(loom, test))]
pub(super) fn park_timeout(_: std::time::Duration) {
    park();
}
