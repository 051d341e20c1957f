//! Calls with a deadline of their own.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;

use super::{FromError, Invocation, Notify, Pipelined, Stub};

/// A stub whose calls are given up after some time; [`Stub::within`] makes one.
#[derive(Debug)]
pub struct Within<'c, S> {
    stub: &'c S,
    timeout: Duration,
}

impl<'c, S: Stub> Within<'c, S> {
    pub(super) fn new(stub: &'c S, timeout: Duration) -> Self {
        Self { stub, timeout }
    }
}

impl<'c, S: Stub> Stub for Within<'c, S> {
    type Outcome<'s, T: 'static, E: 'static>
        = S::Outcome<'c, T, E>
    where
        Self: 's;

    fn invoke<A: Arguments, T: DeserializeOwned + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> S::Outcome<'c, T, E> {
        self.stub.invoke(invocation.within(self.timeout))
    }
}

impl<'c, S: Pipelined> Pipelined for Within<'c, S> {
    type Pending<'s, T: 'static, E: 'static>
        = S::Pending<'c, T, E>
    where
        Self: 's;

    fn start<A: Arguments, T: DeserializeOwned + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<S::Pending<'c, T, E>, Error> {
        self.stub.start(invocation.within(self.timeout))
    }
}

impl<'c, S: Notify> Notify for Within<'c, S> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> S::Outcome<'c, (), Error> {
        self.stub.notify(invocation.within(self.timeout))
    }
}
