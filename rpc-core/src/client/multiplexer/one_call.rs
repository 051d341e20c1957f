//! Connections that carry one call at a time, or one batch, as those by HTTP do.

use std::mem;
use std::net::Shutdown;
use std::sync::PoisonError;
use std::time::Duration;

use crate::error::Error;
use crate::protocol::ArgumentError;
use crate::transport::Stream;

use super::super::deadline::Deadline;
use super::sync::MutexGuard;
use super::{Multiplexer, Reader, Reading, State, Turn};

impl<S: Stream> Multiplexer<S> {
    pub(in crate::client) fn is_open(&self) -> bool {
        self.state().flight.is_open()
    }

    /// Whether a thread waits for what comes, or calls gather that will be waited for.
    pub(in crate::client) fn is_read(&self) -> bool {
        let state = self.state();
        state.is_reading || state.flight.gathers()
    }

    /// Takes a connection that carries one call at a time for the next one; `false` where it has one
    /// or the server has ended it.
    pub(in crate::client) fn take(&self) -> bool {
        let mut state = self.state();
        if !state.flight.take() {
            return false;
        }
        if !self.stream.is_quiet() {
            state.flight.leave();
        }
        state.flight.is_open()
    }

    /// Has calls gather for one request, on a connection taken for it.
    pub(in crate::client) fn begin_batch(&self) {
        self.state().flight.begin_batch();
    }

    /// Adds a call to those that gather, and returns its number.
    pub(in crate::client) fn add(
        &self,
        method: &str,
        timeout: Option<Duration>,
        deadline: Option<Deadline>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        let mut state = self.state();
        let call = state.flight.add(method, timeout, |_, out| write(out))?;
        state.hurry = Deadline::first(state.hurry, deadline);
        if state.flight.is_batch_full() {
            state.flight.end_batch();
            drop(self.flush(state, deadline));
        }
        Ok(call)
    }

    /// Sends the calls that have gathered, if they have not been.
    pub(in crate::client) fn end_batch(&self) {
        self.state().flight.end_batch();
        self.send_gathered();
    }

    /// Reads until what is under way is answered, unless another thread does.
    pub(in crate::client) fn settle(&self, deadline: Option<Deadline>) {
        let mut state = self.state();
        if mem::replace(&mut state.is_reading, true) {
            return;
        }
        drop(state);
        let _reader = Reader(self);
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        while self.state().flight.is_taken()
            && let Turn::Others = self.read(&mut reading, None, deadline)
        {}
    }

    /// Gives a call up, and the connection too where it carries that call alone.
    pub(super) fn give_up(&self, mut state: MutexGuard<'_, State>, call: u64) {
        let was_taken = state.flight.is_taken();
        state.flight.forget(call);
        if was_taken && !state.flight.is_taken() {
            // Nobody waits for what was asked, and the server may work on it for long.
            let _ = self.stream.shutdown(Shutdown::Both);
        }
    }

    /// What a call does, for errors.
    #[cold]
    pub(super) fn doing(&self, method: &str) -> String {
        self.state().flight.doing(method)
    }

    /// Takes note that the other side has ended the stream, which may be how a reply ends.
    pub(super) fn end(&self, reading: &mut Reading, own: Option<u64>) -> Turn {
        let mut awake = Vec::new();
        let received = self.state().flight.end(&mut reading.inbound, own, &mut awake);
        for thread in awake {
            thread.unpark();
        }
        match received {
            Ok(Some(own)) => Turn::Own(own),
            // There is nothing left to read.
            Ok(None) => Turn::Lost,
            Err(lost) => self.lose(lost),
        }
    }
}
