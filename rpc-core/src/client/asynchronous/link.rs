//! One connection, as its callers and the task that drives it both see it.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::error::{Error, IoError, IoErrorKind};
use crate::protocol::Inbound;

use super::super::ClientBuilder;
use super::super::deadline::Deadline;
use super::super::flight::{Flight, Progress, Reply};
use super::super::lost::Lost;
use super::pool::Room;

/// A connection and the calls in flight on it.
#[derive(Debug)]
pub(super) struct Link {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    flight: Flight<Waker>,
    /// The driving task, when it is asleep.
    driver: Option<Waker>,
    /// When the driver is to look for calls whose time is up.
    alarm: Option<Deadline>,
    /// Whether nobody will call any more.
    is_closed: bool,
    /// What the call under way holds of the pool that the connection belongs to.
    room: Option<Room>,
}

/// What the driver is to do.
pub(super) struct Orders {
    /// When to call [`Link::expire`].
    pub(super) alarm: Option<Deadline>,
    /// Whether there is nothing left to do, now or later.
    pub(super) is_over: bool,
}

impl Link {
    pub(super) fn new(peer: String, settings: &ClientBuilder) -> Self {
        let flight = Flight::new(peer, settings);
        let state = State { flight, driver: None, alarm: None, is_closed: false, room: None };
        Self { state: Mutex::new(state) }
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
        let mut state = self.lock();
        state.is_closed = true;
        state.wake_driver();
    }

    /// Queues a call put together before, and returns its number.
    pub(super) fn send(
        &self,
        method: &str,
        message: &[u8],
        timeout: Option<Duration>,
        deadline: Option<Deadline>,
    ) -> Result<u64, Error> {
        let mut state = self.lock();
        let call = state.flight.send(method, timeout, |_, out| {
            out.extend_from_slice(message);
            Ok(())
        });
        state.make_room();
        let call = call?;
        state.watch(deadline);
        state.wake_driver();
        Ok(call)
    }

    /// Queues a call that wants no reply; returns its number where it has a response all the same.
    pub(super) fn notify(
        &self,
        method: &str,
        message: &[u8],
        deadline: Option<Deadline>,
    ) -> Result<Option<u64>, Error> {
        let mut state = self.lock();
        let write = |_, out: &mut Vec<u8>| {
            out.extend_from_slice(message);
            Ok(())
        };
        let call = if state.flight.answers_notifications() {
            let call = state.flight.send_notification(method, write);
            state.make_room();
            state.watch(deadline);
            Some(call?)
        } else {
            state.flight.notify(method, write)?;
            None
        };
        state.wake_driver();
        Ok(call)
    }

    /// Asks for a call's reply, for which `task` is woken later if it is not there.
    pub(super) fn poll(
        &self,
        call: u64,
        method: &str,
        deadline: Option<Deadline>,
        task: &Context<'_>,
    ) -> Poll<Result<Reply, Error>> {
        let mut state = self.lock();
        match state.flight.progress(call, method) {
            Progress::Answered(reply) => {
                // The driver leaves with the last of them a server that is about to stop.
                if !state.flight.is_open() && state.flight.is_idle() {
                    state.wake_driver();
                }
                Poll::Ready(Ok(reply))
            }
            Progress::Failed(error) => Poll::Ready(Err(error)),
            Progress::Waiting => match deadline {
                Some(deadline) if deadline.has_passed() => {
                    state.flight.cancel(call);
                    state.make_room();
                    state.wake_driver();
                    let kind = IoErrorKind::TimedOut(deadline.limit());
                    let doing = state.flight.doing(method);
                    Poll::Ready(Err(IoError::new(kind, doing).may_have_run(true).into()))
                }
                _ => {
                    state.flight.wake_with(call, task.waker().clone());
                    state.watch(deadline);
                    Poll::Pending
                }
            },
        }
    }

    /// Gives a call up.
    pub(super) fn cancel(&self, call: u64) {
        let mut state = self.lock();
        state.flight.cancel(call);
        state.make_room();
        state.wake_driver();
    }

    /// Tells the driver what to do, swaps what it has written for what is to be written, and wakes
    /// it when there is more.
    pub(super) fn orders(&self, outgoing: &mut Vec<u8>, task: &Context<'_>) -> Orders {
        let mut state = self.lock();
        if outgoing.is_empty() {
            mem::swap(outgoing, &mut state.flight.outgoing);
        }
        if !state.driver.as_ref().is_some_and(|driver| driver.will_wake(task.waker())) {
            state.driver = Some(task.waker().clone());
        }
        let nobody_calls = state.is_closed || !state.flight.is_open();
        Orders {
            alarm: state.alarm,
            is_over: nobody_calls && state.flight.is_idle() && outgoing.is_empty(),
        }
    }

    /// Takes note that bytes were handed to the operating system.
    pub(super) fn wrote(&self, count: usize) {
        self.lock().flight.wrote(count);
    }

    /// Hands out the replies that have arrived; `awake` is lent for its memory.
    pub(super) fn receive(
        &self,
        inbound: &mut Inbound,
        awake: &mut Vec<Waker>,
    ) -> Result<(), Lost> {
        let mut state = self.lock();
        let received = state.flight.receive(inbound, None, awake);
        state.make_room();
        drop(state);
        awake.drain(..).for_each(Waker::wake);
        received.map(|_| ())
    }

    /// Takes note that the other side has ended the stream, which may be how a reply ends.
    pub(super) fn end(&self, inbound: &mut Inbound) -> Result<(), Lost> {
        let mut awake = Vec::new();
        let received = self.lock().flight.end(inbound, None, &mut awake);
        awake.into_iter().for_each(Waker::wake);
        received.map(|_| ())
    }

    /// What is said to the other side before the connection is given up.
    pub(super) fn last_words(&self) -> Vec<u8> {
        self.lock().flight.last_words()
    }

    /// Wakes everybody who waits, some of whom have waited long enough.
    pub(super) fn expire(&self) {
        let mut state = self.lock();
        state.alarm = None;
        let waiters = state.flight.waiters();
        drop(state);
        waiters.into_iter().for_each(Waker::wake);
    }

    /// Ends the connection for every call in flight.
    pub(super) fn lose(&self, lost: Lost) {
        let mut state = self.lock();
        state.room = None;
        let waiters = state.flight.lose(lost);
        drop(state);
        waiters.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives others the room of a call that is over.
    fn make_room(&mut self) {
        if !self.flight.is_taken() {
            self.room = None;
        }
    }

    /// Has the driver look at a call when its time is up.
    fn watch(&mut self, deadline: Option<Deadline>) {
        if let Some(deadline) = deadline
            && self.alarm.is_none_or(|alarm| deadline.is_before(alarm))
        {
            self.alarm = Some(deadline);
            self.wake_driver();
        }
    }

    fn wake_driver(&mut self) {
        if let Some(driver) = &self.driver {
            driver.wake_by_ref();
        }
    }
}
