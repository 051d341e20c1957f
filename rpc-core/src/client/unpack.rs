//! What a stream's reader has in its hands: items that came together, taken one by one, and where more
//! come from.

use std::borrow::Cow;
use std::mem;
use std::task::Poll;

use serde::de::DeserializeOwned;

use crate::dialect::{ItemBatch, OwnedText};
use crate::error::Error;
use crate::protocol::{Credit, Grants, ProtocolError, json};
use crate::registry::problem_at;

use super::RawJson;
use super::flight::Arrived;

/// A stream in the hands of its reader. `C` is a stream in flight, which is given up when it is dropped.
#[derive(Debug)]
pub(super) struct Unpack<C> {
    method: Cow<'static, str>,
    items: ItemBatch,
    /// How many items were taken.
    count: u64,
    grants: Grants,
    source: Source<C>,
}

/// Where more items come from.
#[derive(Debug)]
enum Source<C> {
    Flight(C),
    Failed(Box<Error>),
    Over,
}

impl<C> Unpack<C> {
    /// Takes a stream in flight that begins with this window.
    pub(super) fn new(method: Cow<'static, str>, window: Credit, flight: C) -> Self {
        let (items, grants) = (ItemBatch::default(), Grants::new(window));
        Self { method, items, count: 0, grants, source: Source::Flight(flight) }
    }

    /// Takes what a call came to that has all items in its result.
    ///
    /// # Errors
    ///
    /// What kept the call from being sent; all others come in the place of items.
    pub(super) fn whole(
        method: Cow<'static, str>,
        result: Result<RawJson, Error>,
    ) -> Result<Self, Error> {
        let (items, grants) = (ItemBatch::default(), Grants::default());
        let mut whole = Self { method, items, count: 0, grants, source: Source::Over };
        match result {
            Ok(result) => whole.end(Ok(OwnedText::of(result.get(), true))),
            Err(error @ (Error::Misuse(_) | Error::Io(_) | Error::Layer(_)))
                if !error.may_have_run() =>
            {
                return Err(error);
            }
            Err(error) => whole.end(Err(error)),
        }
        Ok(whole)
    }

    /// The function that was called.
    pub(super) fn method(&self) -> &str {
        &self.method
    }

    /// Takes the next item. `arrived` asks a stream in flight for what has come, and `grant` lets more come.
    pub(super) fn next<T: DeserializeOwned>(
        &mut self,
        mut arrived: impl FnMut(&C, &str) -> Arrived,
        grant: impl FnOnce(&C, Credit),
    ) -> Poll<Option<Result<T, Error>>> {
        loop {
            if let Some(item) = self.items.next() {
                let decoded = json::decode(item, true);
                let granted = self.grants.take(item.len() as u64);
                let decoded = decoded.map_err(|error| {
                    let problem = problem_at(format!("[{}]", self.count), item, &error);
                    wrong_result(&self.method, problem)
                });
                self.count += 1;
                match (&decoded, granted, &self.source) {
                    (Err(_), ..) => self.stop(),
                    (Ok(_), Some(granted), Source::Flight(flight)) => grant(flight, granted),
                    _ => {}
                }
                return Poll::Ready(Some(decoded));
            }
            let Source::Flight(flight) = &self.source else {
                return Poll::Ready(match mem::replace(&mut self.source, Source::Over) {
                    Source::Failed(error) => Some(Err(*error)),
                    _ => None,
                });
            };
            match arrived(flight, &self.method) {
                Arrived::Items(items) => self.items = items,
                Arrived::End(result) => self.end(result),
                Arrived::Nothing => return Poll::Pending,
            }
        }
    }

    /// Takes what the call came to in the end: nothing, or the last items, which are all of them where there are no
    /// streams on the way.
    fn end(&mut self, result: Result<OwnedText, Error>) {
        const ONE_VALUE: &str =
            "it answers with one value where a stream of items was asked for; `call` it";
        let ended = result.and_then(|result| {
            if result.text() != "null" {
                let wrong = || wrong_result(&self.method, ONE_VALUE.to_owned());
                self.items = result.items().ok_or_else(wrong)?;
            }
            Ok(())
        });
        self.source = ended.map_or_else(|error| Source::Failed(error.into()), |()| Source::Over);
    }

    /// Gives the rest up.
    fn stop(&mut self) {
        self.items = ItemBatch::default();
        self.source = Source::Over;
    }

    /// Whether there is nothing more to come.
    #[cfg(all(feature = "streams", feature = "tokio"))]
    pub(super) fn is_over(&self) -> bool {
        matches!(self.source, Source::Over) && self.items.is_taken()
    }
}

#[cold]
fn wrong_result(method: &str, problem: String) -> Error {
    ProtocolError::Result { method: method.to_owned(), problem }.into()
}
