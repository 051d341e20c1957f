//! Calls with a deadline of their own.

use std::time::Duration;

/// A stub whose calls are given up after some time; [`Stub::within`](crate::Stub::within) and
/// [`Stub::into_within`](crate::Stub::into_within) make one.
#[derive(Debug, Clone)]
pub struct Within<S> {
    pub(super) stub: S,
    pub(super) timeout: Duration,
}

impl<S> Within<S> {
    pub(super) fn new(stub: S, timeout: Duration) -> Self {
        Self { stub, timeout }
    }
}
