//! Signals as something that is read: their handlers write the numbers down.

use std::fmt;
use std::io::{self, Read};
use std::iter;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use libc::c_int;

use crate::server::listener::Listener;

use super::STOP;
use super::early::{leave_hang_up, raise_early};
use super::sys::{self, Noted};

/// Signals that come here, and take effect only when they are read.
pub(in crate::server) struct Signals {
    notes: UnixStream,
    caught: Vec<c_int>,
    /// Put back to what they were when this is dropped.
    handlers: Vec<Noted>,
}

impl Signals {
    /// Has signals of the process come here, and holds them back from this thread and those it will
    /// make. There is one such place in a process; making a new one closes the one before.
    pub(super) fn catch(signals: &[c_int]) -> io::Result<Self> {
        let notes = open_notes()?;
        sys::hold_back(signals, true);
        // Dropped, and so undone, where one of them cannot be caught.
        let mut place = Self { notes, caught: signals.to_vec(), handlers: Vec::new() };
        for &signal in signals {
            place.handlers.push(Noted::new(signal)?);
        }
        if !signals.contains(&libc::SIGHUP) {
            leave_hang_up();
        }
        // Those that have come since the server has its address come now.
        raise_early();
        Ok(place)
    }

    /// The next signal that has come; `None` when there is none.
    pub(super) fn next(&self) -> Option<c_int> {
        read_note(&self.notes).ok().flatten()
    }

    /// Where signals are read by another thread.
    pub(super) fn notes(&self) -> io::Result<UnixStream> {
        self.notes.try_clone()
    }

    /// Whether this process has been asked to stop. Other signals that have come are forgotten.
    pub(in crate::server) fn ask_to_stop(&self) -> bool {
        while let Some(signal) = self.next() {
            if STOP.contains(&signal) {
                return true;
            }
        }
        false
    }

    /// Waits for a signal, a connection to accept or the time; returns whether there may be a
    /// connection. This thread is interrupted nowhere else.
    pub(in crate::server) fn wait(
        &self,
        listener: Option<&Listener>,
        limit: Option<Duration>,
    ) -> bool {
        self.wait_among(listener, iter::empty(), limit).0
    }

    /// The same, or for one of the `others` to be read from; returns which of them can be, too.
    pub(in crate::server) fn wait_among<'d>(
        &'d self,
        listener: Option<&'d Listener>,
        others: impl Iterator<Item = Option<BorrowedFd<'d>>>,
        limit: Option<Duration>,
    ) -> (bool, Vec<bool>) {
        let (notes, listener) = (Some(self.notes.as_fd()), listener.map(AsFd::as_fd));
        // A signal that comes before the waiting begins has been written down, which ends it.
        sys::hold_back(&self.caught, false);
        let found = sys::readable_among([notes, listener].into_iter().chain(others), limit);
        sys::hold_back(&self.caught, true);
        let connects = found.get(1).copied().unwrap_or_default();
        (connects, found.into_iter().skip(2).collect())
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.handlers.clear();
        sys::take_notes(None);
        sys::hold_back(&self.caught, false);
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals").field("caught", &self.caught).finish_non_exhaustive()
    }
}

/// Opens a place for signals to be written down at, in place of the one before.
pub(super) fn open_notes() -> io::Result<UnixStream> {
    let (notes, writer) = UnixStream::pair()?;
    notes.set_nonblocking(true)?;
    writer.set_nonblocking(true)?;
    sys::take_notes(Some(writer.into()));
    Ok(notes)
}

/// Reads the next signal written down; `None` when none will come any more.
pub(super) fn read_note(mut notes: &UnixStream) -> io::Result<Option<c_int>> {
    let mut byte = [0];
    Ok(match notes.read(&mut byte)? {
        0 => None,
        _ => Some(byte[0].into()),
    })
}

/// The signals that the process with the children catches; a child's end is one of them.
pub(in crate::server) fn catch_signals(restart: bool) -> io::Result<Signals> {
    let signals = [libc::SIGCHLD, libc::SIGTERM, libc::SIGINT, libc::SIGHUP];
    Signals::catch(if restart { &signals } else { &signals[..3] })
}
