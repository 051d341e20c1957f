//! The reply of a call that answers with items: messages of them, one after another, and its end.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::protocol::Fault;
use crate::registry::{Deferred, Inlet, Outlet, Source};

use super::aside::{Aside, Notifies};
use super::reply::Then;

/// What a call answers with, a message at a time.
pub(crate) struct Feed {
    aside: Box<Aside>,
    rest: Deferred,
    source: Source,
    /// By which it is known on its connection.
    key: String,
    /// The subscription that its items are notified to.
    notifies: Option<Notifies>,
    /// What is said before the first of them.
    first: Option<Vec<u8>>,
    then: Option<Then>,
    /// How the call ended, while items are still to be sent.
    ended: Option<Result<String, Fault>>,
    /// How long its caller waits, and the reply when the time is up.
    limit: Option<(Instant, Vec<u8>)>,
}

/// A part of what a call answers with.
#[derive(Debug)]
pub(crate) struct Part {
    /// What there is to say; nothing where the caller wants no more.
    pub(crate) said: Said,
    /// What follows.
    pub(crate) feed: Option<Box<Feed>>,
}

/// One message, or several of them.
#[derive(Debug, Default)]
pub(crate) struct Said {
    bytes: Vec<u8>,
    /// Where each of several ends.
    ends: Option<Vec<usize>>,
}

impl Said {
    /// The messages, one by one; an empty one is none.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &[u8]> {
        let whole = self.ends.is_none().then_some(self.bytes.len());
        let ends = whole.into_iter().chain(self.ends.iter().flatten().copied());
        let mut start = 0;
        ends.map(move |end| &self.bytes[std::mem::replace(&mut start, end)..end])
    }

    /// All of it together.
    #[cfg(feature = "http")]
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// One message.
impl From<Vec<u8>> for Said {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, ends: None }
    }
}

impl AsRef<[u8]> for Said {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Feed {
    pub(super) fn new(
        aside: Box<Aside>,
        (rest, source): (Deferred, Source),
        notifies: Option<Notifies>,
        limit: Option<(Duration, Vec<u8>)>,
        then: Option<Then>,
    ) -> Self {
        let now = Instant::now();
        let limit = limit.and_then(|(limit, late)| Some((now.checked_add(limit)?, late)));
        let first = notifies.as_ref().map(|notifies| aside.subscribed(notifies.id));
        let key = match &notifies {
            None => aside.id().unwrap_or("null").to_owned(),
            // The call is over when it is answered, and another may have its id.
            Some(Notifies { id, .. }) => format!("subscription {id}"),
        };
        Self { aside, rest, source, key, notifies, first, then, ended: None, limit }
    }

    /// The call's id, or what its subscription is known by instead.
    pub(crate) fn id(&self) -> &str {
        &self.key
    }

    /// Where its items go.
    pub(crate) fn outlet(&self) -> &Outlet {
        &self.source.outlet
    }

    /// Where the items of its upload come from, if it has one.
    pub(crate) fn inlet(&self) -> Option<&Inlet> {
        self.source.inlet.as_ref()
    }

    /// Whether whoever asks for the next part blocks their thread.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
    pub(crate) fn blocks(&self) -> bool {
        self.source.blocks
    }

    /// How long its caller waits from now on.
    pub(crate) fn left(&self) -> Option<Duration> {
        let (end, _) = self.limit.as_ref()?;
        Some(end.saturating_duration_since(Instant::now()))
    }

    /// The end for a caller whose time is up.
    pub(crate) fn late(&self) -> Part {
        let message = self.limit.as_ref().map(|(_, late)| late.clone()).unwrap_or_default();
        Part { said: message.into(), feed: None }
    }

    /// Has it end in a fault before it has begun.
    pub(crate) fn refuse(mut self, fault: &Fault) -> Vec<u8> {
        self.aside.reply(Err(fault.clone()))
    }

    /// What is said last.
    fn end(&mut self, outcome: Result<&str, Fault>) -> Vec<u8> {
        match &self.notifies {
            // Where it fails before it has begun, there is no subscription.
            Some(notifies) if self.first.is_none() => self.aside.last_notice(outcome, notifies),
            _ => self.aside.reply(outcome),
        }
    }

    /// The next part.
    pub(crate) async fn next(mut self: Box<Self>) -> Part {
        let (said, is_last) = poll_fn(|task| self.poll(task)).await;
        Part { said, feed: (!is_last).then_some(self) }
    }

    /// What is said next, and whether it is the last.
    fn poll(&mut self, task: &mut Context<'_>) -> Poll<(Said, bool)> {
        let outlet = &self.source.outlet;
        if self.ended.is_none() && !outlet.is_cut() {
            match self.rest.as_mut().poll(task) {
                Poll::Ready(outcome) => self.ended = Some(outcome),
                Poll::Pending => {}
            }
        }
        // A plain function that waits for its upload ends before this is seen.
        let may_have_ended = self.source.inlet.is_some();
        if (self.ended.is_none() || may_have_ended) && outlet.is_cut() {
            let fault = outlet.take_fault();
            let message = fault.map(|fault| self.end(Err(fault))).unwrap_or_default();
            return Poll::Ready((message.into(), true));
        }
        if (outlet.is_open() || matches!(self.ended, Some(Ok(_))))
            && let Some(first) = self.first.take()
        {
            return Poll::Ready((first.into(), false));
        }
        if let Some((bytes, ends)) = outlet.take(self.aside.id()) {
            return Poll::Ready((Said { bytes, ends }, false));
        }
        match self.ended.take() {
            Some(outcome) => {
                let reply = self.end(outcome.as_deref().map_err(Fault::clone));
                let reply = match self.then.take() {
                    None => reply,
                    Some(then) => then(reply),
                };
                Poll::Ready((reply.into(), true))
            }
            None => {
                self.source.outlet.watch(task.waker());
                // It may have been cut since that was asked.
                if self.source.outlet.is_cut() { self.poll(task) } else { Poll::Pending }
            }
        }
    }
}

/// Nobody asks for more of it.
impl Drop for Feed {
    fn drop(&mut self) {
        self.source.outlet.cut(None);
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("id", &self.id()).finish_non_exhaustive()
    }
}
