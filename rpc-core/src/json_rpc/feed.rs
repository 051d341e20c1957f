//! The reply of a call that answers with items: messages of them, one after another, and its end.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::dialect::Dialect;
use crate::protocol::Fault;
use crate::registry::{Deferred, Inlet, Outlet, Source};

use super::aside::Aside;
use super::later::Then;

/// What a call answers with, a message at a time.
pub(crate) struct Feed {
    aside: Box<Aside>,
    rest: Deferred,
    source: Source,
    then: Option<Then>,
    /// How the call ended, while items are still to be sent.
    ended: Option<Result<String, Fault>>,
    /// How long its caller waits, and the reply when the time is up.
    limit: Option<(Instant, Vec<u8>)>,
}

/// A part of what a call answers with.
#[derive(Debug)]
pub(crate) struct Part {
    /// One message; none where the caller wants no more.
    pub(crate) message: Vec<u8>,
    /// What follows.
    pub(crate) feed: Option<Box<Feed>>,
}

impl Feed {
    pub(super) fn new(
        aside: Box<Aside>,
        (rest, source): (Deferred, Source),
        limit: Option<(Duration, Vec<u8>)>,
        then: Option<Then>,
    ) -> Self {
        let now = Instant::now();
        let limit = limit.and_then(|(limit, late)| Some((now.checked_add(limit)?, late)));
        Self { aside, rest, source, then, ended: None, limit }
    }

    /// The call's id.
    pub(crate) fn id(&self) -> &str {
        self.aside.id().unwrap_or("null")
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
        Part { message, feed: None }
    }

    /// Has it end in a fault before it has begun.
    pub(crate) fn refuse(mut self, fault: &Fault) -> Vec<u8> {
        self.aside.reply(Err(fault.clone()))
    }

    /// The next part.
    pub(crate) async fn next(mut self: Box<Self>) -> Part {
        let (message, is_last) = poll_fn(|task| self.poll(task)).await;
        Part { message, feed: (!is_last).then_some(self) }
    }

    /// The next message, and whether it is the last.
    fn poll(&mut self, task: &mut Context<'_>) -> Poll<(Vec<u8>, bool)> {
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
            let message = fault.map(|fault| self.aside.reply(Err(fault))).unwrap_or_default();
            return Poll::Ready((message, true));
        }
        if outlet.is_stream()
            && let Some(mut items) = outlet.take()
        {
            Dialect::end_items(&mut items, self.aside.id());
            return Poll::Ready((items, false));
        }
        match self.ended.take() {
            Some(outcome) => {
                let reply = self.aside.reply(outcome.as_deref().map_err(Fault::clone));
                let reply = match self.then.take() {
                    None => reply,
                    Some(then) => then(reply),
                };
                Poll::Ready((reply, true))
            }
            None => {
                self.source.outlet.watch(task.waker());
                // It may have been cut since that was asked.
                if self.source.outlet.is_cut() { self.poll(task) } else { Poll::Pending }
            }
        }
    }
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.message
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("id", &self.id()).finish_non_exhaustive()
    }
}
