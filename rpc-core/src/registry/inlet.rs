//! Where the items of an upload come in, and wait for the function that takes them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::dialect::ItemBatch;
use crate::error::{Cut, CutKind};
use crate::protocol::{Account, Credit, Grants};

/// Where the items of an upload come in.
#[derive(Clone, Default)]
pub(crate) struct Inlet(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// What has come and was not taken.
    waiting: VecDeque<ItemBatch>,
    /// What has come, and may.
    account: Account,
    /// What the function has taken, and what is granted for that.
    grants: Grants,
    /// What stands behind the last item, once that is known.
    end: Option<Result<(), Cut>>,
    /// Whether the function waits for items.
    is_starved: bool,
    /// Whether the function takes no more.
    is_closed: bool,
    /// The task of the function, where it waits.
    taker: Option<Waker>,
    /// What is to be granted, and whoever says so.
    due: Option<Credit>,
    granter: Option<Waker>,
    /// Who says at once what is granted, where somebody does.
    say: Option<Arc<Say>>,
}

type Say = dyn Fn(Credit) + Send + Sync;

/// What a function finds that asks for items.
pub(super) enum Next {
    Items(ItemBatch),
    End,
    Cut(Cut),
}

impl Inlet {
    /// How much may be sent to begin with, and at most what waits for the function but for one item.
    pub(crate) const WINDOW: Credit = Credit { items: 16_384, bytes: 128 * 1024 };

    /// Has `say` tell the sender at once how much there is room for.
    pub(crate) fn granted_by(&self, say: impl Fn(Credit) + Send + Sync + 'static) {
        self.lock().say = Some(Arc::new(say));
    }

    /// Says no more to the sender.
    pub(crate) fn silence(&self) {
        self.lock().say = None;
    }

    /// Takes items that have come.
    pub(crate) fn receive(&self, items: ItemBatch) {
        const OVERRUN: &str = "more items came than the upload's credit allows";
        let mut state = self.lock();
        if state.end.is_some() || items.count == 0 {
            return;
        }
        if !state.account.receive(items.count, items.bytes, items.last) {
            state.end = Some(Err(Cut::new(CutKind::Overrun, OVERRUN)));
        } else if !state.is_closed {
            state.waiting.push_back(items);
        }
        self.wake(state);
    }

    /// Takes note that all items have come.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.end.get_or_insert(Ok(()));
        self.wake(state);
    }

    /// Takes note that no more items come, although they were not all.
    pub(crate) fn cut(&self, cut: Cut) {
        let mut state = self.lock();
        state.end.get_or_insert(Err(cut));
        self.wake(state);
    }

    /// Takes note that the function takes no more.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.waiting.clear();
        self.wake(state);
    }

    /// Whether the function waits for items of a caller who sends none.
    pub(crate) fn is_starved(&self) -> bool {
        let state = self.lock();
        state.is_starved && state.waiting.is_empty() && state.end.is_none()
    }

    /// Waits for the next items on this thread, no longer than for the time that is left.
    pub(super) fn wait(&self, left: Option<Duration>) -> Next {
        let until = left.and_then(|left| Instant::now().checked_add(left));
        let mut state = self.lock();
        loop {
            if let Some(next) = state.next() {
                return next;
            }
            state.is_starved = true;
            let changed = &self.0.changed;
            state = match until {
                None => changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Next::Cut(Cut::new(CutKind::TimedOut, "the upload's time is up"));
                    }
                    changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Asks for the next items, for which `task` is woken later if there are none.
    pub(super) fn poll(&self, task: &Context<'_>) -> Poll<Next> {
        let mut state = self.lock();
        if let Some(next) = state.next() {
            return Poll::Ready(next);
        }
        state.is_starved = true;
        state.taker = Some(task.waker().clone());
        Poll::Pending
    }

    /// Takes note that the function has taken an item of so many bytes, and grants more as soon as half of the window
    /// is used up.
    pub(super) fn took(&self, bytes: u64) {
        let mut state = self.lock();
        let granted = state.grants.take(bytes);
        let Some(total) = granted.filter(|_| state.end.is_none()) else { return };
        state.account.grant(total);
        if let Some(say) = state.say.clone() {
            drop(state);
            return say(total);
        }
        state.due = Some(total);
        let waiting = state.granter.take();
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits until more is granted than the sender knows of; `None` when that does not happen any more.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
    pub(crate) fn poll_grant(&self, task: &Context<'_>) -> Poll<Option<Credit>> {
        let mut state = self.lock();
        if state.end.is_some() || state.is_closed {
            return Poll::Ready(None);
        }
        if let Some(due) = state.due.take() {
            return Poll::Ready(Some(due));
        }
        state.granter = Some(task.waker().clone());
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes those who wait, where nothing is locked.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let taker = state.taker.take();
        let is_over = state.end.is_some() || state.is_closed;
        let granter = if is_over { state.granter.take() } else { None };
        drop(state);
        self.0.changed.notify_all();
        [taker, granter].into_iter().flatten().for_each(Waker::wake);
    }
}

impl State {
    fn next(&mut self) -> Option<Next> {
        let next = match self.waiting.pop_front() {
            Some(items) => Next::Items(items),
            None => match self.end.clone()? {
                Ok(()) => Next::End,
                Err(cut) => Next::Cut(cut),
            },
        };
        self.is_starved = false;
        Some(next)
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            account: Account::new(Inlet::WINDOW),
            grants: Grants::new(Inlet::WINDOW),
            end: None,
            is_starved: false,
            is_closed: false,
            taker: None,
            due: None,
            granter: None,
            say: None,
        }
    }
}

impl fmt::Debug for Inlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet").finish_non_exhaustive()
    }
}
