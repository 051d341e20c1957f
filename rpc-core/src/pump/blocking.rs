//! The blocking pump: one thread, one stream, read and write in turn.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crate::dialect::write_notice;
use crate::json_rpc::{Answer, Later, Session};
use crate::protocol::{Connection, Framing};
use crate::transport::Stream;

use super::{End, Step, advance, close_silent, refuse_late, wait};

/// How long a peer may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// With no message begun.
    pub(crate) idle: Duration,
    /// From the first byte of a message to its last.
    pub(crate) message: Duration,
    /// To take the replies it is sent.
    pub(crate) write: Duration,
    /// To read the last of them, once the connection is closed.
    pub(crate) linger: Duration,
}

impl Timeouts {
    /// What a peer is usually given to read the last words.
    pub(crate) const LINGER: Duration = Duration::from_millis(500);
}

/// Answers what comes over `stream` until either side ends it.
pub(crate) fn serve<S: Stream, A: Answer>(
    stream: &S,
    voice: &Voice,
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    timeouts: &Timeouts,
) -> io::Result<End> {
    let mut clock = Clock::default();
    loop {
        let went = go_on(stream, voice, connection, session, answer, timeouts, &mut clock)?;
        if let Some(end) = went {
            return Ok(end);
        }
    }
}

/// Answers what comes over `stream` until either side ends it, or the time slice of the `clock` is
/// over: then it returns `None`, and what it was lent is all that is to be kept.
pub(crate) fn go_on<S: Stream, A: Answer>(
    stream: &S,
    voice: &Voice,
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    timeouts: &Timeouts,
    clock: &mut Clock,
) -> io::Result<Option<End>> {
    clock.turn_ends = None;
    if clock.closing.is_some() {
        return linger(stream, clock);
    }
    let mut ended = false;
    loop {
        let step = advance(connection, session, answer, ended);
        if !connection.output().is_empty() {
            let framing = connection.framing().filter(|_| session.can_be_told());
            voice.write(stream, connection.output(), timeouts.write, framing)?;
            connection.written();
            clock.restart();
        }
        match step {
            // What was to be cancelled has been answered: calls run one after another here.
            Step::Continue | Step::Cancel(_) => continue,
            Step::Http => return Ok(Some(End::Http)),
            Step::Close { .. } => return close(stream, timeouts, clock),
            Step::Run(later) => {
                connection.append(&finish(later));
                continue;
            }
            Step::Read { after_message: true } => clock.restart(),
            Step::Read { after_message: false } => {}
        }
        let partial = connection.is_partial();
        match clock.read(stream, connection.room(), partial, timeouts) {
            Ok(None) => return Ok(None),
            Ok(Some(0)) => ended = true,
            Ok(Some(count)) => connection.received(count),
            Err(error) if is_timeout(&error) && !partial => {
                if !connection.ask() {
                    close_silent(connection, false);
                    voice.write(stream, connection.output(), timeouts.write, None)?;
                    return close(stream, timeouts, clock);
                }
            }
            Err(error) if is_timeout(&error) && connection.is_undecided() => ended = true,
            Err(error) if is_timeout(&error) => {
                refuse_late(connection, session, answer, timeouts.message);
                voice.write(stream, connection.output(), timeouts.write, None)?;
                return close(stream, timeouts, clock);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Does what must be done for a reply, for no longer than its caller waits, and returns it: empty
/// where none is wanted.
fn finish(mut later: Later) -> Vec<u8> {
    let (limit, late) = later.take_limit().unzip();
    wait(later.reply(), limit).or(late).unwrap_or_default()
}

/// The writing half of a connection, which its pump shares with whoever stops the server. Who stops
/// it does not wait for a peer that is slow to take its replies.
#[derive(Debug, Default)]
pub(crate) struct Voice {
    /// How the peer can be told something it did not ask for, once it has shown that it can. Locked by
    /// whoever writes.
    framing: Mutex<Option<Framing>>,
    /// How many times something has been written.
    writes: AtomicU64,
    /// Whether the peer is to be told that the server stops, behind what is written next or now.
    owes_notice: AtomicBool,
    /// Whether somebody else serves the connection now, and knows when the server stops.
    handed_over: AtomicBool,
}

impl Timeouts {
    /// The same for a WebSocket: half of its idle time passes before a silent peer is asked whether
    /// it is there, and half before it is given up.
    #[cfg_attr(not(feature = "http"), allow(dead_code))]
    pub(crate) fn for_websocket(self) -> Self {
        Self { idle: self.idle / 2, ..self }
    }
}

impl Voice {
    fn write<S: Stream>(
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
            if owed && !tell(stream, *framing) {
                stream.shutdown(Shutdown::Read)?;
            }
        }
        Ok(())
    }

    /// Tells the peer that the server is about to stop, if it can be told. One that has been answered
    /// nothing yet, whose first call may be on its way, is told with its first reply.
    pub(crate) fn say_draining<S: Stream>(&self, stream: &S) -> bool {
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
        !self.owes_notice.swap(false, Ordering::SeqCst) || tell(stream, *framing)
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
fn tell<S: Stream>(stream: &S, framing: Option<Framing>) -> bool {
    const PATIENCE: Duration = Duration::from_secs(1);
    let Some(framing) = framing else {
        return false;
    };
    let mut notice = Vec::new();
    write_notice(&mut notice, framing);
    write_all(stream, &notice, PATIENCE).is_ok()
}

/// Knows how long the next read may take, and tells the stream only when that changes.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// How long others wait for the thread that reads; `None` where there are no others.
    slice: Option<Duration>,
    /// When it has read for that long.
    turn_ends: Option<Instant>,
    armed: Option<Duration>,
    partial: bool,
    since: Option<Instant>,
    /// Until when the peer may read the last words, once they have been said.
    closing: Option<Instant>,
}

impl Clock {
    /// Starts for a thread that serves other connections too, and looks after them after each `slice`.
    #[cfg_attr(not(unix), allow(dead_code))]
    pub(crate) fn sliced(slice: Duration) -> Self {
        Self { slice: Some(slice), since: Some(Instant::now()), ..Self::default() }
    }

    /// When something is to be done although nothing comes; `None` where that is never.
    #[cfg_attr(not(unix), allow(dead_code))]
    pub(crate) fn due(&self, timeouts: &Timeouts) -> Option<Instant> {
        self.closing.or_else(|| self.since?.checked_add(self.limit(timeouts)))
    }

    fn limit(&self, timeouts: &Timeouts) -> Duration {
        if self.partial { timeouts.message } else { timeouts.idle }
    }

    /// Reads within what is left of the time for a message to begin or, where it is `partial`, to
    /// end; `None` where only the time slice is over. White space begins none.
    fn read<S: Stream>(
        &mut self,
        stream: &S,
        room: &mut [u8],
        partial: bool,
        timeouts: &Timeouts,
    ) -> io::Result<Option<usize>> {
        if self.partial != partial {
            self.partial = partial;
            self.since = None;
        }
        let now = Instant::now();
        let mut left = self.limit(timeouts);
        match self.since {
            Some(since) => left = left.saturating_sub(now.saturating_duration_since(since)),
            None => self.since = Some(now),
        }
        self.read_for(stream, room, now, left)
    }

    /// Reads for as long as is `left`, or until the time slice is over.
    #[inline]
    fn read_for<S: Stream>(
        &mut self,
        stream: &S,
        room: &mut [u8],
        now: Instant,
        left: Duration,
    ) -> io::Result<Option<usize>> {
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        let mut wait = left;
        if let Some(slice) = self.slice {
            match self.turn_ends {
                Some(end) if end <= now => return Ok(None),
                Some(_) => {}
                // Set here, so that something is read in every turn.
                None => self.turn_ends = now.checked_add(slice),
            }
            wait = wait.min(slice);
        }
        if self.armed != Some(wait) {
            stream.set_read_timeout(Some(wait))?;
            self.armed = Some(wait);
        }
        match stream.read(room) {
            Ok(count) => Ok(Some(count)),
            Err(error) => Self::not_read(error, now, wait, left),
        }
    }

    #[cold]
    fn not_read(
        error: io::Error,
        now: Instant,
        wait: Duration,
        left: Duration,
    ) -> io::Result<Option<usize>> {
        if is_timeout(&error) && wait < left {
            return Ok(None);
        }
        if is_timeout(&error) && now.elapsed() < wait / 2 {
            // Somebody looks whether the peer is there, and the socket waits for nothing meanwhile.
            thread::sleep(AGAIN);
            return Err(ErrorKind::Interrupted.into());
        }
        Err(error)
    }

    /// A message has come: the next one has its whole time.
    fn restart(&mut self) {
        self.since = None;
    }

    /// Gives the next message its whole time, from now on.
    pub(crate) fn restart_now(&mut self) {
        self.since = Some(Instant::now());
    }
}

/// How soon is tried again what a socket did not wait for.
const AGAIN: Duration = Duration::from_millis(1);

/// How long one write waits, of several that take `limit` together: so that little is added to it by
/// the first, before which no clock is looked at.
pub(crate) fn write_wait(limit: Duration) -> Duration {
    const LONGEST: Duration = Duration::from_secs(1);
    (limit / 4).clamp(AGAIN, LONGEST)
}

/// Writes all of `bytes` within `limit`, over a stream whose writes wait for a part of that.
#[inline]
pub(crate) fn write_all<S: Stream>(stream: &S, bytes: &[u8], limit: Duration) -> io::Result<()> {
    // One write nearly always takes everything, and then no clock is looked at.
    match stream.write(bytes) {
        Ok(count) if count == bytes.len() => Ok(()),
        first => write_rest(stream, bytes, first, limit),
    }
}

#[cold]
fn write_rest<S: Stream>(
    stream: &S,
    mut bytes: &[u8],
    mut written: io::Result<usize>,
    limit: Duration,
) -> io::Result<()> {
    let left = limit.saturating_sub(write_wait(limit));
    let deadline = Instant::now().checked_add(left);
    loop {
        match written {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_timeout(&error) => thread::sleep(AGAIN),
            Err(error) => return Err(error),
        }
        if bytes.is_empty() {
            return Ok(());
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(ErrorKind::TimedOut.into());
        }
        written = stream.write(bytes);
    }
}

/// Whether a read or write ended because its time was up.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Closes so that the peer can still read what was written: bytes it has sent and nobody read
/// would make the operating system throw the replies away.
pub(crate) fn close<S: Stream>(
    stream: &S,
    timeouts: &Timeouts,
    clock: &mut Clock,
) -> io::Result<Option<End>> {
    stream.shutdown(Shutdown::Write)?;
    clock.closing = Some(Instant::now() + timeouts.linger);
    linger(stream, clock)
}

/// Reads what the peer of a connection that is closed still sends.
fn linger<S: Stream>(stream: &S, clock: &mut Clock) -> io::Result<Option<End>> {
    let mut rest = [0; 4096];
    loop {
        let now = Instant::now();
        let left = clock.closing.unwrap_or(now).saturating_duration_since(now);
        match clock.read_for(stream, &mut rest, now, left) {
            Ok(None) => return Ok(None),
            Ok(Some(0)) => return Ok(Some(End::Closed)),
            Ok(Some(_)) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
