//! Reads what has come without being waited for.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crate::transport::Stream;

use super::super::deadline::Deadline;
use super::{Multiplexer, Reader, Turn};

impl<S: Stream> Multiplexer<S> {
    /// Reads what is there, if the stream can tell, and waits for nothing.
    pub(super) fn look(&self) {
        if !self.stream.is_quiet() {
            self.read_while(|| !self.stream.is_quiet());
        }
    }

    /// Reads as long as something is there, unless another thread is reading anyway.
    pub(super) fn relieve(&self) {
        self.read_while(|| true);
    }

    fn read_while(&self, is_more: impl Fn() -> bool) {
        const SOON: Duration = Duration::from_millis(1);
        let mut state = self.state();
        if state.is_reading {
            return;
        }
        state.is_reading = true;
        drop(state);
        let _reader = Reader(self);
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        // All of it within that time: a peer that sends without pause keeps nobody.
        let soon = Deadline::after(Instant::now(), SOON);
        while let Turn::Others = self.read(&mut reading, None, soon)
            && is_more()
        {}
    }
}
