//! A stub with a policy before it.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::protocol::Arguments;

use super::super::{FromError, Invocation, Kind, Notify, OutcomeOf, Stub};
use super::drive::{Calling, Notifying};
use super::{Drive, Policy};

/// A stub with a policy before it; [`Stub::with`] makes one. Clones share both.
pub struct Layered<S, P> {
    layers: Arc<(S, P)>,
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

impl<S, P> Stub for Layered<S, P>
where
    S: Stub<Kind: Drive> + Send + Sync + 'static,
    P: Policy,
{
    type Kind = <S::Kind as Drive>::Layered;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> <Self::Kind as Kind>::Outcome<T, E> {
        S::Kind::drive::<Calling, S, P, T, E>(&self.layers, invocation.to_owned_call())
    }
}

impl<S, P> Notify for Layered<S, P>
where
    S: Notify + Stub<Kind: Drive> + Send + Sync + 'static,
    P: Policy,
{
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> OutcomeOf<Self, ()> {
        S::Kind::drive::<Notifying, S, P, (), _>(&self.layers, invocation.to_owned_call())
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
