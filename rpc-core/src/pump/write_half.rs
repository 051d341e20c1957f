//! The writing half of a connection, shared by its pump and by whoever stops the server.

use std::io;
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use crate::dialect::write_notice;
use crate::protocol::Framing;
use crate::transport::Stream;

use super::voice::Voice;
use super::write::write_all;

/// The writing half of a connection, which its pump shares with whoever stops the server. Who stops
/// it does not wait for a peer that is slow to take its replies.
#[derive(Debug, Default)]
pub(crate) struct WriteHalf {
    /// How the peer can be told something it did not ask for, once it has shown that it can. Locked by
    /// whoever writes.
    framing: Mutex<Option<Framing>>,
    /// How many times something has been written.
    writes: AtomicU64,
    /// How many streams are written by threads of their own.
    streams: AtomicUsize,
    /// Whether the server stops.
    stops: AtomicBool,
    /// Whether the peer is to be told that the server stops, behind what is written next or now.
    owes_notice: AtomicBool,
    /// Whether somebody else serves the connection now, and knows when the server stops.
    handed_over: AtomicBool,
    voice: Voice,
}

impl WriteHalf {
    /// How the peer is told something by whoever does not serve the connection.
    pub(crate) fn voice(&self) -> &Voice {
        &self.voice
    }

    /// Says the last words to a peer whose calls are cut off, unless something is being written.
    pub(crate) fn say_last<S: Stream>(&self, stream: &S) {
        const PATIENCE: Duration = Duration::from_millis(100);
        let nobody_writes = !matches!(self.framing.try_lock(), Err(TryLockError::WouldBlock));
        let words = self.voice.last_words();
        if nobody_writes && !words.is_empty() {
            let _ = write_all(stream, &words, PATIENCE);
        }
    }

    pub(super) fn write<S: Stream>(
        &self,
        stream: &S,
        bytes: &[u8],
        limit: Duration,
        framing: Option<Framing>,
    ) -> io::Result<()> {
        let mut told = self.framing();
        *told = framing;
        // Nobody else counts.
        let writes = self.writes.load(Ordering::Relaxed);
        self.writes.store(writes + 1, Ordering::SeqCst);
        write_all(stream, bytes, limit)?;
        drop(told);
        // Asked when whoever stops the server can write again, who would else not be heard.
        if self.owes_notice.load(Ordering::SeqCst) {
            let framing = self.framing();
            let owed = self.owes_notice.swap(false, Ordering::SeqCst);
            if owed && !say_stopping(stream, *framing) {
                stream.shutdown(Shutdown::Read)?;
            }
        }
        Ok(())
    }

    /// Tells the peer that the server is about to stop, if it can be told. One that has been answered
    /// nothing yet, whose first call may be on its way, is told with its first reply.
    pub(crate) fn say_draining<S: Stream>(&self, stream: &S) -> bool {
        self.stops.store(true, Ordering::SeqCst);
        self.owes_notice.store(true, Ordering::SeqCst);
        if self.is_handed_over() || self.writes() == 0 {
            return true;
        }
        let framing = match self.framing.try_lock() {
            Ok(framing) => framing,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Whoever writes now tells.
            Err(TryLockError::WouldBlock) => return true,
        };
        !self.owes_notice.swap(false, Ordering::SeqCst) || say_stopping(stream, *framing)
    }

    /// Whether the server stops.
    pub(super) fn stops(&self) -> bool {
        self.stops.load(Ordering::SeqCst)
    }

    /// Takes note of a stream that a thread of its own writes.
    pub(super) fn begin_stream(&self) {
        self.streams.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes note that one has ended.
    pub(super) fn end_stream(&self) {
        self.streams.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether streams are open, which may be silent for as long as they like.
    pub(crate) fn has_streams(&self) -> bool {
        self.streams.load(Ordering::SeqCst) > 0
    }

    /// Takes note that somebody else serves the connection from now on.
    pub(crate) fn hand_over(&self) {
        self.handed_over.store(true, Ordering::SeqCst);
    }

    /// Takes note that the connection is served by its pump again.
    #[cfg_attr(not(feature = "http"), allow(dead_code))]
    pub(crate) fn take_back(&self) {
        self.handed_over.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_handed_over(&self) -> bool {
        self.handed_over.load(Ordering::SeqCst)
    }

    /// How many times something has been written.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    fn framing(&self) -> MutexGuard<'_, Option<Framing>> {
        self.framing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that the server is about to stop, where it is known how.
fn say_stopping<S: Stream>(stream: &S, framing: Option<Framing>) -> bool {
    const PATIENCE: Duration = Duration::from_secs(1);
    let Some(framing) = framing else {
        return false;
    };
    let mut notice = Vec::new();
    write_notice(&mut notice, framing);
    write_all(stream, &notice, PATIENCE).is_ok()
}
