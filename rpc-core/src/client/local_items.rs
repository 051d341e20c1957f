//! The streams of functions in the same process: iterators.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::Instant;

use serde::de::DeserializeOwned;

use crate::dialect::OwnedText;
use crate::error::Error;
use crate::protocol::{Arguments, Credit, Fault};
use crate::pump::wait;
use crate::registry::{CallContext, Deferred, Dispatch, Outlet};

use super::flight::Arrived;
use super::local_call::LocalCall;
use super::unpack::Unpack;
use super::{FromError, Invocation};

/// The items that a function in the same process answers with, in order. An error is the last.
///
/// The function is asked for items while this is, a few at a time where it is quick; it is dropped with this.
#[must_use = "a stream that is dropped is cancelled"]
pub struct LocalItems<T, E = Error> {
    unpack: Unpack<Mutex<Running>>,
    items: PhantomData<fn() -> (T, E)>,
}

/// A function that may have more items.
struct Running {
    call: LocalCall,
    until: Option<Instant>,
    state: State,
}

enum State {
    Goes(Deferred, Outlet),
    Ended(Result<String, Fault>),
    Over,
}

impl<T, E> LocalItems<T, E> {
    /// Begins a call.
    pub(super) fn open<A: Arguments>(
        dispatch: &impl Dispatch,
        invocation: &Invocation<'_, A>,
    ) -> Result<Self, Error> {
        let call = LocalCall::of(dispatch, invocation)?;
        let until = invocation.timeout().and_then(|limit| Instant::now().checked_add(limit));
        let state = match call.begin(dispatch, CallContext::default().with(Credit::ENDLESS)) {
            Err(ended) => State::Ended(ended),
            Ok(rest) if !rest.is_stream() => State::Ended(
                wait(rest.run(&|job| Box::pin(async { job() })), None)
                    .unwrap_or_else(|| Err(call.too_late())),
            ),
            Ok(rest) => match rest.into_stream() {
                Some((rest, source)) => State::Goes(rest, source.outlet),
                None => State::Over,
            },
        };
        let running = Mutex::new(Running { call, until, state });
        let unpack = Unpack::new(invocation.name(), Credit::ENDLESS, running);
        Ok(Self { unpack, items: PhantomData })
    }
}

impl Running {
    /// Has the function go on until it has items or has ended.
    fn arrived(&mut self) -> Arrived {
        let ended = match mem::replace(&mut self.state, State::Over) {
            State::Goes(mut rest, outlet) => {
                let next = async move {
                    let items = poll_fn(|task| {
                        let ended = rest.as_mut().poll(task);
                        let items = outlet.take(None);
                        match ended {
                            Poll::Ready(ended) => Poll::Ready((items, Some(ended))),
                            Poll::Pending if items.is_some() => Poll::Ready((items, None)),
                            Poll::Pending => Poll::Pending,
                        }
                    });
                    let (items, ended) = items.await;
                    let state = ended.map_or_else(|| State::Goes(rest, outlet), State::Ended);
                    (items, state)
                };
                let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
                match wait(Box::pin(next), left) {
                    None => Err(self.call.too_late()),
                    Some((Some(items), state)) => {
                        self.state = state;
                        return arrived(&items.0);
                    }
                    Some((None, State::Ended(ended))) => ended,
                    Some((None, _)) => Ok("null".to_owned()),
                }
            }
            State::Ended(ended) => ended,
            State::Over => Ok("null".to_owned()),
        };
        let ended = ended.map(|text| OwnedText::of(&text, true));
        Arrived::End(ended.map_err(|fault| Error::Fault(fault.not_refusing())))
    }
}

/// The items of a message of them, whose call has no id.
fn arrived(message: &[u8]) -> Arrived {
    let text = std::str::from_utf8(message).unwrap_or_default();
    let items = text.strip_prefix("{\"items\":").and_then(|items| items.strip_suffix('}'));
    let items = items.and_then(|items| OwnedText::of(items, true).items());
    items.map_or(Arrived::Nothing, Arrived::Items)
}

impl<T: DeserializeOwned, E: FromError> Iterator for LocalItems<T, E> {
    type Item = Result<T, E>;

    fn next(&mut self) -> Option<Result<T, E>> {
        let next = self.unpack.next(
            |running, _| running.lock().unwrap_or_else(PoisonError::into_inner).arrived(),
            |_, _| (),
        );
        match next {
            Poll::Ready(item) => item.map(|item| item.map_err(E::from_error)),
            Poll::Pending => None,
        }
    }
}

impl<T, E> fmt::Debug for LocalItems<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalItems").field("method", &self.unpack.method()).finish_non_exhaustive()
    }
}
