//! A call under way.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::transport::Stream;

use super::FromError;
use super::deadline::Deadline;
use super::multiplexer::Multiplexer;

/// A call that has been started. [`wait`](Self::wait) gives its result; dropping it gives the
/// result up.
#[must_use = "the result of a started call is had with `wait`"]
pub struct Pending<S: Stream, T, E> {
    connection: Arc<Multiplexer<S>>,
    call: u64,
    method: Cow<'static, str>,
    deadline: Option<Deadline>,
    waited: bool,
    result: PhantomData<fn() -> (T, E)>,
}

impl<S: Stream, T: DeserializeOwned, E: FromError> Pending<S, T, E> {
    pub(super) fn new(
        connection: Arc<Multiplexer<S>>,
        call: u64,
        method: Cow<'static, str>,
        deadline: Option<Deadline>,
    ) -> Self {
        Self { connection, call, method, deadline, waited: false, result: PhantomData }
    }

    /// Waits for the result; calls may be waited for in any order.
    ///
    /// # Errors
    ///
    /// As the call itself.
    pub fn wait(mut self) -> Result<T, E> {
        self.waited = true;
        self.connection.wait(self.call, &self.method, self.deadline).map_err(E::from_error)
    }
}

impl<S: Stream, T, E> Drop for Pending<S, T, E> {
    fn drop(&mut self) {
        if !self.waited {
            self.connection.forget(self.call);
        }
    }
}

impl<S: Stream, T, E> std::fmt::Debug for Pending<S, T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").field("method", &self.method).finish_non_exhaustive()
    }
}
