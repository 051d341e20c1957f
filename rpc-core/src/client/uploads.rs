//! What callers send to functions that take many items, one after another.

use std::fmt;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::{Error, Misuse};
use crate::protocol::json::write;
use crate::protocol::{ArgumentError, Arguments, ArrayWriter, Credit, ObjectWriter};

use super::invocation::Argument;
use super::{FromError, Invocation, Streaming, Stub};

/// That items come from what iterates.
#[derive(Debug)]
pub enum ByIterator {}

/// That items come from a `futures_core::Stream`.
#[cfg(feature = "streams")]
#[derive(Debug)]
pub enum ByStream {}

/// What items of type `T` can be sent from: whatever iterates over them and, with the feature `streams`, a
/// `futures_core::Stream`, for asynchronous clients. `M` says which of the two, and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no items of type `{T}`",
    label = "must iterate over values of type `{T}`",
    note = "give a `Vec<{T}>`, an array, a range or an iterator; an asynchronous client takes a `Stream`, too"
)]
pub trait IntoItems<T, M> {
    /// What is asked for the items.
    type Source: Source<Item = T>;

    /// Begins.
    fn into_source(self) -> Self::Source;
}

#[diagnostic::do_not_recommend]
impl<T, I: IntoIterator<Item = T>> IntoItems<T, ByIterator> for I {
    type Source = Iterated<I::IntoIter>;

    fn into_source(self) -> Self::Source {
        Iterated(self.into_iter())
    }
}

#[cfg(feature = "streams")]
#[diagnostic::do_not_recommend]
impl<T, S: futures_core::Stream<Item = T>> IntoItems<T, ByStream> for S {
    type Source = Streamed<S>;

    fn into_source(self) -> Self::Source {
        Streamed(Box::pin(self))
    }
}

/// What an asynchronous client asks for items.
pub trait Source {
    /// What comes.
    type Item;

    /// Asks for the next item.
    fn poll_item(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>>;

    /// How many items there are still, at least.
    fn at_least(&self) -> usize;
}

/// Items that are iterated over.
#[derive(Debug)]
pub struct Iterated<I>(I);

// Nothing in it is pinned by address.
impl<I> Unpin for Iterated<I> {}

impl<I: Iterator> Source for Iterated<I> {
    type Item = I::Item;

    fn poll_item(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.0.next())
    }

    fn at_least(&self) -> usize {
        self.0.size_hint().0
    }
}

/// Items of a stream.
#[cfg(feature = "streams")]
#[derive(Debug)]
pub struct Streamed<S>(Pin<Box<S>>);

#[cfg(feature = "streams")]
impl<S: futures_core::Stream> Source for Streamed<S> {
    type Item = S::Item;

    fn poll_item(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.0.as_mut().poll_next(task)
    }

    /// What waits says so, and what has come by then is sent.
    fn at_least(&self) -> usize {
        self.0.size_hint().0.max(1)
    }
}

/// A stub that can send many items to a function, which come from an `I`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot send many items to a function, or not from these",
    label = "sends no items of type `{T}` from `{I}`",
    note = "`RpcClient` sends what iterates, `AsyncRpcClient` what iterates or is a `Stream`, is `Send` and borrows nothing",
    note = "batches, bursts, mocks and policies carry calls that are whole when they are made"
)]
pub trait Uploads<I, T, M>: Stub {
    /// What a call comes to: a result for a blocking client, a future of one for an asynchronous one.
    type Uploaded<R: DeserializeOwned + Send + 'static, E: FromError>;

    /// Makes a call with many items, for which `given` stands among its arguments.
    fn upload<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> Self::Uploaded<R, E>;
}

/// A stub that can send many items, which come from an `I`, to a function that answers with many.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot send many items to a function that answers with many, or not from these",
    label = "sends no items of type `{T}` from `{I}`",
    note = "what the items come from is `Send` and borrows nothing"
)]
pub trait Converses<I, T, M>: Streaming {
    /// Opens a stream, and sends items while it is read; `given` stands among the arguments.
    fn converse<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> Self::Opened<R, E>;
}

/// The argument that items are sent for: an array, which they come after or stand in.
#[derive(Clone)]
pub struct GivenItems(Arc<Mutex<Array>>);

/// The text of the array, or why there is none.
type Array = Result<String, String>;

impl GivenItems {
    /// Has all items stand in it, for a way that knows of no uploads.
    pub fn fill<T: Serialize>(&self, items: impl IntoIterator<Item = T>) {
        self.fill_from(Iterated(items.into_iter()));
    }

    /// The same of what an asynchronous client asks for items, which must have all of them.
    pub(super) fn fill_from(&self, source: impl Source<Item: Serialize>) {
        *self.lock() = gather(pin!(source));
    }

    fn lock(&self) -> MutexGuard<'_, Array> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for GivenItems {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Ok("[]".to_owned()))))
    }
}

/// Puts all items in an array.
fn gather(mut source: Pin<&mut impl Source<Item: Serialize>>) -> Array {
    const WAITS: &str = "a stream that has to be waited for travels in the native dialect alone, over a connection and not \
                         by HTTP; collect its items first, or send what iterates";
    let (mut array, mut place) = (vec![b'['], 0);
    loop {
        match source.as_mut().poll_item(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => return Err(WAITS.to_owned()),
            Poll::Ready(Some(item)) => append(&mut array, place, &item)?,
            Poll::Ready(None) => break,
        };
        place += 1;
    }
    if array.len() > 1 {
        array.pop();
    }
    array.push(b']');
    String::from_utf8(array).map_err(|error| error.to_string())
}

impl Serialize for GivenItems {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.lock().clone().map_err(S::Error::custom)?;
        RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl fmt::Debug for GivenItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenItems").finish_non_exhaustive()
    }
}

/// Where the items of an argument come from, in a call that is being put together.
#[derive(Debug)]
pub struct ItemsFrom<I, T, M>(I, PhantomData<fn() -> (T, M)>);

impl<I, T, M> ItemsFrom<I, T, M> {
    /// Takes what they come from.
    pub fn new(items: I) -> Self {
        Self(items, PhantomData)
    }
}

/// An argument whose items come from somewhere.
pub trait FromItems {
    /// From where.
    type From;
    /// What they are.
    type Item;
    /// How they come.
    type Way;

    /// Says from where.
    fn into_from(self) -> Self::From;
}

impl<I, T, M> FromItems for ItemsFrom<I, T, M> {
    type From = I;
    type Item = T;
    type Way = M;

    fn into_from(self) -> I {
        self.0
    }
}

/// It stands for its argument until the call is made, and is never written itself.
impl<I, T, M> Argument for ItemsFrom<I, T, M> {
    fn element(&self, _: &str, _: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }

    fn member(&self, _: &str, _: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }
}

/// Items that are about to be sent together.
#[derive(Debug, Default)]
pub(super) struct Parcel {
    /// Their texts, with a comma behind each.
    pub(super) text: Vec<u8>,
    /// What has been sent, these among it.
    pub(super) sent: Credit,
    /// Since when the next item is waited for.
    since: Option<Instant>,
}

/// As many bytes of items at least travel together, where they come quickly.
const PART: usize = 32 * 1024;

/// How long an item may take that others wait for.
const SLOW: Duration = Duration::from_micros(20);

impl Parcel {
    /// Adds an item.
    pub(super) fn add<T: Serialize>(&mut self, item: &T) -> Result<(), Error> {
        let size = append(&mut self.text, self.sent.items, item).map_err(ArgumentError::new);
        let size = size.map_err(Misuse::Argument)?;
        self.sent.items += 1;
        self.sent.bytes += size as u64;
        Ok(())
    }

    /// Whether what is in it is to be sent before another item is asked for. Those that come slowly, or whose number
    /// nobody knows, are not to wait for one another.
    pub(super) fn is_due(&mut self, more: usize) -> bool {
        let now = Instant::now();
        let took = self.since.replace(now).map_or(Duration::MAX, |since| now.duration_since(since));
        !self.text.is_empty() && (self.text.len() >= PART || more == 0 || took > SLOW)
    }
}

/// What puts items into parcels, whatever they are.
trait Feed: Send {
    /// Adds the next item.
    fn poll_add(
        &mut self,
        parcel: &mut Parcel,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<(), Error>>>;

    /// How many items there are still, at least.
    fn at_least(&self) -> usize;
}

impl<S: Source<Item: Serialize> + Send> Feed for Pin<Box<S>> {
    fn poll_add(
        &mut self,
        parcel: &mut Parcel,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<(), Error>>> {
        self.as_mut().poll_item(task).map(|item| item.map(|item| parcel.add(&item)))
    }

    fn at_least(&self) -> usize {
        Source::at_least(&**self)
    }
}

/// Items that are being sent.
pub(super) struct Sending {
    feed: Box<dyn Feed>,
    pub(super) parcel: Parcel,
}

/// What a parcel is ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filled {
    /// To be sent, before more are asked for.
    Due,
    /// To be sent, as the last.
    Last,
    /// To be sent, and nothing more is there yet.
    Waits,
}

impl Sending {
    pub(super) fn new(source: impl Source<Item: Serialize> + Send + 'static) -> Self {
        Self { feed: Box::new(Box::pin(source)), parcel: Parcel::default() }
    }

    /// Asks for items until some are to be sent. Where there are none, `task` is woken when there are.
    pub(super) fn fill(&mut self, credit: Credit, task: &mut Context<'_>) -> Result<Filled, Error> {
        let Self { feed, parcel } = self;
        loop {
            if parcel.is_due(feed.at_least()) || !credit.lets(parcel.sent) {
                return Ok(Filled::Due);
            }
            match feed.poll_add(parcel, task) {
                Poll::Ready(Some(added)) => added?,
                Poll::Ready(None) => return Ok(Filled::Last),
                Poll::Pending => return Ok(Filled::Waits),
            }
        }
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}

/// Appends an item and a comma, and says how many bytes it has.
fn append<T: Serialize>(out: &mut Vec<u8>, place: u64, item: &T) -> Result<usize, String> {
    let start = out.len();
    if let Err(error) = write(out, item) {
        out.truncate(start);
        return Err(format!("item [{place}] of an upload cannot be sent: {error}"));
    }
    let size = out.len() - start;
    out.push(b',');
    Ok(size)
}
