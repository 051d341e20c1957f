//! Calls behind a prefix.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;

use super::{FromError, Invocation, Notify, OutcomeOf, Pipelined, Stub};

/// A stub whose calls go to names behind a prefix; [`Stub::at`] and [`Stub::into_at`] make one.
#[derive(Clone)]
pub struct At<S> {
    pub(super) stub: S,
    pub(super) prefix: String,
}

impl<S> At<S> {
    pub(super) fn new(stub: S, prefix: &str) -> Self {
        Self { stub, prefix: prefix.to_owned() }
    }

    fn name<A: Arguments>(&self, invocation: &Invocation<'_, A>) -> String {
        format!("{}.{}", self.prefix, invocation.method())
    }
}

impl<S: Stub> Stub for At<S> {
    type Kind = S::Kind;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> OutcomeOf<S, T, E> {
        let method = self.name(&invocation);
        self.stub.invoke(invocation.renamed(&method))
    }
}

impl<S: Pipelined> Pipelined for At<S> {
    type Pending<T: DeserializeOwned + Send + 'static, E: FromError> = S::Pending<T, E>;

    fn start<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<S::Pending<T, E>, Error> {
        let method = self.name(&invocation);
        self.stub.start(invocation.renamed(&method))
    }
}

impl<S: Notify> Notify for At<S> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> OutcomeOf<S, ()> {
        let method = self.name(&invocation);
        self.stub.notify(invocation.renamed(&method))
    }
}

impl<S> fmt::Debug for At<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("At").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
