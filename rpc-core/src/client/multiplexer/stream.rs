//! Streams on a connection that threads share: items that come while others read wait for their reader.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::protocol::{ArgumentError, Credit};
use crate::transport::Stream;

use super::super::deadline::Deadline;
use super::super::flight::Arrived;
use super::sync::{MutexGuard, current, park, park_timeout};
use super::{Multiplexer, PoisonError, Reader, State, Turn, WRITE_SLICE, mem};

impl<S: Stream> Multiplexer<S> {
    /// Sends a call that is answered with items, and returns its number. `write` appends the message but for
    /// its end.
    pub(in crate::client) fn open(
        &self,
        method: &str,
        timeout: Option<Duration>,
        window: Credit,
        deadline: Option<Deadline>,
        unsubscribe: Option<&str>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        let mut state = self.state();
        let call = state.flight.open(method, timeout, window, unsubscribe, |_, out| write(out))?;
        drop(self.flush_unless_gathering(state, deadline));
        Ok(call)
    }

    /// Waits until something of a stream has come, reading for the others meanwhile if nobody else does.
    pub(in crate::client) fn arrived(
        &self,
        call: u64,
        method: &str,
        deadline: Option<Deadline>,
    ) -> Arrived {
        let mut state = self.state();
        let (mut has_slept, mut has_looked) = (false, false);
        loop {
            // Others may have left it when their time was up, and this thread what it granted. Whoever was
            // woken may have been to write it.
            if !state.flight.outgoing.is_empty() && (has_slept || !state.flight.has_arrived(call)) {
                state = self.flush_at_once(state);
            }
            if let Some(deadline) = deadline
                && deadline.has_passed()
                && !state.flight.has_ended(call)
            {
                // What has come and was not read yet is in time. Besides, the reader's part may have been
                // handed to this thread just now, and looking passes it on.
                if !state.is_reading && !mem::replace(&mut has_looked, true) {
                    drop(state);
                    self.relieve();
                    state = self.state();
                    continue;
                }
                let error = state.flight.timed_out(call, method, deadline.limit());
                state.flight.close_stream(call);
                drop(self.flush_at_once(state));
                return Arrived::End(Err(error));
            }
            match state.flight.arrived(call, method, || None) {
                Arrived::Nothing => {}
                arrived => return arrived,
            }
            has_slept |= state.is_reading;
            state = self.wait_for(state, call, deadline);
        }
    }

    /// Waits until something has been read, for a call by whoever reads.
    pub(super) fn wait_for<'m>(
        &'m self,
        state: MutexGuard<'m, State>,
        call: u64,
        deadline: Option<Deadline>,
    ) -> MutexGuard<'m, State> {
        // A peer may wait for what could not be written, and send nothing before.
        let is_written = state.flight.outgoing.is_empty();
        let soon = || Deadline::after(Instant::now(), WRITE_SLICE);
        let until = if is_written { deadline } else { Deadline::first(deadline, soon()) };
        if state.is_reading {
            self.sleep(state, call, until)
        } else {
            self.read_for(state, call, until)
        }
    }

    /// Waits until somebody else has read something for this stream, or hands over the reader's part.
    fn sleep<'m>(
        &'m self,
        mut state: MutexGuard<'m, State>,
        call: u64,
        until: Option<Deadline>,
    ) -> MutexGuard<'m, State> {
        let State { flight, asleep, .. } = &mut *state;
        flight.wake_with(call, current());
        // A stream waits more than once, so it may be listed.
        if !asleep.contains(&call) {
            asleep.push_back(call);
        }
        drop(state);
        match until {
            Some(deadline) => park_timeout(deadline.left()),
            None => park(),
        }
        self.state()
    }

    /// Reads for everybody until something has come for this stream.
    fn read_for<'m>(
        &'m self,
        mut state: MutexGuard<'m, State>,
        call: u64,
        until: Option<Deadline>,
    ) -> MutexGuard<'m, State> {
        state.is_reading = true;
        drop(state);
        let reader = Reader(self);
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        while let Turn::Others = self.read(&mut reading, None, until)
            && !self.state().flight.has_arrived(call)
        {}
        drop(reading);
        drop(reader);
        self.state()
    }

    /// Lets so much of a stream come since it began. It is not waited for: a peer that takes nothing may be
    /// waiting to be read from.
    pub(in crate::client) fn grant(&self, call: u64, granted: Credit) {
        let mut state = self.state();
        state.flight.grant(call, granted);
        drop(self.flush_at_once(state));
    }

    /// Gives a stream up, and tells the other side so, which is not waited for either.
    pub(in crate::client) fn close_stream(&self, call: u64) {
        let mut state = self.state();
        state.flight.close_stream(call);
        drop(self.flush_at_once(state));
    }

    /// Writes what is taken at once.
    pub(super) fn flush_at_once<'m>(
        &'m self,
        state: MutexGuard<'m, State>,
    ) -> MutexGuard<'m, State> {
        self.flush(state, Deadline::after(Instant::now(), Duration::ZERO))
    }
}
