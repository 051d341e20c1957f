//! Calls behind a prefix.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;

use super::{FromError, Invocation, Notify, Pipelined, Stub};

/// A stub whose calls go to names behind a prefix; [`Stub::at`] makes one.
pub struct At<'c, S> {
    stub: &'c S,
    prefix: String,
}

impl<'c, S: Stub> At<'c, S> {
    pub(super) fn new(stub: &'c S, prefix: &str) -> Self {
        Self { stub, prefix: prefix.to_owned() }
    }

    fn name<A: Arguments>(&self, invocation: &Invocation<'_, A>) -> String {
        format!("{}.{}", self.prefix, invocation.method())
    }
}

impl<'c, S: Stub> Stub for At<'c, S> {
    type Outcome<'s, T: 'static, E: 'static>
        = S::Outcome<'c, T, E>
    where
        Self: 's;

    fn invoke<A: Arguments, T: DeserializeOwned + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> S::Outcome<'c, T, E> {
        let method = self.name(&invocation);
        self.stub.invoke(invocation.renamed(&method))
    }
}

impl<'c, S: Pipelined> Pipelined for At<'c, S> {
    type Pending<'s, T: 'static, E: 'static>
        = S::Pending<'c, T, E>
    where
        Self: 's;

    fn start<A: Arguments, T: DeserializeOwned + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<S::Pending<'c, T, E>, Error> {
        let method = self.name(&invocation);
        self.stub.start(invocation.renamed(&method))
    }
}

impl<'c, S: Notify> Notify for At<'c, S> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> S::Outcome<'c, (), Error> {
        let method = self.name(&invocation);
        self.stub.notify(invocation.renamed(&method))
    }
}

impl<S> fmt::Debug for At<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("At").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
