//! Sends calls that were kept as values.

use serde::de::DeserializeOwned;

use crate::error::Error;

use super::{FromError, OutcomeOf, OwnedCall, Stub};

impl OwnedCall {
    /// Sends the call; it can be sent again.
    pub fn send<T, S>(&self, stub: &S) -> OutcomeOf<S, T>
    where
        T: DeserializeOwned + Send + 'static,
        S: Stub,
    {
        self.send_as::<T, Error, S>(stub)
    }

    /// Sends the call of a function that has errors of its own.
    pub(super) fn send_as<T, E, S>(&self, stub: &S) -> OutcomeOf<S, T, E>
    where
        T: DeserializeOwned + Send + 'static,
        E: FromError,
        S: Stub,
    {
        stub.invoke(self.invocation())
    }
}
