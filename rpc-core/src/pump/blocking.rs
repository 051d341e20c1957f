//! The blocking pump: one thread, one stream, read and write in turn.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::{Mutex, MutexGuard, PoisonError};
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
    let mut clock = ReadClock::default();
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
            Step::Http => return Ok(End::Http),
            Step::Close { .. } => return close(stream),
            Step::Run(later) => {
                connection.append(&finish(later));
                continue;
            }
            Step::Read { after_message: true } => clock.restart(),
            Step::Read { after_message: false } => {}
        }
        let partial = connection.is_partial();
        match clock.read(stream, connection.room(), partial, timeouts) {
            Ok(0) => ended = true,
            Ok(count) => connection.received(count),
            Err(error) if is_timeout(&error) && !partial => {
                if !connection.ask() {
                    close_silent(connection, false);
                    voice.write(stream, connection.output(), timeouts.write, None)?;
                    return close(stream);
                }
            }
            Err(error) if is_timeout(&error) && connection.is_undecided() => ended = true,
            Err(error) if is_timeout(&error) => {
                refuse_late(connection, session, answer, timeouts.message);
                voice.write(stream, connection.output(), timeouts.write, None)?;
                return close(stream);
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

/// The writing half of a connection, which its pump shares with whoever stops the server.
#[derive(Debug, Default)]
pub(crate) struct Voice {
    said: Mutex<Said>,
}

/// What has been said on a connection.
#[derive(Debug, Default)]
struct Said {
    /// How the peer can be told something it did not ask for, once it has shown that it can.
    framing: Option<Framing>,
    /// How many times something has been written.
    writes: u64,
    /// Whether the peer is to be told that the server stops, as soon as it has shown how.
    owes_notice: bool,
    /// Whether somebody else serves the connection now, and knows when the server stops.
    handed_over: bool,
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
        let mut said = self.said();
        said.framing = framing;
        said.writes += 1;
        write_all(stream, bytes, limit)?;
        if said.owes_notice {
            said.owes_notice = false;
            if !tell(stream, framing) {
                stream.shutdown(Shutdown::Read)?;
            }
        }
        Ok(())
    }

    /// Tells the peer that the server is about to stop, if it can be told. One that has been answered
    /// nothing yet, whose first call may be on its way, is told with its first reply.
    pub(crate) fn say_draining<S: Stream>(&self, stream: &S) -> bool {
        let mut said = self.said();
        if said.handed_over {
            said.owes_notice = true;
            return true;
        }
        said.owes_notice = said.writes == 0;
        said.owes_notice || tell(stream, said.framing)
    }

    /// Takes note that somebody else serves the connection from now on.
    pub(crate) fn hand_over(&self) {
        self.said().handed_over = true;
    }

    /// Takes note that the connection is served by its pump again.
    #[cfg_attr(not(feature = "http"), allow(dead_code))]
    pub(crate) fn take_back(&self) {
        self.said().handed_over = false;
    }

    pub(crate) fn is_handed_over(&self) -> bool {
        self.said().handed_over
    }

    /// How many times something has been written.
    pub(crate) fn writes(&self) -> u64 {
        self.said().writes
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
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
struct ReadClock {
    armed: Option<Duration>,
    partial: bool,
    since: Option<Instant>,
}

impl ReadClock {
    /// Reads within what is left of the time for a message to begin or, where it is `partial`, to
    /// end. White space begins none.
    fn read<S: Stream>(
        &mut self,
        stream: &S,
        room: &mut [u8],
        partial: bool,
        timeouts: &Timeouts,
    ) -> io::Result<usize> {
        if self.partial != partial {
            self.partial = partial;
            self.since = None;
        }
        let limit = if partial { timeouts.message } else { timeouts.idle };
        let left = match self.since {
            Some(since) => limit.saturating_sub(since.elapsed()),
            None => {
                self.since = Some(Instant::now());
                limit
            }
        };
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        if self.armed != Some(left) {
            stream.set_read_timeout(Some(left))?;
            self.armed = Some(left);
        }
        stream.read(room)
    }

    /// A message has come: the next one has its whole time.
    fn restart(&mut self) {
        self.since = None;
    }
}

/// Writes all of `bytes` within `limit`.
pub(crate) fn write_all<S: Stream>(
    stream: &S,
    mut bytes: &[u8],
    limit: Duration,
) -> io::Result<()> {
    let mut deadline = None;
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        // One write nearly always takes everything, and then no clock is looked at.
        if !bytes.is_empty() {
            let deadline = *deadline.get_or_insert_with(|| Instant::now().checked_add(limit));
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(ErrorKind::TimedOut.into());
            }
        }
    }
    Ok(())
}

/// Whether a read or write ended because its time was up.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Closes so that the peer can still read what was written: bytes it has sent and nobody read
/// would make the operating system throw the replies away.
fn close<S: Stream>(stream: &S) -> io::Result<End> {
    const PATIENCE: Duration = Duration::from_millis(500);
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let deadline = Instant::now() + PATIENCE;
    let mut rest = [0; 4096];
    while Instant::now() < deadline && stream.read(&mut rest)? > 0 {}
    Ok(End::Closed)
}
