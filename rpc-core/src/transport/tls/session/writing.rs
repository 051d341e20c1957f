//! What is written to a connection over TLS.

use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use rustls::Connection;

use super::super::flow::Flow;
use super::{Outgoing, Session, State, Wire, broken, lock, try_lock};

/// Bytes of plain text that are sealed at a time.
const WRITE: usize = 64 * 1024;

impl Session {
    /// Writes; `send` writes to the stream. Where that takes not all at once, this fails as it does, and the same
    /// bytes are to be written again: they are sealed already, and will not be a second time.
    pub(in crate::transport) fn write(
        &self,
        bytes: &[u8],
        mut send: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut outgoing = lock(&self.outgoing);
        let taken = match self.begin(bytes, &mut outgoing, &mut send)? {
            ControlFlow::Break(count) => return Ok(count),
            ControlFlow::Continue(taken) => taken,
        };
        if let Err(error) = outgoing.flow.drain(&mut send) {
            if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) {
                outgoing.owed.extend_from_slice(&bytes[..taken]);
            }
            return Err(error);
        }
        Ok(taken)
    }

    /// The same, but what `send` does not take now counts as written, and is taken by [`flush`](Self::flush).
    #[cfg(feature = "tokio")]
    pub(in crate::transport) fn write_behind(
        &self,
        bytes: &[u8],
        mut send: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut outgoing = lock(&self.outgoing);
        let taken = match self.begin(bytes, &mut outgoing, &mut send)? {
            ControlFlow::Break(count) => return Ok(count),
            ControlFlow::Continue(taken) => taken,
        };
        match outgoing.flow.drain(&mut send) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    /// Sends what was sealed before and seals the next bytes, of which it says how many are to be sent now; or breaks off
    /// with how many are done with.
    fn begin(
        &self,
        bytes: &[u8],
        outgoing: &mut Outgoing,
        send: &mut impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<ControlFlow<usize, usize>> {
        let Outgoing { flow, owed } = outgoing;
        flow.drain(&mut *send)?;
        if let Some(count) = settle(owed, bytes) {
            return Ok(ControlFlow::Break(count));
        }
        match self.seal(bytes, flow)? {
            Some(taken) => Ok(ControlFlow::Continue(taken)),
            None => send(bytes).map(ControlFlow::Break),
        }
    }

    /// Has everything sent.
    #[cfg(feature = "tokio")]
    pub(in crate::transport) fn flush(
        &self,
        mut send: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        let mut outgoing = lock(&self.outgoing);
        self.take_along(&mut outgoing.flow);
        outgoing.flow.drain(&mut send)
    }

    /// Says goodbye (`close_notify`), behind what somebody may be writing just now: a notice, say.
    pub(in crate::transport) fn close(
        &self,
        send: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        self.end(&mut lock(&self.outgoing), send)
    }

    /// The same for somebody who waits for nobody: not where somebody writes.
    pub(in crate::transport) fn close_at_once(
        &self,
        send: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        try_lock(&self.outgoing).map_or(Ok(()), |mut outgoing| self.end(&mut outgoing, send))
    }

    fn end(
        &self,
        outgoing: &mut Outgoing,
        mut send: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        if !self.is_closed.swap(true, Ordering::Relaxed) {
            self.with(|tls| tls.send_close_notify());
        }
        self.take_along(&mut outgoing.flow);
        outgoing.flow.drain(&mut send)
    }

    /// Seals the last words and a goodbye, for somebody who sends them without waiting; none where somebody
    /// writes just now.
    #[cfg(all(feature = "tokio", unix))]
    pub(crate) fn seal_last(&self, words: &[u8]) -> Vec<u8> {
        let Some(mut outgoing) = try_lock(&self.outgoing) else { return Vec::new() };
        if !words.is_empty() && matches!(self.seal(words, &mut outgoing.flow), Ok(None)) {
            return words.to_vec();
        }
        self.with(|tls| tls.send_close_notify());
        self.take_along(&mut outgoing.flow);
        let sealed = outgoing.flow.rest().to_vec();
        outgoing.flow.use_up(sealed.len());
        sealed
    }

    /// Seals some of the bytes, and says how many; `None` where they are passed on as they are.
    fn seal(&self, bytes: &[u8], flow: &mut Flow) -> io::Result<Option<usize>> {
        match &mut *lock(&self.state) {
            State::Tls(connection) => {
                let bytes = &bytes[..bytes.len().min(WRITE)];
                connection.writer().write_all(bytes)?;
                take_along(connection, flow);
                Ok(Some(bytes.len()))
            }
            State::Plain => Ok(None),
            State::Deciding { .. } => Err(ErrorKind::NotConnected.into()),
            State::Broken(error) => Err(broken(error.clone())),
        }
    }

    /// Takes along what TLS itself has to say.
    fn take_along(&self, flow: &mut Flow) {
        self.with(|connection| take_along(connection, flow));
    }

    /// Sends what TLS itself has to say, where nobody writes just now, who takes it along, and as far as that takes
    /// no waiting.
    pub(super) fn flush_at_once(&self, wire: &mut impl Wire) {
        if self.with(|connection| connection.wants_write()) == Some(true)
            && let Some(mut outgoing) = try_lock(&self.outgoing)
        {
            self.take_along(&mut outgoing.flow);
            let _ = outgoing.flow.drain(&mut |bytes| wire.send(bytes));
        }
    }
}

fn take_along(connection: &mut Connection, flow: &mut Flow) {
    while connection.wants_write() {
        // Writing to memory does not fail.
        if !matches!(connection.write_tls(flow.end()), Ok(1..)) {
            break;
        }
    }
}

/// How many of these bytes are on their way already.
fn settle(owed: &mut Vec<u8>, bytes: &[u8]) -> Option<usize> {
    if owed.is_empty() {
        return None;
    }
    let count = owed.len().min(bytes.len());
    let is_same = owed[..count] == bytes[..count];
    if is_same && count < owed.len() {
        owed.drain(..count);
    } else {
        // Either all are on their way, or whoever wrote them does not write them again.
        *owed = Vec::new();
    }
    is_same.then_some(count)
}
