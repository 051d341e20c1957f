//! Replies that take time, and what must be done for them.

use std::fmt;
use std::future;
use std::mem;
use std::pin::Pin;
use std::time::Duration;

#[cfg(feature = "http")]
use crate::dialect::ItemForm;
use crate::protocol::Fault;
use crate::registry::{Deferred, Job, Rest};

use super::aside::{Aside, Notifies};
use super::caller_limits::InFlight;
use super::feed::Feed;
use super::reply::{Order, Reply, Then};
use super::side_by_side::side_by_side;

/// A reply that takes time.
#[must_use = "nothing is done for it until it is asked for"]
pub struct Later {
    work: Work,
    order: Order,
    /// How long the caller waits, and the reply when the time is up.
    limit: Option<(Duration, Vec<u8>)>,
    then: Option<Then>,
}

/// What must be done for a reply.
enum Work {
    /// Waiting for it.
    Waiting(Reply),
    /// Running the rest of a call.
    Call(Box<Aside>, Box<Rest>),
    /// Several such things, side by side.
    Array(Array),
}

impl Later {
    /// Makes a reply of a future, which ends in its bytes, or in none where no reply is wanted. One
    /// with an id, as the text it came as, may overtake others of its connection.
    pub fn new(id: Option<&str>, reply: impl Future<Output = Vec<u8>> + Send + 'static) -> Self {
        Self::of(Work::Waiting(Box::pin(reply)), Order::of(id))
    }

    /// Makes a reply of the rest of a call.
    pub(super) fn call(mut aside: Aside, mut rest: Box<Rest>) -> Self {
        if let Some(source) = rest.source_mut() {
            source.outlet.bound(aside.limit());
            if !aside.can_subscribe() {
                source.subscription = None;
            }
            if source.subscription.is_some() && aside.is_part() {
                let fault = not_alone(aside.method());
                let order = Order::of(aside.id());
                let refused = async move { aside.reply(Err(fault)) };
                return Self::of(Work::Waiting(Box::pin(refused)), order);
            }
        }
        let order = Order::of(aside.id());
        Self::of(Work::Call(Box::new(aside), rest), order)
    }

    /// Makes one reply of several.
    pub(super) fn array(array: Array) -> Self {
        Self::of(Work::Array(array), Order::Any)
    }

    fn of(work: Work, order: Order) -> Self {
        Self { work, order, limit: None, then: None }
    }

    /// Waits no longer than `limit`, and has the reply be `late` then.
    pub(super) fn within(self, limit: Duration, late: Vec<u8>) -> Self {
        Self { limit: Some((limit, late)), ..self }
    }

    /// Says of which call it is the reply, where it is one of several parts.
    pub(super) fn of_call(self, id: Option<&str>) -> Self {
        Self { order: Order::of(id), ..self }
    }

    /// Does something with the reply before it is sent. What `then` holds is let go with it, or when
    /// nobody waits for the reply any more.
    pub(crate) fn then(mut self, then: impl FnOnce(Vec<u8>) -> Vec<u8> + Send + 'static) -> Self {
        self.then = Some(match self.then.take() {
            None => Box::new(then),
            Some(first) => Box::new(move |reply| then(first(reply))),
        });
        self
    }

    /// Takes what was given for the whole of an upload, where no more can come.
    pub(crate) fn has_all_given(&self) {
        if let Work::Call(_, rest) = &self.work
            && let Some(inlet) = rest.source().and_then(|source| source.inlet.as_ref())
        {
            inlet.end();
        }
    }

    /// Whether the call answers with parts.
    #[cfg_attr(not(unix), allow(dead_code))]
    pub(crate) fn is_feed(&self) -> bool {
        matches!(&self.work, Work::Call(_, rest) if rest.is_stream())
    }

    /// Takes what the call answers with, where that comes in parts.
    pub(crate) fn take_feed(&mut self) -> Option<Box<Feed>> {
        let Work::Call(_, rest) = &mut self.work else { return None };
        let notifies = rest.source_mut().and_then(Notifies::begin);
        if !rest.is_stream() {
            return None;
        }
        let nothing = Work::Waiting(Box::pin(future::ready(Vec::new())));
        let Work::Call(aside, rest) = mem::replace(&mut self.work, nothing) else { return None };
        let (limit, then) = (self.limit.take(), self.then.take());
        Some(Box::new(Feed::new(aside, rest.into_stream()?, notifies, limit, then)))
    }

    /// Has the items of a call come in the form that the caller asks for, where it answers with items; in which, if any.
    #[cfg(feature = "http")]
    pub(crate) fn write_items_as(
        &self,
        form: impl FnOnce() -> Option<ItemForm>,
    ) -> Option<ItemForm> {
        let Work::Call(aside, rest) = &self.work else { return None };
        let source = rest.source().filter(|_| aside.takes_items())?;
        let form = form()?;
        source.outlet.write_as(form);
        self.has_all_given();
        Some(form)
    }

    /// Whether it may overtake other replies.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
    pub(crate) fn order(&self) -> &Order {
        &self.order
    }

    /// How many calls it is the reply of.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
    pub(crate) fn calls(&self) -> usize {
        match &self.work {
            Work::Array(array) => array.calls,
            _ => 1,
        }
    }

    /// How long its caller waits, and the reply when the time is up.
    pub(crate) fn take_limit(&mut self) -> Option<(Duration, Vec<u8>)> {
        self.limit.take()
    }

    /// The reply, for which `block` runs what blocks a thread.
    pub(crate) fn reply_with(self, block: &impl Fn(Job) -> Deferred) -> Reply {
        self.has_all_given();
        let reply = match self.work {
            Work::Waiting(reply) => reply,
            Work::Call(mut aside, rest) => {
                if let Some(source) = rest.source() {
                    source.outlet.gather();
                }
                let rest = match aside.held() {
                    None => rest.run(block),
                    Some(held) => rest.run(&|job| block(holding(held.clone(), job))),
                };
                Box::pin(async move {
                    let outcome = rest.await;
                    aside.reply(outcome.as_deref().map_err(Fault::clone))
                })
            }
            Work::Array(array) => array.reply(block),
        };
        match self.then {
            None => reply,
            Some(then) => Box::pin(async move { then(reply.await) }),
        }
    }

    /// The reply, for which this thread may be blocked.
    pub fn reply(self) -> Pin<Box<dyn Future<Output = Vec<u8>> + Send>> {
        self.reply_with(&|job| Box::pin(async { job() }))
    }
}

/// The refusal of a call that would begin a subscription, and has others beside it.
#[cold]
fn not_alone(method: &str) -> Fault {
    let message = format!(
        "`{method}` is answered with a subscription, and is called alone: not in a batch with other calls"
    );
    Fault::invalid_request(message).refusing()
}

/// The same job, which holds something until it has ended, whether or not somebody still waits for it.
fn holding(held: InFlight, job: Job) -> Job {
    Box::new(move || {
        let result = job();
        drop(held);
        result
    })
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Later").field("order", &self.order).finish_non_exhaustive()
    }
}

/// The replies of several calls, some of which are still to come.
#[derive(Debug)]
pub(super) struct Array {
    /// How many calls they are of.
    pub(super) calls: usize,
    /// The replies so far, with a comma behind each.
    pub(super) done: Vec<u8>,
    pub(super) gaps: Vec<Gap>,
}

impl Array {
    /// The array of all replies, for which `block` runs what blocks a thread.
    fn reply(self, block: &impl Fn(Job) -> Deferred) -> Reply {
        let Self { done, gaps, .. } = self;
        let (places, coming): (Vec<_>, Vec<_>) =
            gaps.into_iter().map(|Gap { at, later }| (at, later.reply_with(block))).unzip();
        Box::pin(async move {
            let replies = side_by_side(coming).await;
            let size = replies.iter().map(|reply| reply.len() + 1).sum::<usize>();
            let mut out = Vec::with_capacity(done.len() + size);
            let mut from = 0;
            for (at, reply) in places.into_iter().zip(replies) {
                out.extend_from_slice(&done[from..at]);
                from = at;
                if !reply.is_empty() {
                    out.extend_from_slice(&reply);
                    out.push(b',');
                }
            }
            out.extend_from_slice(&done[from..]);
            close(&mut out, 0);
            out
        })
    }
}

/// A place for a reply that is still to come.
#[derive(Debug)]
pub(super) struct Gap {
    pub(super) at: usize,
    pub(super) later: Later,
}

/// Puts the bracket in the place of the last comma, and leaves nothing of an empty array.
pub(super) fn close(out: &mut Vec<u8>, start: usize) {
    if out.len() == start + 1 {
        out.truncate(start);
    } else if let Some(comma) = out.last_mut() {
        *comma = b']';
    }
}
