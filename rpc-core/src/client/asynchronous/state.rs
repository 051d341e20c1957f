//! What a connection's callers and its driver share, and who does what.
//!
//! Whoever has the socket, a task that took it out of here under the lock, writes and reads without the
//! lock, and puts it back. So nobody ever waits for a socket: who finds it gone leaves the rest to the
//! driver, which is called by what is found here whenever the lock is given up.

use std::mem;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;

use crate::error::Error;

use super::super::ClientBuilder;
use super::super::deadline::Deadline;
use super::super::flight::{Flight, Progress};
use super::super::lost::Lost;
use super::io::Io;

/// What is released when the call is over that holds it.
pub(super) type Permit = OwnedSemaphorePermit;

/// The calls in flight on a connection, and who does what about them.
#[derive(Debug)]
pub(super) struct State {
    pub(super) flight: Flight<Waker>,
    /// The socket, while nobody writes or reads, and until the connection has ended.
    io: Option<Box<Io>>,
    /// Whether it may have to be read, or written further, and nobody has tried.
    is_ready: bool,
    reader: Reader,
    /// The call whose task has read for long enough.
    relieved: Option<u64>,
    /// The driver's, once it has begun.
    driver: Option<Waker>,
    /// Whether the driver has been woken, and has not taken its turn yet.
    is_called: bool,
    /// When the driver is to look for calls whose time is up, and whether it knows.
    alarm: Option<Deadline>,
    is_armed: bool,
    stage: Stage,
    /// That of the call under way, on a connection that carries one at a time.
    permit: Option<Permit>,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Used,
    /// Nobody will call any more.
    Closed,
    /// The driver is gone, and with it the socket.
    Ended,
}

/// Who is woken when something has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Driver,
    /// The task of the call that is alone in flight.
    Task(u64),
}

/// A call, written but for its end, as it is to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'m> {
    pub(super) method: &'m str,
    pub(super) bytes: &'m [u8],
    /// How long the other side is told that the result is waited for.
    pub(super) timeout: Option<Duration>,
    pub(super) deadline: Option<Deadline>,
}

/// What a call's task does next.
pub(super) enum Turn {
    /// Nothing, now that it has come so far.
    Over(Progress),
    Transfers(Transfer),
}

/// The socket in the hands of a call's task, which writes what it has queued.
pub(super) struct Transfer {
    pub(super) io: Box<Io>,
    /// Whether it reads as well.
    pub(super) reads: bool,
}

/// What the driver does next.
pub(super) struct Orders {
    /// The socket, unless a call's task has it.
    pub(super) io: Option<Box<Io>>,
    /// Whether to read.
    pub(super) reads: bool,
    /// When to look for calls whose time is up.
    pub(super) alarm: Option<Deadline>,
    /// Whether there is nothing left to do, now or later.
    pub(super) is_over: bool,
}

/// What is done as soon as the lock has been given up.
pub(super) struct Due {
    driver: Option<Waker>,
    /// Dropped there, since that wakes others.
    _permit: Option<Permit>,
}

/// After so long the driver reads again where a call's task did: that may not have been polled, in an
/// arm of a `select!` say, and what came meanwhile may have to be answered.
const TURN: Duration = Duration::from_millis(100);

impl Due {
    /// Does it.
    pub(super) fn settle(self) {
        if let Some(driver) = self.driver {
            driver.wake();
        }
    }
}

impl State {
    pub(super) fn new(peer: String, settings: &ClientBuilder) -> Self {
        Self {
            flight: Flight::new(peer, settings),
            io: None,
            is_ready: true,
            reader: Reader::Driver,
            relieved: None,
            driver: None,
            is_called: false,
            alarm: None,
            is_armed: true,
            stage: Stage::Used,
            permit: None,
        }
    }

    /// What is due, by what is found here; mostly nothing.
    #[expect(
        clippy::inline_always,
        reason = "asked five times a call, for a hundredth of its cost"
    )]
    #[inline(always)]
    pub(super) fn due(&mut self) -> Option<Due> {
        let is_free = self.permit.is_some() && (self.flight.is_lost() || !self.flight.is_taken());
        let calls = !self.is_called && self.has_orders();
        if is_free || calls { Some(self.what_is_due(is_free, calls)) } else { None }
    }

    #[inline(never)]
    fn what_is_due(&mut self, is_free: bool, calls: bool) -> Due {
        self.is_called |= calls;
        Due {
            driver: if calls { self.driver.clone() } else { None },
            _permit: if is_free { self.permit.take() } else { None },
        }
    }

    /// Whether there is something to do that the driver does not know of.
    #[expect(clippy::inline_always, reason = "a part of what is asked there")]
    #[inline(always)]
    fn has_orders(&self) -> bool {
        let Some(io) = &self.io else { return self.flight.is_lost() && self.stage != Stage::Ended };
        // While something could not be written, it waits for that.
        (!self.flight.outgoing.is_empty() && io.is_idle())
            || (self.is_ready && self.reader == Reader::Driver)
            || !self.is_armed
            || self.is_over()
    }

    /// Whether there is nothing left to do. A server that is about to stop is left with the last call.
    #[inline]
    fn is_over(&self) -> bool {
        let is_last = self.stage != Stage::Used || !self.flight.is_open();
        let is_done = || {
            self.flight.is_idle()
                && self.flight.outgoing.is_empty()
                && self.io.as_ref().is_some_and(|io| io.is_idle())
        };
        is_last && (self.flight.is_lost() || is_done())
    }

    /// Takes the driver's turn.
    pub(super) fn orders(&mut self, task: &Context<'_>) -> Orders {
        if !self.driver.as_ref().is_some_and(|driver| driver.will_wake(task.waker())) {
            self.driver = Some(task.waker().clone());
        }
        self.is_called = false;
        self.is_armed = true;
        let is_over = self.is_over();
        let io = if is_over { None } else { self.take_io() };
        // It tries, where it has the socket.
        let reads = io.is_some() && self.reader == Reader::Driver && mem::take(&mut self.is_ready);
        Orders { io, reads, alarm: self.alarm, is_over }
    }

    /// Takes the socket, with what is to be written. Whoever finds the connection lost meanwhile must
    /// take that for sent.
    fn take_io(&mut self) -> Option<Box<Io>> {
        let mut io = self.io.take()?;
        io.take_outgoing(&mut self.flight.outgoing);
        self.flight.wrote(io.left());
        Some(io)
    }

    /// Puts the socket back, which may be ready for more than was tried; returns it where the
    /// connection has ended.
    pub(super) fn put_back(&mut self, io: Box<Io>, is_ready: bool) -> Option<Box<Io>> {
        self.flight.took_less(io.left());
        if self.stage == Stage::Ended {
            return Some(io);
        }
        self.io = Some(io);
        self.is_ready |= is_ready;
        None
    }

    /// Takes note that something has come, and returns the task that is to read it if that is not the
    /// driver's.
    pub(super) fn is_readable(&mut self) -> Option<Waker> {
        self.is_ready = true;
        match self.reader {
            Reader::Task(call) => self.flight.waiter(call),
            Reader::Driver => None,
        }
    }

    /// Takes the socket, once it has been made.
    pub(super) fn begin(&mut self, io: Io) {
        self.io = Some(Box::new(io));
    }

    /// The socket that is not in use, to lend it memory.
    pub(super) fn io(&mut self) -> Option<&mut Io> {
        self.io.as_deref_mut()
    }

    /// Queues a call, and returns its number; `waiter` is woken when its reply comes.
    pub(super) fn queue(
        &mut self,
        message: Message<'_>,
        waiter: Option<Waker>,
    ) -> Result<u64, Error> {
        let call = self.flight.send(message.method, message.timeout, waiter, |_, out| {
            out.extend_from_slice(message.bytes);
            Ok(())
        });
        self.is_not_alone();
        self.watch(message.deadline);
        call
    }

    /// Takes note that the call that was alone in flight is not any more.
    pub(super) fn is_not_alone(&mut self) {
        self.reader = Reader::Driver;
    }

    /// Queues a call whose task waits for it. If no other is in flight and nobody has the socket, it
    /// is that task which writes.
    pub(super) fn send(
        &mut self,
        message: Message<'_>,
        task: &Context<'_>,
    ) -> Result<(u64, Option<Transfer>), Error> {
        let is_alone = self.flight.is_idle() && self.flight.outgoing.is_empty();
        let call = self.queue(message, Some(task.waker().clone()))?;
        Ok((call, if is_alone { self.alone(call, message.deadline) } else { None }))
    }

    /// Has the task of a call that is alone in flight read, now or when it is woken; and now write what
    /// it has queued.
    fn alone(&mut self, call: u64, deadline: Option<Deadline>) -> Option<Transfer> {
        // Before the driver has begun, nobody would relieve it.
        self.driver.as_ref()?;
        let io = self.io.as_ref()?;
        let moves = self.is_ready || (io.is_idle() && !self.flight.outgoing.is_empty());
        self.reader = Reader::Task(call);
        // While an alarm is set for no later, there is no need of another, nor of the time.
        if self.alarm.is_none_or(|alarm| alarm.limit() > TURN) {
            self.watch(Deadline::after(deadline.map_or_else(Instant::now, Deadline::begun), TURN));
        }
        if !moves {
            return None;
        }
        let reads = mem::take(&mut self.is_ready);
        self.take_io().map(|io| Transfer { io, reads })
    }

    /// How far a call has come, for which `task` is woken later, and what that does about it.
    pub(super) fn progress(
        &mut self,
        call: u64,
        method: &str,
        deadline: Option<Deadline>,
        task: &Context<'_>,
    ) -> Turn {
        let progress = self.flight.progress(call, method, || Some(task.waker().clone()));
        if !matches!(progress, Progress::Waiting) {
            self.is_left(call);
            return Turn::Over(progress);
        }
        // While an alarm is set for no later, it has not passed.
        let is_watched = |deadline: Deadline| match self.alarm {
            Some(alarm) => !deadline.is_before(alarm),
            None => false,
        };
        if let Some(deadline) = deadline
            && !is_watched(deadline)
        {
            if deadline.has_passed() {
                let error = self.flight.timed_out(call, method, deadline.limit());
                self.cancel(call);
                return Turn::Over(Progress::Failed(error));
            }
            self.watch(Some(deadline));
        }
        if self.flight.len() > 1 || self.relieved == Some(call) {
            return Turn::Over(progress);
        }
        self.alone(call, deadline).map_or(Turn::Over(progress), Turn::Transfers)
    }

    /// Gives a call up.
    pub(super) fn cancel(&mut self, call: u64) {
        self.flight.cancel(call);
        self.is_left(call);
    }

    /// Takes note that a call's task waits no more: if it was to read, the driver is.
    pub(super) fn is_left(&mut self, call: u64) {
        if self.reader == Reader::Task(call) {
            self.reader = Reader::Driver;
        }
    }

    /// Has the driver look at a call when its time is up.
    pub(super) fn watch(&mut self, deadline: Option<Deadline>) {
        if let Some(deadline) = deadline
            && self.alarm.is_none_or(|alarm| deadline.is_before(alarm))
        {
            self.alarm = Some(deadline);
            self.is_armed = false;
        }
    }

    /// Leaves reading to the driver, and returns everybody who waits: some of them have waited long
    /// enough.
    pub(super) fn expire(&mut self) -> Vec<Waker> {
        self.alarm = None;
        if let Reader::Task(call) = self.reader {
            self.relieved = Some(call);
            self.reader = Reader::Driver;
        }
        self.flight.waiters()
    }

    /// Takes the connection for one call, which holds the permit; returns it where the connection
    /// carries a call or takes no more.
    pub(super) fn take(&mut self, permit: Permit) -> Option<Permit> {
        if !self.flight.take() {
            return Some(permit);
        }
        // What is wrong with a new one is said when it is written to.
        if let Some(io) = &mut self.io
            && self.flight.is_used()
            && !io.is_still_fresh()
        {
            self.flight.leave();
            return Some(permit);
        }
        self.permit.replace(permit)
    }

    /// Takes note that nobody will call any more.
    pub(super) fn close(&mut self) {
        if self.stage == Stage::Used {
            self.stage = Stage::Closed;
        }
    }

    /// Ends the connection for every call in flight, and returns who waits for one.
    pub(super) fn lose(&mut self, lost: Lost) -> Vec<Waker> {
        let waiters = self.flight.lose(lost);
        // None of them has it to itself any more.
        self.is_not_alone();
        waiters
    }

    /// Takes note that the driver is gone; returns the socket, and what is said in it at last.
    pub(super) fn end(&mut self) -> Option<(Box<Io>, Vec<u8>)> {
        self.stage = Stage::Ended;
        let io = self.io.take()?;
        Some((io, self.flight.last_words()))
    }
}
