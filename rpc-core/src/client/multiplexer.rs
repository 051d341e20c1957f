//! Many calls on one connection, made by any number of threads, without a thread of its own.
//!
//! A call is written into a shared buffer; whichever thread finds nobody writing writes all that
//! has gathered. Of the threads that wait for replies, one reads for all: it hands each reply to
//! the thread it belongs to, and when its own has come, another takes over. A thread alone thus
//! writes once and reads once for a call, and takes no detour.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::net::Shutdown;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::dialect::{Dialect, ReplyMessage, read_reply};
use crate::error::{Error, IoError, IoErrorKind, Misuse};
use crate::protocol::{Arguments, Fault, Framing, Inbound, Limits, ProtocolError};
use crate::pump::blocking::is_timeout;
use crate::registry::without_place;
use crate::transport::Stream;

use super::ClientBuilder;
use super::call_map::CallMap;
use super::deadline::Deadline;
use super::lost::Lost;

/// One connection and the calls in flight on it.
#[derive(Debug)]
pub(super) struct Multiplexer<S: Stream> {
    stream: S,
    peer: String,
    dialect: Dialect,
    framing: Framing,
    limits: Limits,
    /// Whether the other side has said something after which it closes the connection.
    closing: AtomicBool,
    state: Mutex<State>,
    /// Locked by the thread that reads, for as long as it does.
    reading: Mutex<Reading>,
}

#[derive(Debug, Default)]
struct State {
    next_call: u64,
    /// Without ids, the call that the next reply answers.
    next_reply: u64,
    calls: CallMap<InFlight>,
    /// Calls whose threads sleep until somebody hands them their reply or the reader's part.
    asleep: VecDeque<u64>,
    outgoing: Vec<u8>,
    /// The buffer that was written last, kept for its memory.
    spare: Vec<u8>,
    /// Bytes queued and handed to the operating system since the connection began.
    queued: u64,
    written: u64,
    gathering: bool,
    is_writing: bool,
    is_reading: bool,
    lost: Option<Lost>,
}

#[derive(Debug)]
struct InFlight {
    /// Where its first byte stands among all bytes queued.
    starts_at: u64,
    thread: Option<Thread>,
    /// The result's text, or the fault.
    reply: Option<Result<Vec<u8>, Fault>>,
}

#[derive(Debug)]
struct Reading {
    inbound: Inbound,
    timeout: Option<Duration>,
}

/// What a turn at reading came to.
enum Turn {
    /// Where the result stands in the read buffer, or the fault.
    Own(Result<Range<usize>, Fault>),
    Others,
    TimedOut,
    Lost,
}

/// How long a write may wait before the writer looks whether the peer is waiting to be read from.
const WRITE_SLICE: Duration = Duration::from_millis(20);
/// Gathered calls leave when they are this many bytes.
const GATHERED: usize = 64 * 1024;

impl<S: Stream> Multiplexer<S> {
    pub(super) fn new(stream: S, peer: String, settings: &ClientBuilder) -> io::Result<Self> {
        stream.set_write_timeout(Some(WRITE_SLICE))?;
        Ok(Self {
            stream,
            peer,
            dialect: settings.dialect,
            framing: settings.framing,
            limits: settings.limits,
            closing: AtomicBool::new(false),
            state: Mutex::default(),
            reading: Mutex::new(Reading {
                inbound: Inbound::new(Some(settings.framing), &settings.limits),
                timeout: None,
            }),
        })
    }

    /// Whether another call may be sent; a connection nobody waits on is looked at when asked.
    pub(super) fn is_usable(&self, look: bool) -> bool {
        let state = self.state();
        let is_open = state.lost.is_none() && !self.closing.load(Ordering::Relaxed);
        is_open && (!look || !state.calls.is_empty() || self.stream.is_quiet())
    }

    /// Lets calls gather, or sends those that have.
    pub(super) fn gather(&self, gathering: bool) {
        let mut state = self.state();
        state.gathering = gathering;
        if !gathering {
            // What goes wrong is told to the calls, when they are waited for.
            drop(self.flush(state, None));
        }
    }

    /// Sends a call, and returns its number.
    pub(super) fn send(
        &self,
        method: &str,
        arguments: &impl Arguments,
        deadline: Option<Deadline>,
    ) -> Result<u64, Error> {
        let mut state = self.state();
        if let Some(lost) = &state.lost {
            return Err(lost.to_error(&self.doing(method), false));
        }
        if state.calls.len() >= self.limits.calls_in_flight {
            let limit = self.limits.calls_in_flight;
            return Err(Misuse::TooManyInFlight { limit }.into());
        }
        let call = state.next_call;
        let start = state.outgoing.len();
        self.framing.begin(&mut state.outgoing);
        let body = state.outgoing.len();
        let encode = || self.dialect.write_call(&mut state.outgoing, call, method, arguments);
        let encoded = catch_unwind(AssertUnwindSafe(encode)).unwrap_or_else(|panic| {
            // Half a call must not go out with the next one.
            state.outgoing.truncate(start);
            resume_unwind(panic)
        });
        let size = state.outgoing.len() - body;
        let refusal = match encoded {
            Err(error) => Some(Misuse::Argument(error)),
            Ok(()) if size > self.limits.message => Some(Misuse::CallTooLarge {
                method: method.to_owned(),
                size,
                limit: self.limits.message,
            }),
            Ok(()) => None,
        };
        if let Some(refusal) = refusal {
            state.outgoing.truncate(start);
            return Err(refusal.into());
        }
        self.framing.end(&mut state.outgoing, start);
        state.next_call += 1;
        let starts_at = state.queued;
        state.queued += (state.outgoing.len() - start) as u64;
        state.calls.insert(call, InFlight { starts_at, thread: None, reply: None });
        if !state.gathering || state.outgoing.len() >= GATHERED {
            drop(self.flush(state, deadline));
        }
        Ok(call)
    }

    /// Waits for a call's reply, reading for the others meanwhile if nobody else does.
    pub(super) fn wait<T: DeserializeOwned>(
        &self,
        call: u64,
        method: &str,
        deadline: Option<Deadline>,
    ) -> Result<T, Error> {
        let mut state = self.state();
        if !state.outgoing.is_empty() {
            state = self.flush(state, deadline);
        }
        let mut has_looked = false;
        loop {
            let State { calls, asleep, lost, written, is_reading, .. } = &mut *state;
            let Some(entry) = calls.get_mut(&call) else {
                return Err(ProtocolError::NotAReply("the call was given up".to_owned()).into());
            };
            entry.thread = None;
            if let Some(reply) = entry.reply.take() {
                calls.remove(&call);
                drop(state);
                return decode(method, &reply?);
            }
            if let Some(lost) = lost {
                let may_have_run = entry.starts_at < *written;
                let error = lost.to_error(&self.doing(method), may_have_run);
                calls.remove(&call);
                return Err(error);
            }
            if let Some(deadline) = deadline
                && deadline.has_passed()
            {
                // A reply that has come and was not read yet is in time. Besides, the reader's part
                // may have been handed to this thread just now, and looking passes it on.
                if !*is_reading && !mem::replace(&mut has_looked, true) {
                    drop(state);
                    self.relieve();
                    state = self.state();
                    continue;
                }
                calls.remove(&call);
                return Err(IoError::new(
                    IoErrorKind::TimedOut(deadline.limit()),
                    self.doing(method),
                )
                .may_have_run(true)
                .into());
            }
            if *is_reading {
                entry.thread = Some(thread::current());
                asleep.push_back(call);
                // Those that got their replies while one thread read on and on are still listed.
                if asleep.len() > 2 * calls.len() + 16 {
                    asleep.retain(|call| calls.get(call).is_some_and(|call| call.thread.is_some()));
                }
                drop(state);
                match deadline {
                    Some(deadline) => thread::park_timeout(deadline.left()),
                    None => thread::park(),
                }
                state = self.state();
                continue;
            }
            *is_reading = true;
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
                return decode(method, reading.inbound.bytes(&own?));
            }
            drop(reading);
            drop(reader);
            state = self.state();
        }
    }

    /// Gives a call up: its reply is dropped when it comes.
    pub(super) fn forget(&self, call: u64) {
        self.state().calls.remove(&call);
    }

    /// Reads once, and hands out the replies that came.
    fn read(&self, reading: &mut Reading, own: Option<u64>, deadline: Option<Deadline>) -> Turn {
        if let Err(error) = self.arm(reading, deadline) {
            return if is_timeout(&error) { Turn::TimedOut } else { self.lose(Lost::io(&error)) };
        }
        match self.stream.read(reading.inbound.room()) {
            Ok(0) => return self.lose(Lost::closed()),
            Ok(count) => reading.inbound.received(count),
            Err(error) if is_timeout(&error) => return Turn::TimedOut,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Turn::Others,
            Err(error) => return self.lose(Lost::io(&error)),
        }
        let mut awake = Vec::new();
        let turn = self.hand_out(&mut reading.inbound, own, &mut awake);
        for thread in awake {
            Thread::unpark(&thread);
        }
        match turn {
            Ok(Some(own)) => Turn::Own(own),
            Ok(None) => Turn::Others,
            Err(lost) => self.lose(lost),
        }
    }

    fn hand_out(
        &self,
        inbound: &mut Inbound,
        own: Option<u64>,
        awake: &mut Vec<Thread>,
    ) -> Result<Option<Result<Range<usize>, Fault>>, Lost> {
        let mut found = None;
        let mut state = self.state();
        while let Some(message) = inbound.next().map_err(Lost::Protocol)? {
            let bytes = inbound.bytes(&message);
            let reply = read_reply(self.dialect, bytes, &self.limits).map_err(Lost::Protocol)?;
            if reply.outcome.as_ref().is_err_and(|fault| closes(fault.code())) {
                self.closing.store(true, Ordering::Relaxed);
            }
            let call = match reply {
                ReplyMessage { id: Some(id), .. } if self.dialect.has_ids() => id,
                ReplyMessage { outcome: Err(fault), .. } if self.dialect.has_ids() => {
                    return Err(Lost::Fault(fault));
                }
                // A result that names no call is nobody's.
                _ if self.dialect.has_ids() => continue,
                _ => {
                    state.next_reply += 1;
                    state.next_reply - 1
                }
            };
            if own == Some(call) && state.calls.remove(&call).is_some() {
                let place =
                    |result: Range<usize>| message.start + result.start..message.start + result.end;
                found = Some(reply.outcome.map(place));
            } else if let Some(entry) = state.calls.get_mut(&call)
                && entry.reply.is_none()
            {
                entry.reply = Some(reply.outcome.map(|result| bytes[result].to_vec()));
                awake.extend(entry.thread.take());
            }
        }
        Ok(found)
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
        while !state.outgoing.is_empty() && state.lost.is_none() {
            let spare = mem::take(&mut state.spare);
            let mut bytes = mem::replace(&mut state.outgoing, spare);
            drop(state);
            let (count, result) = self.write(&bytes, deadline);
            state = self.state();
            state.written += count as u64;
            bytes.drain(..count);
            if let Err(error) = result {
                drop(state);
                self.lose(Lost::io(&error));
                state = self.state();
            } else if bytes.is_empty() {
                bytes.shrink_to(self.limits.message);
                state.spare = bytes;
            } else {
                bytes.append(&mut state.outgoing);
                state.outgoing = bytes;
                break;
            }
        }
        state.is_writing = false;
        state
    }

    /// Writes as much of `bytes` as is taken by the deadline. A peer that waits until its replies
    /// are read takes no more calls, so while it takes none the replies are read.
    fn write(&self, bytes: &[u8], deadline: Option<Deadline>) -> (usize, io::Result<()>) {
        let mut count = 0;
        while count < bytes.len() {
            match self.stream.write(&bytes[count..]) {
                Ok(0) => return (count, Err(io::ErrorKind::WriteZero.into())),
                Ok(more) => count += more,
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

    /// Reads as long as something is there, unless another thread is reading anyway.
    fn relieve(&self) {
        const SOON: Duration = Duration::from_millis(1);
        let mut state = self.state();
        if state.is_reading {
            return;
        }
        state.is_reading = true;
        drop(state);
        let _reader = Reader(self);
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let soon = || Deadline::after(Instant::now(), SOON);
        while let Turn::Others = self.read(&mut reading, None, soon()) {}
    }

    /// Ends the connection for every call in flight.
    fn lose(&self, lost: Lost) -> Turn {
        let mut state = self.state();
        state.lost.get_or_insert(lost);
        let threads: Vec<_> =
            state.calls.values_mut().filter_map(|call| call.thread.take()).collect();
        drop(state);
        let _ = self.stream.shutdown(Shutdown::Both);
        for thread in threads {
            thread.unpark();
        }
        Turn::Lost
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doing(&self, method: &str) -> String {
        format!("calling `{method}` at {}", self.peer)
    }
}

/// The part of the thread that reads, passed on when it is dropped.
struct Reader<'m, S: Stream>(&'m Multiplexer<S>);

impl<S: Stream> Drop for Reader<'_, S> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_reading = false;
        while let Some(call) = state.asleep.pop_front() {
            let thread = state.calls.get_mut(&call).and_then(|call| call.thread.take());
            if let Some(thread) = thread {
                drop(state);
                thread.unpark();
                return;
            }
        }
    }
}

impl<S: Stream> Drop for Multiplexer<S> {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Whether a server closes the connection after a fault of this code, or may do so.
fn closes(code: i64) -> bool {
    use crate::protocol::code::{OVERLOADED, PARSE_ERROR, SHUTTING_DOWN, TIMED_OUT, TOO_LARGE};
    matches!(code, PARSE_ERROR | OVERLOADED | TIMED_OUT | SHUTTING_DOWN | TOO_LARGE)
}

/// Decodes a result's text.
fn decode<T: DeserializeOwned>(method: &str, text: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(text).map_err(|error| {
        ProtocolError::Result {
            method: method.to_owned(),
            problem: without_place(&error.to_string()).into_owned(),
        }
        .into()
    })
}
