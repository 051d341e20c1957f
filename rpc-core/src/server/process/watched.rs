//! A layer that lets the supervisor see how its worker is doing.

use std::mem;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::json_rpc::{Answer, Answered, Session};
use crate::protocol::Fault;

use super::sys::{self, Shared};

/// Counts the messages that a worker answers, one after another: seen by the worker and its
/// supervisor.
#[derive(Debug)]
pub(super) struct Calls {
    /// Counts beginnings and ends, so it is odd while a call runs.
    turns: Shared,
    /// After how many calls the worker leaves.
    limit: Option<u64>,
}

impl Calls {
    pub(super) fn new(limit: Option<u64>) -> std::io::Result<Self> {
        Ok(Self { turns: Shared::new()?, limit })
    }

    /// The call that runs, if one does.
    pub(super) fn running(&self) -> Option<u64> {
        let turns = self.turns.load(Ordering::Relaxed);
        (turns % 2 == 1).then_some(turns)
    }

    fn turn(&self) -> u64 {
        // Only one thread ever writes.
        let turns = self.turns.load(Ordering::Relaxed) + 1;
        self.turns.store(turns, Ordering::Relaxed);
        turns
    }
}

/// A call that runs for as long as this lives.
struct Running<C: Deref<Target = Calls>>(C);

impl<C: Deref<Target = Calls>> Drop for Running<C> {
    fn drop(&mut self) {
        let turns = self.0.turn();
        if self.0.limit.is_some_and(|limit| turns == limit.saturating_mul(2)) {
            // As if the supervisor had said so.
            sys::raise(libc::SIGTERM);
        }
    }
}

/// Counts the messages that `inner` answers.
#[derive(Debug)]
pub(in crate::server) struct Watched<A> {
    inner: Arc<A>,
    calls: Arc<Calls>,
    /// Whether a call is all that the worker does until it ends. On an event loop it is so only while
    /// it has the loop's thread: what is asynchronous, or blocks another thread, holds up nobody.
    one_by_one: bool,
}

impl<A> Watched<A> {
    pub(super) fn new(inner: Arc<A>, calls: Arc<Calls>, one_by_one: bool) -> Self {
        Self { inner, calls, one_by_one }
    }
}

impl<A: Answer> Answer for Watched<A> {
    fn answer(&self, message: &[u8], session: &mut Session, out: &mut Vec<u8>) -> Answered {
        if !self.one_by_one && !session.context.must_not_block() {
            return self.inner.answer(message, session, out);
        }
        self.calls.turn();
        let running = Running(&*self.calls);
        match self.inner.answer(message, session, out) {
            // A stream goes on beside other calls.
            Answered::Later(later) if self.one_by_one && !later.is_feed() => {
                mem::forget(running);
                let running = Running(Arc::clone(&self.calls));
                Answered::Later(later.then(move |reply| {
                    drop(running);
                    reply
                }))
            }
            Answered::Asks(asking) if self.one_by_one => {
                mem::forget(running);
                Answered::Asks(asking.holding(Running(Arc::clone(&self.calls))))
            }
            answered => answered,
        }
    }

    fn refuse(&self, message: &[u8], fault: &Fault, session: &mut Session, out: &mut Vec<u8>) {
        self.inner.refuse(message, fault, session, out);
    }

    fn cut_off(&self) {
        self.inner.cut_off();
    }
}
