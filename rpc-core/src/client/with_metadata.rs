//! Calls that say something besides their arguments.

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;

use super::metadata::merged;
use super::{FromError, Invocation, Notify, OutcomeOf, Pipelined, Stub};

/// A stub whose calls carry metadata; [`Stub::with_metadata`] and [`Stub::into_with_metadata`] make one.
#[derive(Debug, Clone)]
pub struct WithMetadata<S> {
    pub(super) stub: S,
    pub(super) metadata: (String, String),
}

impl<S> WithMetadata<S> {
    pub(super) fn new(stub: S, metadata: (String, String)) -> Self {
        Self { stub, metadata }
    }

    /// Makes a call with what it says already, and with what this stub adds to it.
    fn pass<A: Arguments, R>(
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

impl<S: Stub> Stub for WithMetadata<S> {
    type Kind = S::Kind;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> OutcomeOf<S, T, E> {
        self.pass(invocation, S::invoke)
    }
}

impl<S: Pipelined> Pipelined for WithMetadata<S> {
    type Pending<T: DeserializeOwned + Send + 'static, E: FromError> = S::Pending<T, E>;

    fn start<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<S::Pending<T, E>, Error> {
        self.pass(invocation, S::start)
    }
}

impl<S: Notify> Notify for WithMetadata<S> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> OutcomeOf<S, ()> {
        self.pass(invocation, S::notify)
    }
}
