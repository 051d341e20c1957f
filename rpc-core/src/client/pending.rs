//! A call under way.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::transport::Stream;

use super::deadline::Deadline;
use super::multiplexer::Multiplexer;
use super::{FromError, RawJson};

/// A call that has been started. [`wait`](Self::wait) gives its result; dropping it gives the
/// result up.
#[must_use = "the result of a started call is had with `wait`"]
pub struct Pending<S: Stream, T, E> {
    connection: Arc<Multiplexer<S>>,
    call: u64,
    method: Cow<'static, str>,
    deadline: Option<Deadline>,
    waited: bool,
    again: Option<Again<S>>,
    result: PhantomData<fn() -> (T, E)>,
}

/// Makes a call again that was refused, if another credential may help: the call of this number, on this
/// connection.
pub(super) type Again<S> =
    Box<dyn FnOnce(&Multiplexer<S>, u64, Error) -> Result<RawJson, Error> + Send + Sync>;

impl<S: Stream, T: DeserializeOwned, E: FromError> Pending<S, T, E> {
    pub(super) fn new(
        connection: Arc<Multiplexer<S>>,
        call: u64,
        method: Cow<'static, str>,
        deadline: Option<Deadline>,
        again: Option<Again<S>>,
    ) -> Self {
        Self { connection, call, method, deadline, waited: false, again, result: PhantomData }
    }

    /// Waits for the result; calls may be waited for in any order.
    ///
    /// # Errors
    ///
    /// As the call itself.
    pub fn wait(mut self) -> Result<T, E> {
        self.waited = true;
        match self.connection.wait(self.call, &self.method, self.deadline) {
            Ok(result) => Ok(result),
            Err(error) => self.again(error).map_err(E::from_error),
        }
    }

    #[cold]
    fn again(&mut self, error: Error) -> Result<T, Error> {
        match self.again.take() {
            Some(again) => again(&self.connection, self.call, error)?.result_of(&self.method),
            None => Err(error),
        }
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
