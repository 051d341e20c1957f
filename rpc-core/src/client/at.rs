//! Calls behind a prefix.

use std::fmt;

use crate::protocol::Arguments;

use super::Invocation;

/// A stub whose calls go to names behind a prefix; [`Stub::at`](crate::Stub::at) and
/// [`Stub::into_at`](crate::Stub::into_at) make one.
#[derive(Clone)]
pub struct At<S> {
    pub(super) stub: S,
    pub(super) prefix: String,
}

impl<S> At<S> {
    pub(super) fn new(stub: S, prefix: &str) -> Self {
        Self { stub, prefix: prefix.to_owned() }
    }

    pub(super) fn name<A: Arguments>(&self, invocation: &Invocation<'_, A>) -> String {
        format!("{}.{}", self.prefix, invocation.method())
    }
}

impl<S> fmt::Debug for At<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("At").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
