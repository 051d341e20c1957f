//! The blocking pump: one thread, one stream, read and write in turn.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::json_rpc::{Answer, Later, Session};
use crate::protocol::Connection;
use crate::transport::Stream;

use super::linger::Linger;
use super::step::{End, Step, advance, answer_as_found, close_silent, refuse_late};
use super::stream_threads::{Line, StreamThreads};
use super::timeouts::Timeouts;
use super::wait::wait;
use super::write::{AGAIN, is_timeout};
use super::write_half::WriteHalf;

/// A connection at work on a thread.
pub(crate) struct Pump<'a, S, A> {
    pub(crate) stream: &'a Arc<S>,
    pub(crate) out: &'a Arc<WriteHalf>,
    pub(crate) connection: &'a mut Connection,
    pub(crate) session: &'a mut Session,
    pub(crate) answer: &'a A,
    pub(crate) timeouts: &'a Timeouts,
    pub(crate) clock: &'a mut Clock,
    pub(crate) threads: &'a mut StreamThreads,
}

impl<S: Stream, A: Answer> Pump<'_, S, A> {
    /// Answers what comes over the stream until either side ends it, or the time slice of the clock is
    /// over: then it returns `None`, and what it was lent is all that is to be kept.
    pub(crate) fn go_on(self) -> io::Result<Option<End>> {
        let Self { stream, out, connection, session, answer, timeouts, clock, threads } = self;
        clock.turn_ends = None;
        if clock.closing.is_some() {
            return linger(&**stream, clock);
        }
        let mut ended = false;
        loop {
            let step = advance(connection, session, answer, ended, out.voice());
            if !connection.output().is_empty() {
                let framing = connection.framing().filter(|_| session.can_be_told());
                let written = out.write(&**stream, connection.output(), timeouts.write, framing);
                written.inspect_err(|error| say_unread(error, session, timeouts))?;
                connection.written();
                clock.restart();
            }
            match step {
                Step::Continue => continue,
                // Other calls have been answered: they run one after another here.
                Step::Cancel(id) => {
                    threads.streams.cancel(&id);
                    clock.restart();
                    continue;
                }
                Step::OfStream(id, said) => {
                    threads.streams.hear(&id, said);
                    clock.restart();
                    continue;
                }
                Step::Http => return Ok(Some(End::Http)),
                Step::Close { .. } => {
                    threads.end(out.stops(), timeouts.linger);
                    return close(&**stream, timeouts, clock);
                }
                Step::Run(later) => {
                    let line = Line::of(connection, session, (stream, out), timeouts);
                    let most = connection.limits().max_streams;
                    connection.append(&run(later, threads, most, line));
                    continue;
                }
                Step::Ask(asked) => {
                    let (asking, message) = *asked;
                    let found = wait(Box::pin(asking), None).unwrap_or_default();
                    if let Some(later) =
                        answer_as_found(connection, session, answer, found, &message)
                    {
                        let line = Line::of(connection, session, (stream, out), timeouts);
                        let most = connection.limits().max_streams;
                        connection.append(&run(later, threads, most, line));
                    }
                    continue;
                }
                Step::Read { after_message: true } => clock.restart(),
                Step::Read { after_message: false } => {}
            }
            let partial = connection.is_partial();
            match clock.read(&**stream, connection.room(), partial, timeouts) {
                Ok(None) => return Ok(None),
                Ok(Some(0)) => {
                    ended = true;
                    threads.end(out.stops(), timeouts.linger);
                }
                Ok(Some(count)) => connection.received(count),
                Err(error) if is_timeout(&error) && !partial => {
                    if threads.streams.are_busy() || threads.streams.end_starved(timeouts.idle) {
                        clock.restart_now();
                    } else if !connection.ask() {
                        close_silent(connection, false);
                        out.write(&**stream, connection.output(), timeouts.write, None)?;
                        return close(&**stream, timeouts, clock);
                    }
                }
                Err(error) if is_timeout(&error) && connection.is_undecided() => ended = true,
                Err(error) if is_timeout(&error) => {
                    refuse_late(connection, session, answer, timeouts.message);
                    out.write(&**stream, connection.output(), timeouts.write, None)?;
                    return close(&**stream, timeouts, clock);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Says it where the peer has not taken its replies.
#[cold]
fn say_unread(error: &io::Error, session: &Session, timeouts: &Timeouts) {
    // The operating system has an error of this kind, too.
    if error.kind() == ErrorKind::TimedOut && error.raw_os_error().is_none() {
        session.context.unread(timeouts.write);
    }
}

/// Does what must be done for a reply, or has a thread do it where there are several; returns what is said now.
fn run<S: Stream>(
    mut later: Later,
    threads: &mut StreamThreads,
    most: usize,
    line: Line<S>,
) -> Vec<u8> {
    match later.take_feed() {
        None => finish(later),
        Some(feed) => threads.start(feed, most, line).err().unwrap_or_default(),
    }
}

/// Does what must be done for a reply, for no longer than its caller waits, and returns it: empty
/// where none is wanted.
fn finish(mut later: Later) -> Vec<u8> {
    let (limit, late) = later.take_limit().unzip();
    wait(later.reply(), limit).or(late).unwrap_or_default()
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
    closing: Option<Linger>,
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
        let closing = self.closing.as_ref().map(Linger::until);
        closing.or_else(|| self.since?.checked_add(self.limit(timeouts)))
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

/// Closes so that the peer can still read what was written: bytes it has sent and nobody read
/// would make the operating system throw the replies away.
pub(crate) fn close<S: Stream>(
    stream: &S,
    timeouts: &Timeouts,
    clock: &mut Clock,
) -> io::Result<Option<End>> {
    stream.shutdown(Shutdown::Write)?;
    clock.closing = Some(Linger::begin(timeouts.linger));
    linger(stream, clock)
}

/// Reads what the peer of a connection that is closed still sends.
fn linger<S: Stream>(stream: &S, clock: &mut Clock) -> io::Result<Option<End>> {
    let mut rest = [0; 4096];
    while let Some(closing) = clock.closing {
        let now = Instant::now();
        let left = closing.until().saturating_duration_since(now);
        match clock.read_for(stream, &mut rest, now, left) {
            Ok(None) => return Ok(None),
            Ok(Some(0)) => break,
            Ok(Some(count)) => {
                if !clock.closing.as_mut().is_some_and(|closing| closing.goes_on(count)) {
                    break;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(End::Closed))
}
