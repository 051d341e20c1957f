//! The items of an upload, as a function takes them.

use std::fmt;
use std::future::poll_fn;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::dialect::ItemBatch;
use crate::error::{Cut, CutKind};
use crate::protocol::json::decode;

use super::Scope;
use super::bind::{Bound, problem_at};
use super::inlet::{Inlet, Next};

/// The items that a caller sends to a plain function, one after another: a parameter of this type takes an upload.
///
/// `next` waits until an item has come. An error is the last: the caller has gone, say, or an item is no `T`. Items
/// that come while the function does something else wait for it, and their sender waits as soon as there is no more
/// room for them. An asynchronous function has an [`ItemStream`]. See [streams](crate::guide::streams).
///
/// ```standalone_crate
/// use rpc_core::{Cut, Items, rpc_export};
///
/// #[rpc_export]
/// fn total(numbers: Items<i64>) -> Result<i64, Cut> {
///     numbers.sum()
/// }
/// # fn main() {}
/// ```
pub struct Items<T>(Upload<T>);

/// The items that a caller sends to an asynchronous function: the twin of [`Items`].
///
/// It is asked with [`next`](Self::next) or, with the feature `streams`, as a `futures_core::Stream`.
pub struct ItemStream<T>(Upload<T>);

/// What a parameter makes of an upload.
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes no upload",
    label = "is taken for `rpc_core::Items` or `rpc_core::ItemStream` by its name"
)]
pub trait FromUpload {
    /// The type of an item.
    type Item;

    /// Takes an upload.
    fn from_upload(upload: Upload<Self::Item>) -> Self;
}

/// An upload in the hands of a function.
pub struct Upload<T> {
    /// What the function and its parameter are called.
    name: String,
    items: ItemBatch,
    /// How many of those are left.
    left: u64,
    /// How many items were taken.
    count: u64,
    /// Where more come from, as long as some may.
    inlet: Option<Inlet>,
    /// Whether the items are those that the call began with, which no credit was needed for.
    is_beginning: bool,
    until: Option<Instant>,
    item: PhantomData<fn() -> T>,
}

impl Bound<'_, '_> {
    /// Takes an array of items, behind which more may come; as [`required`](Self::required).
    pub fn upload<U: FromUpload>(&self, index: usize, scope: &Scope<'_>) -> Option<U> {
        let (items, name) = self.items(index)?;
        let context = scope.context();
        let inlet = context.get::<Inlet>().cloned();
        Some(U::from_upload(Upload::new(name, items, inlet, context.remaining())))
    }
}

impl<T> Upload<T> {
    fn new(name: String, items: ItemBatch, inlet: Option<Inlet>, left: Option<Duration>) -> Self {
        let until = left.and_then(|left| Instant::now().checked_add(left));
        let left = items.count;
        Self { name, items, left, count: 0, inlet, is_beginning: true, until, item: PhantomData }
    }

    /// Takes what came next, which was waited for.
    fn take(&mut self, next: Next) -> Option<Cut> {
        match next {
            Next::Items(items) => {
                (self.left, self.items, self.is_beginning) = (items.count, items, false);
                return None;
            }
            Next::End => self.inlet = None,
            Next::Cut(cut) => {
                self.inlet = None;
                return Some(cut);
            }
        }
        None
    }

    /// Gives the rest up.
    fn stop(&mut self) {
        (self.left, self.items) = (0, ItemBatch::default());
        if let Some(inlet) = self.inlet.take() {
            inlet.close();
        }
    }
}

impl<T: DeserializeOwned> Upload<T> {
    /// The next of the items that are here.
    fn here(&mut self) -> Option<Result<T, Cut>> {
        let item = self.items.next()?;
        let size = item.len() as u64;
        let decoded = decode(item, true).map_err(|error| {
            let problem = problem_at(format!("[{}]", self.count), item, &error);
            let message = format!("{} is not of the type that it takes: {problem}", self.name);
            Cut::new(CutKind::Item(self.count), message)
        });
        self.count += 1;
        self.left = self.left.saturating_sub(1);
        if decoded.is_err() {
            self.stop();
        } else if let Some(inlet) = self.inlet.as_ref().filter(|_| !self.is_beginning) {
            inlet.took(size);
        }
        Some(decoded)
    }

    fn wait(&mut self) -> Option<Result<T, Cut>> {
        loop {
            if let Some(item) = self.here() {
                return Some(item);
            }
            let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
            let next = self.inlet.as_ref()?.wait(left);
            if let Some(cut) = self.take(next) {
                return Some(Err(cut));
            }
        }
    }

    fn poll(&mut self, task: &Context<'_>) -> Poll<Option<Result<T, Cut>>> {
        loop {
            if let Some(item) = self.here() {
                return Poll::Ready(Some(item));
            }
            let Some(inlet) = &self.inlet else { return Poll::Ready(None) };
            let Poll::Ready(next) = inlet.poll(task) else { return Poll::Pending };
            if let Some(cut) = self.take(next) {
                return Poll::Ready(Some(Err(cut)));
            }
        }
    }
}

impl<T> Drop for Upload<T> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<T> FromUpload for Items<T> {
    type Item = T;

    fn from_upload(upload: Upload<T>) -> Self {
        Self(upload)
    }
}

impl<T> FromUpload for ItemStream<T> {
    type Item = T;

    fn from_upload(upload: Upload<T>) -> Self {
        Self(upload)
    }
}

impl<T: DeserializeOwned> Iterator for Items<T> {
    type Item = Result<T, Cut>;

    fn next(&mut self) -> Option<Result<T, Cut>> {
        self.0.wait()
    }

    /// As many at least as have come.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::try_from(self.0.left).unwrap_or(usize::MAX), None)
    }
}

impl<T: DeserializeOwned> FusedIterator for Items<T> {}

impl<T: DeserializeOwned> ItemStream<T> {
    /// Waits for the next item; `None` after the last.
    ///
    /// It may be given up, in an arm of a `select!` say: no item is lost.
    pub async fn next(&mut self) -> Option<Result<T, Cut>> {
        poll_fn(|task| self.0.poll(task)).await
    }
}

#[cfg(feature = "streams")]
impl<T: DeserializeOwned> futures_core::Stream for ItemStream<T> {
    type Item = Result<T, Cut>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<T, Cut>>> {
        self.0.poll(task)
    }
}

// Nothing in it is pinned by address.
impl<T> Unpin for ItemStream<T> {}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for ItemStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemStream").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Upload<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").finish_non_exhaustive()
    }
}
