//! Calls with a deadline of their own.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;

use super::{FromError, Invocation, Notify, OutcomeOf, Pipelined, Stub};

/// A stub whose calls are given up after some time; [`Stub::within`] and [`Stub::into_within`] make
/// one.
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

impl<S: Stub> Stub for Within<S> {
    type Kind = S::Kind;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> OutcomeOf<S, T, E> {
        self.stub.invoke(invocation.within(self.timeout))
    }
}

impl<S: Pipelined> Pipelined for Within<S> {
    type Pending<T: DeserializeOwned + Send + 'static, E: FromError> = S::Pending<T, E>;

    fn start<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<S::Pending<T, E>, Error> {
        self.stub.start(invocation.within(self.timeout))
    }
}

impl<S: Notify> Notify for Within<S> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> OutcomeOf<S, ()> {
        self.stub.notify(invocation.within(self.timeout))
    }
}
