//! One connection, as its callers and the task that drives it both see it.
//!
//! The driving task writes what callers queue and reads their replies: many of either at once. A call
//! that is alone on its connection is written and its reply read by its own task, which saves two
//! turns of the runtime, or of two of its threads.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::error::{Error, IoError, IoErrorKind};
use crate::protocol::Inbound;
use crate::transport::AsyncSocket;

use super::super::ClientBuilder;
use super::super::deadline::Deadline;
use super::super::flight::{Flight, Own, Progress};
use super::super::lost::Lost;
use super::pool::Room;
use super::state::State;
use super::wire::Wire;

/// A connection and the calls in flight on it.
#[derive(Debug)]
pub(super) struct Link {
    state: Mutex<State>,
    /// Locked before the state by who needs both, and only tried where the state is locked; gone once
    /// the connection has ended.
    wire: Mutex<Option<Wire>>,
    /// The driving task, once it has begun.
    driver: OnceLock<Waker>,
    /// Whether something has come that nobody has read yet.
    is_readable: AtomicBool,
    /// Whether a call's task may be the one that reads: if not, nothing need be locked to find out.
    may_have_reader: AtomicBool,
}

/// What the driver is to do.
pub(super) struct Orders {
    /// Whether to read.
    pub(super) reads: bool,
    /// When to call [`Link::expire`].
    pub(super) alarm: Option<Deadline>,
    /// Whether there is nothing left to do, now or later.
    pub(super) is_over: bool,
}

/// After so long the driver reads again where a call's task did: that may not have been polled, in an
/// arm of a `select!` say, and what came meanwhile may have to be answered.
const TURN: Duration = Duration::from_millis(100);

impl Link {
    /// Takes a socket from which `received` has been read already.
    pub(super) fn new(
        peer: String,
        stream: AsyncSocket,
        received: &[u8],
        settings: &ClientBuilder,
    ) -> Arc<Self> {
        let link = Arc::new(Self {
            state: Mutex::new(State::new(peer, settings)),
            wire: Mutex::new(None),
            driver: OnceLock::new(),
            is_readable: AtomicBool::new(true),
            may_have_reader: AtomicBool::new(false),
        });
        let reader = Waker::from(Arc::clone(&link));
        *link.wire() = Some(Wire::new(stream, received, reader, settings.clone()));
        link
    }

    /// The socket, for whoever writes or reads now.
    pub(super) fn wire(&self) -> MutexGuard<'_, Option<Wire>> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether further calls may be sent.
    pub(super) fn is_open(&self) -> bool {
        self.lock().flight.is_open()
    }

    /// Takes a connection that carries one call at a time for the next one; gives the room back
    /// where it has one.
    pub(super) fn take(&self, room: Room) -> Option<Room> {
        let mut state = self.lock();
        if state.flight.take() { state.room.replace(room) } else { Some(room) }
    }

    /// Says that nobody will call any more.
    pub(super) fn close(&self) {
        self.with(|state| {
            state.is_closed = true;
            state.calls_driver = true;
        });
    }

    /// Queues a call put together before, and returns its number.
    pub(super) fn send(
        &self,
        method: &str,
        message: &[u8],
        timeout: Option<Duration>,
    ) -> Result<u64, Error> {
        self.with(|state| {
            state.calls_driver = true;
            state.queue(method, message, timeout)
        })
    }

    /// The same; if no other is in flight and nobody has the socket, it leaves now.
    pub(super) fn send_now(
        &self,
        method: &str,
        message: &[u8],
        timeout: Option<Duration>,
    ) -> Result<u64, Error> {
        let (call, wire) = self.with(|state| {
            let is_alone = state.flight.is_idle() && state.flight.outgoing.is_empty();
            let call = state.queue(method, message, timeout);
            if is_alone
                && let Ok(mut wire) = self.wire.try_lock()
                && let Some(idle) = wire.as_mut().filter(|wire| wire.is_idle())
            {
                mem::swap(&mut idle.outgoing, &mut state.flight.outgoing);
                return (call, Some(wire));
            }
            state.calls_driver = true;
            (call, None)
        });
        if let Some(mut wire) = wire
            && let Some(wire) = &mut *wire
        {
            match wire.try_write(self) {
                Ok(true) => {}
                Ok(false) => self.wake_driver(),
                // The call hears of it when it is polled.
                Err(lost) => self.lose(lost),
            }
        }
        call
    }

    /// Queues a call that wants no reply; returns its number where it has a response all the same.
    pub(super) fn notify(
        &self,
        method: &str,
        message: &[u8],
        deadline: Option<Deadline>,
    ) -> Result<Option<u64>, Error> {
        let write = |_, out: &mut Vec<u8>| {
            out.extend_from_slice(message);
            Ok(())
        };
        self.with(|state| {
            state.calls_driver = true;
            if state.flight.answers_notifications() {
                let call = state.flight.send_notification(method, write);
                state.make_room();
                state.watch(deadline);
                call.map(Some)
            } else {
                state.flight.notify(method, write).map(|_| None)
            }
        })
    }

    /// Asks for what a call comes to, for which `task` is woken later if it is not there.
    pub(super) fn poll<T: DeserializeOwned>(
        &self,
        call: u64,
        method: &str,
        deadline: Option<Deadline>,
        task: &Context<'_>,
    ) -> Poll<Result<T, Error>> {
        loop {
            match self.with(|state| self.progress(state, call, method, deadline, task)) {
                Turn::Over(Progress::Answered(reply)) => return Poll::Ready(reply.decode(method)),
                Turn::Over(Progress::Failed(error)) => return Poll::Ready(Err(error)),
                Turn::Over(Progress::Waiting) => return Poll::Pending,
                Turn::Reads => {}
            }
            if let Some((own, buffer)) = self.read(call) {
                // Nothing is locked while a user's type is made.
                let result = own.decode(method, &buffer, |lost| self.lose(lost));
                if let Some(wire) = &mut *self.wire() {
                    wire.inbound.give_buffer(buffer);
                }
                return Poll::Ready(result);
            }
        }
    }

    /// Reads what is there; if the reply to `own` is among it, returns it and the buffer it stands in.
    fn read(&self, own: u64) -> Option<(Own, Vec<u8>)> {
        let mut wire = self.wire();
        let wire = wire.as_mut()?;
        match wire.read(self, Some(own)) {
            Ok(own) => Some((own?, wire.inbound.take_buffer())),
            Err(lost) => {
                self.lose(lost);
                None
            }
        }
    }

    /// How far a call has come, and whether its task is to read.
    fn progress(
        &self,
        state: &mut State,
        call: u64,
        method: &str,
        deadline: Option<Deadline>,
        task: &Context<'_>,
    ) -> Turn {
        let progress = state.flight.progress(call, method, || Some(task.waker().clone()));
        if !matches!(progress, Progress::Waiting) {
            state.stop_reading(call);
            return Turn::Over(progress);
        }
        // While an alarm is set for no later, it has not passed.
        let is_watched = |deadline: Deadline| match state.alarm {
            Some(alarm) => !deadline.is_before(alarm),
            None => false,
        };
        if let Some(deadline) = deadline
            && !is_watched(deadline)
            && deadline.has_passed()
        {
            state.give_up(call);
            let kind = IoErrorKind::TimedOut(deadline.limit());
            let error = IoError::new(kind, state.flight.doing(method)).may_have_run(true);
            return Turn::Over(Progress::Failed(error.into()));
        }
        state.watch(deadline);
        let has_begun = self.driver.get().is_some();
        if state.flight.len() > 1 || state.relieved == Some(call) || !has_begun {
            return Turn::Over(progress);
        }
        state.reader = Some(call);
        self.may_have_reader.store(true, Ordering::SeqCst);
        state.watch(Deadline::after(deadline.map_or_else(Instant::now, Deadline::begun), TURN));
        if self.takes_readable() { Turn::Reads } else { Turn::Over(progress) }
    }

    /// Gives a call up.
    pub(super) fn cancel(&self, call: u64) {
        self.with(|state| state.give_up(call));
    }

    /// Tells the driver what to do, swaps what it has written for what is to be written, and wakes
    /// it when there is more.
    pub(super) fn orders(&self, outgoing: &mut Vec<u8>, task: &Context<'_>) -> Orders {
        let mut state = self.lock();
        if outgoing.is_empty() {
            mem::swap(outgoing, &mut state.flight.outgoing);
        }
        // A task is woken by the same as long as it lives.
        self.driver.get_or_init(|| task.waker().clone());
        let nobody_calls = state.is_closed || !state.flight.is_open();
        Orders {
            reads: self.takes_readable(),
            alarm: state.alarm,
            is_over: nobody_calls && state.flight.is_idle() && outgoing.is_empty(),
        }
    }

    /// Takes note that bytes were handed to the operating system.
    pub(super) fn wrote(&self, count: usize) {
        self.lock().flight.wrote(count);
    }

    /// Hands out the replies that have arrived, but returns that of the call `own`; `awake` is lent for
    /// its memory.
    pub(super) fn receive(
        &self,
        inbound: &mut Inbound,
        own: Option<u64>,
        awake: &mut Vec<Waker>,
    ) -> Result<Option<Own>, Lost> {
        self.hand_out(own, awake, |flight, awake| flight.receive(inbound, own, awake))
    }

    /// Takes note that the other side has ended the stream, which may be how a reply ends.
    pub(super) fn end(
        &self,
        inbound: &mut Inbound,
        own: Option<u64>,
        awake: &mut Vec<Waker>,
    ) -> Result<Option<Own>, Lost> {
        self.hand_out(own, awake, |flight, awake| flight.end(inbound, own, awake))
    }

    /// Has replies taken out of what arrived, and wakes those they are for.
    fn hand_out(
        &self,
        own: Option<u64>,
        awake: &mut Vec<Waker>,
        take: impl FnOnce(&mut Flight<Waker>, &mut Vec<Waker>) -> Result<Option<Own>, Lost>,
    ) -> Result<Option<Own>, Lost> {
        let received = self.with(|state| {
            let queued = state.flight.queued();
            let received = take(&mut state.flight, awake);
            state.received(own, queued, &received);
            received
        });
        awake.drain(..).for_each(Waker::wake);
        received
    }

    /// What is said to the other side before the connection is given up.
    pub(super) fn last_words(&self) -> Vec<u8> {
        self.lock().flight.last_words()
    }

    /// Wakes everybody who waits, some of whom have waited long enough; and leaves reading to the
    /// driver.
    pub(super) fn expire(&self) {
        let waiters = self.with(|state| {
            state.alarm = None;
            state.relieved = state.reader.take();
            state.flight.waiters()
        });
        waiters.into_iter().for_each(Waker::wake);
    }

    /// Ends the connection for every call in flight.
    pub(super) fn lose(&self, lost: Lost) {
        let waiters = self.with(|state| {
            state.room = None;
            state.calls_driver = true;
            state.flight.lose(lost)
        });
        waiters.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and then wakes the driver if that calls for it: whoever is woken on another
    /// thread is not to find the lock taken.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        let calls_driver = mem::take(&mut state.calls_driver);
        drop(state);
        if calls_driver {
            self.wake_driver();
        }
        result
    }

    fn wake_driver(&self) {
        if let Some(driver) = self.driver.get() {
            driver.wake_by_ref();
        }
    }

    /// Whether something has come; whoever asks is to read it.
    fn takes_readable(&self) -> bool {
        self.is_readable.swap(false, Ordering::SeqCst)
    }
}

/// What a call's task does next.
enum Turn {
    /// Nothing, now that it has come so far.
    Over(Progress),
    /// It reads.
    Reads,
}

/// Wakes whoever is to read what has come.
impl Wake for Link {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_readable.store(true, Ordering::SeqCst);
        if self.may_have_reader.load(Ordering::SeqCst) {
            let mut state = self.lock();
            let reader = state.reader.and_then(|call| state.flight.waiter(call));
            self.may_have_reader.store(state.reader.is_some(), Ordering::SeqCst);
            drop(state);
            if let Some(reader) = reader {
                return reader.wake();
            }
        }
        self.wake_driver();
    }
}
