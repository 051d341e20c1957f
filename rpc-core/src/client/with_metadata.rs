//! Calls that say something besides their arguments.

use std::fmt;

use crate::protocol::Arguments;

use super::Invocation;
use super::metadata::merged;

/// A stub whose calls carry metadata; [`Stub::with_metadata`](crate::Stub::with_metadata)
/// and [`Stub::into_with_metadata`](crate::Stub::into_with_metadata) make one.
#[derive(Clone)]
pub struct WithMetadata<S> {
    pub(super) stub: S,
    pub(super) metadata: (String, String),
}

/// Shows no value, which may be a credential.
impl<S: fmt::Debug> fmt::Debug for WithMetadata<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithMetadata")
            .field("stub", &self.stub)
            .field("name", &self.metadata.0)
            .finish_non_exhaustive()
    }
}

impl<S> WithMetadata<S> {
    pub(super) fn new(stub: S, metadata: (String, String)) -> Self {
        Self { stub, metadata }
    }

    /// Makes a call with what it says already, and with what this stub adds to it.
    pub(super) fn pass<A: Arguments, R>(
        &self,
        invocation: Invocation<'_, A>,
        pass: impl FnOnce(&S, Invocation<'_, A>) -> R,
    ) -> R {
        let own = std::slice::from_ref(&self.metadata);
        if invocation.metadata().is_empty() {
            return pass(&self.stub, invocation.with_metadata(own));
        }
        let all: Vec<_> = merged(invocation.metadata(), own).cloned().collect();
        pass(&self.stub, invocation.with_metadata(&all))
    }
}
