//! The streams of a blocking client: iterators.

use std::borrow::Cow;
use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::transport::Stream;

use crate::protocol::Credit;

use super::deadline::Deadline;
use super::flight::Arrived;
use super::multiplexer::{Exchange, Multiplexer};
use super::unpack::Unpack;
use super::uploads::Sending;
use super::{FromError, RawJson};

/// The items that a function answers with, in order: what opening a stream comes to
/// ([`Streaming`](super::Streaming)) with a blocking client.
///
/// An error is the last item: the function's own, that it cannot be called so, that an item is not of the
/// type asked for, or that the connection was lost. A stream is never opened again by itself. Dropping it
/// tells the other side that nobody waits for the rest.
///
/// `next` waits until an item has come. The items of a stream whose reader stops wait for it, no more of them
/// than [`ClientBuilder::stream_window`](super::ClientBuilder::stream_window) says, and other calls
/// of the client go on.
#[must_use = "a stream that is dropped is cancelled"]
pub struct Items<S: Stream, T, E = Error> {
    unpack: Unpack<InFlight<S>>,
    items: PhantomData<fn() -> (T, E)>,
}

/// A stream in flight, given up when this is dropped.
struct InFlight<S: Stream> {
    connection: Arc<Multiplexer<S>>,
    call: u64,
    deadline: Option<Deadline>,
    /// What is sent while it is read.
    sending: Option<Mutex<Option<Sending>>>,
}

impl<S: Stream> InFlight<S> {
    /// Waits for what comes next, and sends meanwhile what there is room for.
    fn arrived(&self, method: &str) -> Arrived {
        let Self { connection, call, deadline, sending } = self;
        if let Some(sending) = sending {
            let mut sending = sending.lock().unwrap_or_else(PoisonError::into_inner);
            while let Some(open) = &mut *sending {
                match connection.exchange(*call, method, open, *deadline) {
                    Ok(Exchange::Arrived(arrived)) => return arrived,
                    Ok(Exchange::Sent) => {}
                    Ok(Exchange::AllSent) => *sending = None,
                    Err(error) => return Arrived::End(Err(error)),
                }
            }
        }
        connection.arrived(*call, method, *deadline)
    }
}

impl<S: Stream> Drop for InFlight<S> {
    fn drop(&mut self) {
        self.connection.close_stream(self.call);
    }
}

impl<S: Stream, T, E> Items<S, T, E> {
    /// Takes a stream in flight, which ends at the deadline; `sending` is what its caller sends meanwhile.
    pub(super) fn open(
        method: Cow<'static, str>,
        window: Credit,
        connection: Arc<Multiplexer<S>>,
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

impl<S: Stream, T: DeserializeOwned, E: FromError> Iterator for Items<S, T, E> {
    type Item = Result<T, E>;

    fn next(&mut self) -> Option<Result<T, E>> {
        let next = self.unpack.next(InFlight::arrived, |flight, granted| {
            flight.connection.grant(flight.call, granted);
        });
        match next {
            Poll::Ready(item) => item.map(|item| item.map_err(E::from_error)),
            // It was waited for.
            Poll::Pending => None,
        }
    }
}

impl<S: Stream, T: DeserializeOwned, E: FromError> FusedIterator for Items<S, T, E> {}

impl<S: Stream, T, E> fmt::Debug for Items<S, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("method", &self.unpack.method()).finish_non_exhaustive()
    }
}
