//! The streams of an asynchronous client.

use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use serde::de::DeserializeOwned;

use crate::error::Error;

use crate::protocol::Credit;

use super::super::deadline::Deadline;
use super::super::flight::Arrived;
use super::super::unpack::Unpack;
use super::super::uploads::Sending;
use super::super::{FromError, RawJson};
use super::connection::Connection;

/// The items that a function answers with, in order; the twin of [`Items`](crate::client::Items) for an
/// [`AsyncRpcClient`](crate::AsyncRpcClient).
///
/// It is asked with [`next`](Self::next) or, with the feature `streams`, as a `futures_core::Stream`. It may go
/// to another task, and dropping it tells the other side that nobody waits for the rest.
#[must_use = "a stream that is dropped is cancelled"]
pub struct AsyncItems<T, E = Error> {
    unpack: Unpack<InFlight>,
    items: PhantomData<fn() -> (T, E)>,
}

/// A stream in flight, given up when this is dropped.
struct InFlight {
    connection: Arc<Connection>,
    call: u64,
    deadline: Option<Deadline>,
    /// What is sent while it is read.
    sending: Option<Mutex<Option<Sending>>>,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.connection.with(|state| state.flight.close_stream(self.call));
    }
}

impl InFlight {
    /// Asks for what has come, for which `task` is woken later if nothing has.
    fn arrived(&self, method: &str, task: &mut Context<'_>) -> Arrived {
        if let Some(sending) = &self.sending {
            let mut sending = sending.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(open) = &mut *sending {
                match self.connection.poll_send(self.call, open, task) {
                    Poll::Pending => {}
                    Poll::Ready(Ok(())) => *sending = None,
                    Poll::Ready(Err(error)) => return Arrived::End(Err(error)),
                }
            }
        }
        self.connection.with(|state| {
            if let Some(deadline) = self.deadline
                && !state.flight.has_ended(self.call)
            {
                if deadline.has_passed() {
                    let error = state.flight.timed_out(self.call, method, deadline.limit());
                    state.flight.close_stream(self.call);
                    return Arrived::End(Err(error));
                }
                state.watch(Some(deadline));
            }
            state.flight.arrived(self.call, method, || Some(task.waker().clone()))
        })
    }
}

impl<T, E> AsyncItems<T, E> {
    /// Takes a stream in flight, which ends at the deadline; `sending` is what its caller sends meanwhile.
    pub(super) fn open(
        method: Cow<'static, str>,
        window: Credit,
        connection: Arc<Connection>,
        (call, sending): (u64, Option<Sending>),
        deadline: Option<Deadline>,
    ) -> Self {
        let sending = sending.map(|sending| Mutex::new(Some(sending)));
        let flight = InFlight { connection, call, deadline, sending };
        Self { unpack: Unpack::new(method, window, flight), items: PhantomData }
    }

    /// Takes what a call came to that has all items in its result.
    pub(super) fn whole(
        method: Cow<'static, str>,
        result: Result<RawJson, Error>,
    ) -> Result<Self, Error> {
        Ok(Self { unpack: Unpack::whole(method, result)?, items: PhantomData })
    }
}

impl<T: DeserializeOwned, E: FromError> AsyncItems<T, E> {
    /// Waits for the next item; `None` after the last.
    ///
    /// It may be given up, in an arm of a `select!` say: no item is lost, and the next call gives the next
    /// item.
    pub async fn next(&mut self) -> Option<Result<T, E>> {
        poll_fn(|task| self.poll_item(task)).await
    }

    fn poll_item(&mut self, task: &mut Context<'_>) -> Poll<Option<Result<T, E>>> {
        let next = self.unpack.next(
            |flight, method| flight.arrived(method, task),
            |InFlight { connection, call, .. }, granted| {
                connection.with(|state| state.flight.grant(*call, granted));
            },
        );
        next.map(|item| item.map(|item| item.map_err(E::from_error)))
    }
}

#[cfg(feature = "streams")]
impl<T: DeserializeOwned, E: FromError> futures_core::Stream for AsyncItems<T, E> {
    type Item = Result<T, E>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<T, E>>> {
        self.poll_item(task)
    }
}

#[cfg(feature = "streams")]
impl<T: DeserializeOwned, E: FromError> futures_core::FusedStream for AsyncItems<T, E> {
    fn is_terminated(&self) -> bool {
        self.unpack.is_over()
    }
}

// Nothing in it is pinned by address.
impl<T, E> Unpin for AsyncItems<T, E> {}

impl<T, E> fmt::Debug for AsyncItems<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncItems").field("method", &self.unpack.method()).finish_non_exhaustive()
    }
}
