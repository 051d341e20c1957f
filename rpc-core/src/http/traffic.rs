//! What is under way on one connection, for whoever looks whether its peer is too slow.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use hyper::header::HeaderMap;
use tokio::sync::Notify;

use crate::pump::Timeouts;
use crate::timing::LEFT;

/// The requests of a connection, and since when it is as it is.
#[derive(Debug)]
pub(super) struct Traffic {
    state: Mutex<State>,
    /// Whether requests come side by side, as HTTP/2 has them.
    multiplexed: bool,
    /// Told when replies have been taken.
    taken: Notify,
    /// Whether others wait for the thread that serves the connection.
    crowded: AtomicBool,
    /// How many of the requests are answered with items, which come by and by.
    streams: AtomicUsize,
    flushes: Mutex<Flushes>,
}

/// How often all that was given away has been written, while requests were answered with items.
#[derive(Debug, Default)]
struct Flushes {
    count: u64,
    /// Those who wait for the next time.
    waiting: Vec<Waker>,
}

#[derive(Debug)]
struct State {
    /// Requests whose replies have not been taken.
    running: usize,
    /// Those among them that have not arrived whole.
    arriving: usize,
    /// Whether replies were given away and may not have been written yet.
    unwritten: bool,
    /// Whether a request has begun to arrive, where none is running.
    head: bool,
    /// Since when nothing runs, or the request arrives; unset where that is now.
    since: Option<Instant>,
    /// Once the connection carries no requests any more, the headers of the last.
    switched: Option<HeaderMap>,
    /// Bytes of replies that have not been taken.
    waiting: usize,
    /// When some were taken last, or the first came to wait; unset where that is now.
    moved: Option<Instant>,
}

/// Bytes of replies that may wait before no more are made.
const REPLIES_WAITING: usize = 16 * 1024 * 1024;

/// What a peer takes too long over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    /// The next request.
    Idle,
    /// The head of a request.
    Head,
    /// Its replies.
    Replies,
}

impl Traffic {
    pub(super) fn new(multiplexed: bool) -> Self {
        // Its first bytes are what told that this is HTTP.
        let state = State {
            running: 0,
            arriving: 0,
            unwritten: false,
            head: !multiplexed,
            since: None,
            switched: None,
            waiting: 0,
            moved: None,
        };
        Self {
            state: Mutex::new(state),
            multiplexed,
            taken: Notify::new(),
            crowded: AtomicBool::new(false),
            streams: AtomicUsize::new(0),
            flushes: Mutex::default(),
        }
    }

    /// Takes note that bytes have come, and says whether a request begins with them. In HTTP/2 they may be
    /// anything.
    pub(super) fn received(&self) -> bool {
        let mut state = self.state();
        let begins = state.running == 0 && !state.head && !self.multiplexed;
        if begins {
            state.head = true;
            state.since = None;
        }
        begins
    }

    /// Takes note of a request until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Running {
        let mut state = self.state();
        state.running += 1;
        state.arriving += 1;
        state.head = false;
        Running { traffic: Arc::clone(self), arriving: true, waiting: 0, unwritten: None }
    }

    /// Gives the peer its time anew, where nothing is under way.
    pub(super) fn restart(&self) {
        let mut state = self.state();
        if !state.head {
            state.since = None;
        }
    }

    /// Takes note that everything that was given away has been written, and says whether that is new.
    pub(super) fn written(&self) -> bool {
        if self.is_streaming() {
            let mut flushes = self.flushes();
            flushes.count += 1;
            let waiting = mem::take(&mut flushes.waiting);
            drop(flushes);
            waiting.into_iter().for_each(Waker::wake);
        }
        mem::take(&mut self.state().unwritten)
    }

    /// Whether a request runs, whether or not it has arrived whole.
    pub(super) fn is_running(&self) -> bool {
        self.state().running > 0
    }

    /// Whether a request that has arrived whole waits for its reply.
    pub(super) fn is_answering(&self) -> bool {
        let state = self.state();
        state.running > state.arriving || state.unwritten
    }

    /// Takes note that the connection carries something else from its next reply on.
    pub(super) fn switch(&self, headers: HeaderMap) {
        self.state().switched = Some(headers);
    }

    /// The headers of the request after which it did.
    pub(super) fn take_switched(&self) -> Option<HeaderMap> {
        self.state().switched.take()
    }

    /// Takes note that others wait for the thread that serves the connection: its next response is the
    /// last.
    pub(super) fn crowd(&self) {
        self.crowded.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_crowded(&self) -> bool {
        self.crowded.load(Ordering::Relaxed)
    }

    /// Whether there is a reply that need not be taken whole within a time.
    pub(super) fn is_streaming(&self) -> bool {
        self.streams.load(Ordering::Relaxed) > 0
    }

    /// Whether requests come side by side.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.multiplexed
    }

    /// Whether a request is arriving that does not run yet.
    pub(super) fn is_in_head(&self) -> bool {
        self.state().head
    }

    /// Waits until few enough replies are waiting that another may be made.
    pub(super) async fn capacity(&self) {
        loop {
            let taken = self.taken.notified();
            if self.state().waiting < REPLIES_WAITING {
                return;
            }
            taken.await;
        }
    }

    /// When the peer will be late, and with what, should nothing happen until then. After the notice
    /// that the server stops it has little time to say more.
    pub(super) fn due(&self, timeouts: &Timeouts, told: bool) -> Option<(Instant, Late)> {
        let state = &mut *self.state();
        let (since, limit, late) = match state {
            State { running: 0, head: true, since, .. } => (since, timeouts.message, Late::Head),
            State { running: 0, since, .. } if told => (since, LEFT, Late::Idle),
            State { running: 0, since, .. } => (since, timeouts.idle, Late::Idle),
            State { waiting: 1.., moved, .. } => (moved, timeouts.write, Late::Replies),
            _ => return None,
        };
        // A clock takes its time to look at: once here, not at everything that happens.
        let since = since.get_or_insert_with(Instant::now);
        Some((since.checked_add(limit)?, late))
    }

    /// Lets those go on who waited for capacity, unless there was some before.
    fn notify_capacity(&self, had_capacity: bool) {
        if !had_capacity {
            self.taken.notify_waiters();
        }
    }

    fn flushes(&self) -> MutexGuard<'_, Flushes> {
        self.flushes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes note that of one reply so many bytes wait now, which were so many before. Whether there was
    /// capacity for more.
    fn move_waiting(&mut self, before: usize, now: usize) -> bool {
        if now < before || self.waiting == 0 {
            self.moved = None;
        }
        let had_capacity = self.waiting < REPLIES_WAITING;
        self.waiting = self.waiting - before + now;
        had_capacity
    }
}

/// A request that runs, or whose reply has not been taken, for as long as this lives.
#[derive(Debug)]
pub(super) struct Running {
    traffic: Arc<Traffic>,
    arriving: bool,
    /// Bytes of its reply that have not been taken.
    waiting: usize,
    /// Of one that is answered with items, how often all had been written when the last of them were given away.
    unwritten: Option<u64>,
}

impl Running {
    /// Takes note that the request has arrived whole.
    pub(super) fn arrived(&mut self) {
        if mem::take(&mut self.arriving) {
            self.traffic.state().arriving -= 1;
        }
    }

    /// Takes note that it is answered with items.
    pub(super) fn begins_stream(&mut self) {
        self.traffic.streams.fetch_add(1, Ordering::Relaxed);
        self.gives();
    }

    /// Takes note that some of them are given away.
    pub(super) fn gives(&mut self) {
        self.unwritten = Some(self.traffic.flushes().count);
    }

    /// Is ready when those have been written that were given away.
    pub(super) fn poll_written(&self, task: &Context<'_>) -> Poll<()> {
        let mut flushes = self.traffic.flushes();
        if self.unwritten != Some(flushes.count) {
            return Poll::Ready(());
        }
        if !flushes.waiting.iter().any(|waiting| waiting.will_wake(task.waker())) {
            flushes.waiting.push(task.waker().clone());
        }
        Poll::Pending
    }

    /// Takes note of how much of the reply has not been taken.
    pub(super) fn waits(&mut self, waiting: usize) {
        let before = mem::replace(&mut self.waiting, waiting);
        if waiting != before {
            let had_capacity = self.traffic.state().move_waiting(before, waiting);
            self.traffic.notify_capacity(had_capacity);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.unwritten.is_some() {
            self.traffic.streams.fetch_sub(1, Ordering::Relaxed);
        }
        let mut state = self.traffic.state();
        state.running -= 1;
        state.arriving -= usize::from(self.arriving);
        state.unwritten = true;
        state.since = None;
        let had_capacity = state.move_waiting(self.waiting, 0);
        drop(state);
        self.traffic.notify_capacity(had_capacity);
    }
}
