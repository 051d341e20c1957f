//! The asynchronous pump: one task, one stream; asynchronous calls run beside it.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep_until, timeout};

use crate::dialect::write_notice;
use crate::json_rpc::{Answer, Later, Session};
use crate::protocol::{Connection, Fault, code};
use crate::registry::Caller;

use super::blocking::Timeouts;
use super::{Step, advance, buffers, refuse};

/// Whether the peer is still there, for functions that ask.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    gone: AtomicBool,
}

impl Presence {
    /// Takes note that the peer has ended its side.
    pub(crate) fn leave(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

impl Caller for Presence {
    fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }
}

/// What a connection's task wakes up for.
enum Event {
    /// Bytes have come; 0 of them when the peer has ended the stream.
    Read(io::Result<usize>),
    /// The reply that all others wait for is there.
    Turn(Vec<u8>),
    /// A reply that may overtake others is there.
    Reply(Vec<u8>),
    /// The server is about to stop.
    Stopping,
    /// The peer's time is up.
    Late,
}

/// Answers what comes over `stream` until either side ends it; `stopping` is ready when the server
/// is about to stop.
pub(crate) async fn serve<A: Answer>(
    stream: &mut TcpStream,
    connection: &mut Connection,
    session: &mut Session,
    answer: &Arc<A>,
    timeouts: &Timeouts,
    presence: &Presence,
    stopping: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut stopping = pin!(stopping);
    let mut running = JoinSet::new();
    let mut turn: Option<Pin<Box<dyn Future<Output = Vec<u8>> + Send>>> = None;
    let mut since = Instant::now();
    let mut alarm = pin!(sleep_until((since + timeouts.idle).into()));
    let (mut ended, mut told, mut partial) = (false, false, false);
    loop {
        while turn.is_none() {
            match advance(connection, session, &**answer, ended) {
                Step::Run(later) => {
                    let in_turn = later.in_turn;
                    let reply = within(later);
                    if in_turn {
                        turn = Some(Box::pin(reply));
                    } else {
                        running.spawn(reply);
                    }
                }
                Step::Block(blocking) => {
                    let in_turn = blocking.in_turn;
                    let (answer, session) = (Arc::clone(answer), session.clone());
                    let reply = spawn_blocking(move || blocking.answer(&*answer, &session));
                    let reply = async { reply.await.unwrap_or_default() };
                    if in_turn {
                        turn = Some(Box::pin(reply));
                    } else {
                        running.spawn(reply);
                    }
                }
                Step::Continue => write(stream, connection, timeouts).await?,
                Step::Read { after_message } => {
                    if after_message || partial != connection.is_partial() {
                        since = Instant::now();
                        partial = connection.is_partial();
                    }
                    break;
                }
                Step::Close if running.is_empty() => {
                    write(stream, connection, timeouts).await?;
                    return close(stream).await;
                }
                Step::Close => break,
            }
        }
        write(stream, connection, timeouts).await?;
        if !connection.is_partial() {
            buffers::take_back(connection);
        }

        let reads = turn.is_none() && !ended;
        let waits = turn.is_some() || !running.is_empty();
        let limit = if partial { timeouts.message } else { timeouts.idle };
        let event = poll_fn(|task| {
            if let Some(turn) = &mut turn
                && let Poll::Ready(reply) = turn.as_mut().poll(task)
            {
                return Poll::Ready(Event::Turn(reply));
            }
            if !running.is_empty()
                && let Poll::Ready(Some(reply)) = running.poll_join_next(task)
            {
                return Poll::Ready(Event::Reply(reply.unwrap_or_default()));
            }
            if reads && let Poll::Ready(read) = read(Pin::new(stream), connection, task) {
                return Poll::Ready(Event::Read(read));
            }
            if !told && stopping.as_mut().poll(task).is_ready() {
                return Poll::Ready(Event::Stopping);
            }
            // The alarm is set anew when it rings too early, not at every message.
            while !waits && alarm.as_mut().poll(task).is_ready() {
                if since.elapsed() >= limit {
                    return Poll::Ready(Event::Late);
                }
                alarm.as_mut().reset((since + limit).into());
            }
            Poll::Pending
        })
        .await;

        match event {
            Event::Read(Ok(0)) => {
                presence.leave();
                ended = true;
            }
            Event::Read(Ok(_)) => {}
            Event::Read(Err(error)) => return Err(error),
            Event::Turn(reply) => {
                turn = None;
                connection.append(&reply);
            }
            Event::Reply(reply) => {
                connection.append(&reply);
                while let Some(reply) = running.try_join_next() {
                    connection.append(&reply.unwrap_or_default());
                }
            }
            Event::Stopping => {
                told = true;
                match connection.framing() {
                    Some(framing) if session.can_be_told() => {
                        connection.append_raw(|out| write_notice(out, framing));
                    }
                    _ => {
                        read_rest(stream, connection)?;
                        ended = true;
                    }
                }
            }
            Event::Late if !partial => return close(stream).await,
            Event::Late if connection.is_undecided() => ended = true,
            Event::Late => {
                let limit = timeouts.message;
                let message = format!("a message was begun and not finished within {limit:?}");
                refuse(connection, session, &**answer, &Fault::new(code::TIMED_OUT, message));
                write(stream, connection, timeouts).await?;
                return close(stream).await;
            }
        }
    }
}

/// Reads what is there, into a buffer that is lent only while there is something to read.
fn read(
    mut stream: Pin<&mut TcpStream>,
    connection: &mut Connection,
    task: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    ready!(stream.poll_read_ready(task))?;
    buffers::lend(connection);
    let mut room = ReadBuf::new(connection.room());
    ready!(stream.as_mut().poll_read(task, &mut room))?;
    let count = room.filled().len();
    connection.received(count);
    Poll::Ready(Ok(count))
}

/// Reads what has arrived, because nothing will be read later.
fn read_rest(stream: &TcpStream, connection: &mut Connection) -> io::Result<()> {
    loop {
        buffers::lend(connection);
        match stream.try_read(connection.room()) {
            Ok(0) => return Ok(()),
            Ok(count) => connection.received(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Writes what there is to write; the peer has the write timeout to take it.
async fn write(
    stream: &TcpStream,
    connection: &mut Connection,
    timeouts: &Timeouts,
) -> io::Result<()> {
    let mut bytes = connection.output();
    if bytes.is_empty() {
        return Ok(());
    }
    // Nearly always the operating system takes everything at once, and no clock is looked at.
    let mut deadline = None;
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let deadline = *deadline.get_or_insert_with(|| Instant::now() + timeouts.write);
                let left = deadline.saturating_duration_since(Instant::now());
                timeout(left, stream.writable()).await.map_err(|_| ErrorKind::TimedOut)??;
            }
            Err(error) => return Err(error),
        }
    }
    connection.written();
    Ok(())
}

/// Closes so that the peer can still read what was written; see the blocking pump.
async fn close(stream: &mut TcpStream) -> io::Result<()> {
    const PATIENCE: Duration = Duration::from_millis(500);
    poll_fn(|task| Pin::new(&mut *stream).poll_shutdown(task)).await?;
    let mut rest = [0; 512];
    let drain = async {
        loop {
            stream.readable().await?;
            match stream.try_read(&mut rest) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    timeout(PATIENCE, drain).await.unwrap_or(Ok(()))
}

/// Runs the rest of a call, for no longer than its caller waits.
async fn within(Later { reply, limit, .. }: Later) -> Vec<u8> {
    match limit {
        Some((limit, late)) => timeout(limit, reply).await.unwrap_or(late),
        None => reply.await,
    }
}
