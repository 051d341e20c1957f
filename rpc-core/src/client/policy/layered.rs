//! A stub with a policy before it.

use std::fmt;
use std::sync::Arc;

/// A stub with a policy before it; [`Stub::with`](crate::Stub::with) makes one. Clones share both.
pub struct Layered<S, P> {
    pub(in super::super) layers: Arc<(S, P)>,
}

impl<S, P> Layered<S, P> {
    pub(in super::super) fn new(stub: S, policy: P) -> Self {
        Self { layers: Arc::new((stub, policy)) }
    }

    /// Returns the stub behind the policy.
    pub fn stub(&self) -> &S {
        &self.layers.0
    }

    /// Returns the policy.
    pub fn policy(&self) -> &P {
        &self.layers.1
    }
}

impl<S, P> Clone for Layered<S, P> {
    fn clone(&self) -> Self {
        Self { layers: Arc::clone(&self.layers) }
    }
}

impl<S: fmt::Debug, P> fmt::Debug for Layered<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered").field("stub", self.stub()).finish_non_exhaustive()
    }
}
