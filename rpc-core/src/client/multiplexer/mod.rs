//! Many calls on one connection, made by any number of threads, without a thread of its own.
//!
//! A call is written into a shared buffer; whichever thread finds nobody writing writes all that
//! has gathered. Of the threads that wait for replies, one reads for all: it hands each reply to
//! the thread it belongs to, and when its own has come, another takes over. A thread alone thus
//! writes once and reads once for a call, and takes no detour.

mod greeting;
#[cfg(all(loom, test))]
mod interleavings;
mod look;
mod one_call;
mod stream;
mod sync;
mod upload;

use std::collections::VecDeque;
use std::net::Shutdown;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use std::{io, iter, mem};

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::websocket::Side;
use crate::protocol::{ArgumentError, Inbound};
use crate::pump::is_timeout;
use crate::transport::Stream;

use super::ClientBuilder;
use super::deadline::Deadline;
use super::flight::{Flight, Own, Progress};
use super::lost::Lost;
use sync::{Mutex, MutexGuard, Thread, current, park, park_timeout};
pub(super) use upload::Exchange;

/// One connection and the calls in flight on it.
#[derive(Debug)]
pub(super) struct Multiplexer<S: Stream> {
    stream: S,
    /// Memory beyond this is not kept for the next write.
    kept: usize,
    state: Mutex<State>,
    /// Locked by the thread that reads, for as long as it does.
    reading: Mutex<Reading>,
}

#[derive(Debug)]
struct State {
    flight: Flight<Thread>,
    /// Calls whose threads sleep until somebody hands them their reply or the reader's part.
    asleep: VecDeque<u64>,
    /// The buffer that was written last, kept for its memory.
    spare: Vec<u8>,
    gathering: bool,
    /// When the first of the calls that gather is given up.
    hurry: Option<Deadline>,
    is_writing: bool,
    is_reading: bool,
}

#[derive(Debug)]
struct Reading {
    inbound: Inbound,
    timeout: Option<Duration>,
}

/// What a turn at reading came to.
enum Turn {
    Own(Own),
    Others,
    TimedOut,
    Lost,
}

/// How long a write may wait before the writer looks whether the peer is waiting to be read from.
const WRITE_SLICE: Duration = Duration::from_millis(20);
/// Gathered calls leave when they are this many bytes.
const GATHERED: usize = 64 * 1024;

impl<S: Stream> Multiplexer<S> {
    /// Takes a stream from which `received` has been read already.
    pub(super) fn new(
        stream: S,
        peer: String,
        received: &[u8],
        settings: &ClientBuilder,
    ) -> io::Result<Self> {
        stream.set_write_timeout(Some(WRITE_SLICE))?;
        let mut inbound = Inbound::new(Some(settings.framing), Side::Client, &settings.limits);
        inbound.feed(received);
        Ok(Self {
            stream,
            kept: settings.limits.max_message_bytes,
            state: Mutex::new(State {
                flight: Flight::new(peer, settings),
                asleep: VecDeque::new(),
                spare: Vec::new(),
                gathering: false,
                hurry: None,
                is_writing: false,
                is_reading: false,
            }),
            reading: Mutex::new(Reading { inbound, timeout: None }),
        })
    }

    /// Whether another call may be sent; a connection nobody waits on is looked at when asked.
    pub(super) fn is_usable(&self, look: bool) -> bool {
        let state = self.state();
        if !state.flight.is_open() || !look || !state.flight.is_idle() || self.stream.is_quiet() {
            return state.flight.is_open();
        }
        drop(state);
        // It may have been asked whether somebody is there, or told that the server stops.
        self.relieve();
        self.state().flight.is_open() && self.stream.is_quiet()
    }

    /// Lets calls gather from now on, or no longer.
    pub(super) fn gather(&self, gathering: bool) {
        self.state().gathering = gathering;
    }

    /// Sends the calls that have gathered; what the other side has not taken when the first of them is
    /// given up is sent by who waits for it.
    pub(super) fn send_gathered(&self) {
        let mut state = self.state();
        let hurry = state.hurry.take();
        // What goes wrong is told to the calls, when they are waited for.
        drop(self.flush(state, hurry));
    }

    /// Sends a call, and returns its number. `write` appends the message but for its end.
    pub(super) fn send(
        &self,
        method: &str,
        timeout: Option<Duration>,
        deadline: Option<Deadline>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        let mut state = self.state();
        let call = state.flight.send(method, timeout, None, |_, out| write(out))?;
        drop(self.flush_unless_gathering(state, deadline));
        Ok(call)
    }

    /// Sends a call that wants no reply.
    pub(super) fn notify(
        &self,
        method: &str,
        deadline: Option<Deadline>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<(), Error> {
        let mut state = self.state();
        let write = |_, out: &mut Vec<u8>| write(out);
        if state.flight.answers_notifications() {
            let call = state.flight.send_notification(method, write)?;
            drop(self.flush(state, deadline));
            return self.wait(call, method, deadline);
        }
        let starts_at = state.flight.notify(method, write)?;
        self.flush_unless_gathering(state, deadline).flight.check(method, starts_at)
    }

    /// Waits for a call's reply, reading for the others meanwhile if nobody else does.
    pub(super) fn wait<T: DeserializeOwned>(
        &self,
        call: u64,
        method: &str,
        deadline: Option<Deadline>,
    ) -> Result<T, Error> {
        let mut state = self.state();
        state.flight.end_batch();
        let (mut has_waited, mut has_looked) = (false, false);
        loop {
            // Others may have left it when their time was up.
            if !state.flight.outgoing.is_empty() && !deadline.is_some_and(Deadline::has_passed) {
                state = self.flush(state, deadline);
            }
            match state.flight.progress(call, method, || None) {
                Progress::Answered(reply) => {
                    drop(state);
                    return reply.decode(method, || self.doing(method));
                }
                Progress::Failed(error) => return Err(error),
                Progress::Waiting => {}
            }
            // The first wait finds out by itself, and a clock takes its time to look at.
            if let Some(deadline) = deadline
                && mem::replace(&mut has_waited, true)
                && deadline.has_passed()
            {
                // A reply that has come and was not read yet is in time. Besides, the reader's part may
                // have been handed to this thread just now, and looking passes it on.
                if !state.is_reading && !mem::replace(&mut has_looked, true) {
                    drop(state);
                    self.relieve();
                    state = self.state();
                    continue;
                }
                let error = state.flight.timed_out(call, method, deadline.limit());
                self.give_up(state, call);
                return Err(error);
            }
            if state.is_reading {
                let State { flight, asleep, .. } = &mut *state;
                flight.wake_with(call, current());
                asleep.push_back(call);
                // Those that got their replies while one thread read on and on are still listed.
                if asleep.len() > 2 * flight.len() + 16 {
                    asleep.retain(|&call| flight.has_waiter(call));
                }
                drop(state);
                match deadline {
                    Some(deadline) => park_timeout(deadline.left()),
                    None => park(),
                }
                state = self.state();
                continue;
            }
            state.is_reading = true;
            drop(state);
            // Dropped after the reply is decoded, which reads from the reader's buffer.
            let reader = Reader(self);
            let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
            let own = loop {
                match self.read(&mut reading, Some(call), deadline) {
                    Turn::Own(own) => break Some(own),
                    Turn::Others => {}
                    Turn::TimedOut | Turn::Lost => break None,
                }
            };
            if let Some(own) = own {
                let (buffer, lose) = (reading.inbound.buffer(), |lost| _ = self.lose(lost));
                return own.decode(method, buffer, lose, || self.doing(method));
            }
            drop(reading);
            drop(reader);
            state = self.state();
        }
    }

    /// Gives a call up: its reply is dropped when it comes.
    pub(super) fn forget(&self, call: u64) {
        self.give_up(self.state(), call);
    }

    /// Reads once, and hands out the replies that came.
    fn read(&self, reading: &mut Reading, own: Option<u64>, deadline: Option<Deadline>) -> Turn {
        if let Err(error) = self.arm(reading, deadline) {
            return if is_timeout(&error) { Turn::TimedOut } else { self.lose(Lost::io(&error)) };
        }
        match self.stream.read(reading.inbound.room()) {
            Ok(0) => return self.end(reading, own),
            Ok(count) => reading.inbound.received(count),
            Err(error) if is_timeout(&error) => return Turn::TimedOut,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Turn::Others,
            Err(error) => return self.lose(Lost::reading(&error, &reading.inbound)),
        }
        let mut awake = Vec::new();
        let mut state = self.state();
        let queued = state.flight.queued();
        let received = state.flight.receive(&mut reading.inbound, own, &mut awake);
        let is_lost = state.flight.is_lost();
        if state.flight.queued() > queued {
            // What the framing answers is not waited for: a peer that takes nothing may be waiting to
            // be read from.
            state = self.flush(state, Deadline::after(Instant::now(), Duration::ZERO));
        }
        drop(state);
        for thread in awake {
            thread.unpark();
        }
        match received {
            Ok(Some(own)) => {
                if is_lost {
                    self.hang_up();
                }
                Turn::Own(own)
            }
            Ok(None) => Turn::Others,
            Err(lost) => self.lose(lost),
        }
    }

    /// Bounds the next read by the deadline. Telling the operating system costs as much as a read,
    /// so a bound that is a little too long is left as it is.
    fn arm(&self, reading: &mut Reading, deadline: Option<Deadline>) -> io::Result<()> {
        let Some(deadline) = deadline else {
            if reading.timeout.take().is_some() {
                self.stream.set_read_timeout(None)?;
            }
            return Ok(());
        };
        let left = deadline.left();
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let slack = (left / 8).max(Duration::from_millis(5));
        if !reading.timeout.is_some_and(|armed| left <= armed && armed <= left + slack) {
            self.stream.set_read_timeout(Some(left))?;
            reading.timeout = Some(left);
        }
        Ok(())
    }

    #[inline]
    fn flush_unless_gathering<'m>(
        &'m self,
        state: MutexGuard<'m, State>,
        deadline: Option<Deadline>,
    ) -> MutexGuard<'m, State> {
        if state.gathering { self.flush_some(state, deadline) } else { self.flush(state, deadline) }
    }

    #[inline(never)]
    fn flush_some<'m>(
        &'m self,
        mut state: MutexGuard<'m, State>,
        deadline: Option<Deadline>,
    ) -> MutexGuard<'m, State> {
        let hurry = Deadline::first(state.hurry, deadline);
        state.hurry = hurry;
        if state.flight.outgoing.len() < GATHERED || hurry.is_some_and(Deadline::has_passed) {
            return state;
        }
        state = self.flush(state, hurry);
        if state.flight.outgoing.is_empty() {
            state.hurry = None;
        }
        state
    }

    /// Writes what has gathered, unless another thread is writing, which then writes this too. What
    /// is not taken by the deadline stays queued, so that no message is ever sent in part.
    fn flush<'m>(
        &'m self,
        mut state: MutexGuard<'m, State>,
        deadline: Option<Deadline>,
    ) -> MutexGuard<'m, State> {
        if state.is_writing {
            return state;
        }
        state.is_writing = true;
        while !state.flight.outgoing.is_empty() && !state.flight.is_lost() {
            let spare = mem::take(&mut state.spare);
            let mut bytes = mem::replace(&mut state.flight.outgoing, spare);
            // Beforehand: whoever finds the connection lost meanwhile must take these for sent.
            state.flight.wrote(bytes.len());
            drop(state);
            let writer = Writer(self);
            let (count, result) = self.write(&bytes, deadline);
            mem::forget(writer);
            state = self.state();
            state.flight.took_less(bytes.len() - count);
            bytes.drain(..count);
            if let Err(error) = result {
                drop(state);
                self.lose(Lost::io(&error));
                state = self.state();
            } else if bytes.is_empty() {
                bytes.shrink_to(self.kept);
                state.spare = bytes;
                // Whoever writes for others is not to do so for ever.
                if !state.flight.outgoing.is_empty() && deadline.is_some_and(Deadline::has_passed) {
                    return self.pass_writing(state);
                }
            } else {
                bytes.append(&mut state.flight.outgoing);
                state.flight.outgoing = bytes;
                return self.pass_writing(state);
            }
        }
        state.is_writing = false;
        state
    }

    /// Leaves what is still to be written to another thread, if one waits.
    #[cold]
    fn pass_writing<'m>(&'m self, mut state: MutexGuard<'m, State>) -> MutexGuard<'m, State> {
        state.is_writing = false;
        let next = state.next_asleep();
        drop(state);
        next.iter().for_each(Thread::unpark);
        self.state()
    }

    /// Writes as much of `bytes` as is taken by the deadline. A peer that waits until its replies
    /// are read takes no more calls, so while it takes none the replies are read.
    fn write(&self, bytes: &[u8], deadline: Option<Deadline>) -> (usize, io::Result<()>) {
        let mut count = 0;
        while count < bytes.len() {
            match self.stream.write(&bytes[count..]) {
                Ok(0) => return (count, Err(io::ErrorKind::WriteZero.into())),
                Ok(more) if more > bytes.len() - count => {
                    return (bytes.len(), Err(io::ErrorKind::InvalidData.into()));
                }
                Ok(more) => {
                    count += more;
                    if count < bytes.len() && deadline.is_some_and(Deadline::has_passed) {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {
                    if deadline.is_some_and(Deadline::has_passed) {
                        break;
                    }
                    self.relieve();
                }
                // The operating system may have taken more than it says.
                Err(error) => return (bytes.len(), Err(error)),
            }
        }
        (count, Ok(()))
    }

    /// Ends the connection for every call in flight.
    fn lose(&self, lost: Lost) -> Turn {
        let threads = self.state().flight.lose(lost);
        self.hang_up();
        for thread in threads {
            thread.unpark();
        }
        Turn::Lost
    }

    fn hang_up(&self) {
        let state = self.state();
        if !state.is_writing {
            let words = state.flight.last_words();
            drop(state);
            if !words.is_empty() {
                let _ = self.stream.write(&words);
            }
        }
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The next of the threads that sleep, to take a part over.
    #[inline]
    fn next_asleep(&mut self) -> Option<Thread> {
        let Self { asleep, flight, .. } = self;
        iter::from_fn(|| asleep.pop_front()).find_map(|call| flight.waiter(call))
    }
}

/// The part of the thread that reads, passed on when it is dropped.
struct Reader<'m, S: Stream>(&'m Multiplexer<S>);

impl<S: Stream> Drop for Reader<'_, S> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_reading = false;
        if let Some(thread) = state.next_asleep() {
            drop(state);
            thread.unpark();
        }
    }
}

/// The part of the thread that writes. Dropped only where the stream has panicked, which nobody is to
/// wait for.
struct Writer<'m, S: Stream>(&'m Multiplexer<S>);

impl<S: Stream> Drop for Writer<'_, S> {
    fn drop(&mut self) {
        self.0.lose(Lost::io(&io::Error::other("its stream panicked")));
        self.0.state().is_writing = false;
    }
}

impl<S: Stream> Drop for Multiplexer<S> {
    fn drop(&mut self) {
        self.hang_up();
    }
}
