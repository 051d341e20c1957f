//! Replies that take time, and what must be done for them.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use super::batch::Batch;

/// A reply to come: its bytes, or none where none is wanted.
pub(crate) type Reply = Pin<Box<dyn Future<Output = Vec<u8>> + Send>>;

/// A function that blocks its thread, to be run on one that may be blocked. Its reply is there when it
/// returns, unless a layer makes it wait.
pub(crate) type Blocking = Box<dyn FnOnce() -> Reply + Send>;

/// A reply that takes time.
#[must_use = "nothing is done for it until it is asked for"]
pub struct Later {
    work: Work,
    order: Order,
    /// How long the caller waits, and the reply when the time is up.
    limit: Option<(Duration, Vec<u8>)>,
    then: Option<Then>,
}

/// What is done with the reply before it is sent.
type Then = Box<dyn FnOnce(Vec<u8>) -> Vec<u8> + Send>;

/// What must be done for a reply.
enum Work {
    /// Waiting for it.
    Waiting(Reply),
    /// Running this on a thread that may be blocked.
    Blocking(Blocking),
    /// Several such things, side by side.
    Batch(Batch),
}

/// Whether a reply may overtake others of its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// Not this one: nothing says which call it belongs to.
    InTurn,
    /// The id says which call it belongs to, as the text it came as.
    ById(String),
    /// What it belongs to is said inside.
    Any,
}

impl Order {
    fn of(id: Option<&str>) -> Self {
        id.map_or(Self::InTurn, |id| Self::ById(id.to_owned()))
    }
}

impl Later {
    /// Makes a reply of a future, which ends in its bytes, or in none where no reply is wanted. One
    /// with an id, as the text it came as, may overtake others of its connection.
    pub fn new(id: Option<&str>, reply: impl Future<Output = Vec<u8>> + Send + 'static) -> Self {
        Self::of(Work::Waiting(Box::pin(reply)), Order::of(id))
    }

    /// Makes a reply of a function that blocks its thread.
    pub(super) fn blocking(id: Option<&str>, run: Blocking) -> Self {
        Self::of(Work::Blocking(run), Order::of(id))
    }

    /// Makes one reply of several.
    pub(super) fn batch(batch: Batch) -> Self {
        Self::of(Work::Batch(batch), Order::Any)
    }

    fn of(work: Work, order: Order) -> Self {
        Self { work, order, limit: None, then: None }
    }

    /// Waits no longer than `limit`, and has the reply be `late` then.
    pub(super) fn within(self, limit: Duration, late: Vec<u8>) -> Self {
        Self { limit: Some((limit, late)), ..self }
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

    /// Whether it may overtake other replies.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
    pub(crate) fn order(&self) -> &Order {
        &self.order
    }

    /// How many calls it is the reply of.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
    pub(crate) fn calls(&self) -> usize {
        match &self.work {
            Work::Batch(batch) => batch.calls(),
            _ => 1,
        }
    }

    /// How long its caller waits, and the reply when the time is up.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
    pub(crate) fn take_limit(&mut self) -> Option<(Duration, Vec<u8>)> {
        self.limit.take()
    }

    /// The reply, for which `block` runs what blocks a thread.
    pub(crate) fn reply_with(self, block: &impl Fn(Blocking) -> Reply) -> Reply {
        let reply = match self.work {
            Work::Waiting(reply) => reply,
            Work::Blocking(run) => block(run),
            Work::Batch(batch) => batch.reply(block),
        };
        match self.then {
            None => reply,
            Some(then) => Box::pin(async move { then(reply.await) }),
        }
    }

    /// The reply, for which this thread may be blocked.
    pub fn reply(self) -> Pin<Box<dyn Future<Output = Vec<u8>> + Send>> {
        self.reply_with(&|run| run())
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Later").field("order", &self.order).finish_non_exhaustive()
    }
}
