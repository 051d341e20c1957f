//! The asynchronous pump: one task, one stream; asynchronous calls run beside it.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet, spawn_blocking};
use tokio::time::{Sleep, sleep_until, timeout};

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

/// A connection at work.
pub(crate) struct Pump<'a, A, S> {
    pub(crate) stream: &'a mut TcpStream,
    pub(crate) connection: &'a mut Connection,
    pub(crate) session: &'a mut Session,
    pub(crate) answer: &'a Arc<A>,
    pub(crate) timeouts: &'a Timeouts,
    pub(crate) presence: &'a Presence,
    /// Is ready when the server is about to stop.
    pub(crate) stopping: Pin<&'a mut S>,
}

/// Whether the peer is to be told that the server is about to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notice {
    /// The server goes on.
    None,
    /// As soon as it has been heard.
    Owed,
    /// It has been told.
    Given,
}

/// What is under way on a connection.
struct UnderWay {
    /// Calls that run and may overtake each other.
    running: JoinSet<Vec<u8>>,
    /// How those among them that have an id are stopped.
    aborts: HashMap<String, AbortHandle>,
    /// The call that all others wait for.
    turn: Option<Pin<Box<dyn Future<Output = Vec<u8>> + Send>>>,
    /// Since when the peer has been silent, or at one message.
    since: Instant,
    partial: bool,
    /// Whether a message has ever come.
    heard: bool,
    ended: bool,
    notice: Notice,
    /// What is said when all that runs has been answered, and then the connection closes.
    last: Option<Vec<u8>>,
}

impl UnderWay {
    fn new() -> Self {
        Self {
            running: JoinSet::new(),
            aborts: HashMap::new(),
            turn: None,
            since: Instant::now(),
            partial: false,
            heard: false,
            ended: false,
            notice: Notice::None,
            last: None,
        }
    }

    /// Starts a call: without an id, all others wait for it.
    fn start(&mut self, id: Option<String>, reply: impl Future<Output = Vec<u8>> + Send + 'static) {
        let Some(id) = id else {
            self.turn = Some(Box::pin(reply));
            return;
        };
        self.aborts.insert(id, self.running.spawn(reply));
        if self.aborts.len() > 2 * self.running.len() + 16 {
            self.aborts.retain(|_, call| !call.is_finished());
        }
    }

    /// Whether no more messages are read.
    fn is_deaf(&self) -> bool {
        self.turn.is_some() || self.ended || self.last.is_some()
    }

    fn cancel(&mut self, id: &str) {
        if let Some(call) = self.aborts.remove(id) {
            call.abort();
        }
    }
}

impl<A: Answer, S: Future<Output = ()>> Pump<'_, A, S> {
    /// Answers what comes over the stream until either side ends it.
    pub(crate) async fn run(mut self) -> io::Result<()> {
        let mut under_way = UnderWay::new();
        let mut alarm = pin!(sleep_until(later(under_way.since, self.timeouts.idle).into()));
        loop {
            let mut is_over = self.advance(&mut under_way).await?;
            if !is_over && under_way.notice == Notice::Owed && under_way.heard {
                self.tell(&mut under_way)?;
                is_over = self.advance(&mut under_way).await?;
            }
            write(self.stream, self.connection, self.timeouts).await?;
            if is_over {
                return close(self.stream).await;
            }
            buffers::take_back(self.connection);
            let event = poll_fn(|task| self.poll(&mut under_way, alarm.as_mut(), task)).await;
            if self.handle(event, &mut under_way)? {
                write(self.stream, self.connection, self.timeouts).await?;
                return close(self.stream).await;
            }
        }
    }

    /// Answers what has arrived; whether that was the last.
    async fn advance(&mut self, under_way: &mut UnderWay) -> io::Result<bool> {
        while under_way.turn.is_none() && under_way.last.is_none() {
            if self.is_full(under_way) {
                return Ok(false);
            }
            let step = advance(self.connection, self.session, &**self.answer, under_way.ended);
            under_way.heard |= !matches!(step, Step::Read { after_message: false });
            match step {
                Step::Run(later) => under_way.start(later.id.clone(), within(later)),
                Step::Cancel(id) => under_way.cancel(&id),
                Step::Block(blocking) => {
                    let (answer, session) = (Arc::clone(self.answer), self.session.clone());
                    let id = blocking.id.clone();
                    let reply = spawn_blocking(move || blocking.answer(&*answer, &session));
                    under_way.start(id, async { reply.await.unwrap_or_default() });
                }
                Step::Continue => write(self.stream, self.connection, self.timeouts).await?,
                Step::Read { after_message } => {
                    let partial = self.connection.is_partial();
                    if after_message || partial != under_way.partial {
                        under_way.since = Instant::now();
                        under_way.partial = partial;
                    }
                    return Ok(false);
                }
                // A fault of the whole connection must not overtake the replies of calls that ran.
                Step::Close { last } => under_way.last = Some(self.connection.take_from(last)),
            }
        }
        if !under_way.running.is_empty() {
            return Ok(false);
        }
        if let Some(last) = under_way.last.take() {
            self.connection.append_raw(|out| out.extend_from_slice(&last));
            return Ok(true);
        }
        Ok(false)
    }

    /// Tells the peer that the server is about to stop; one that would not understand is read from
    /// no more.
    fn tell(&mut self, under_way: &mut UnderWay) -> io::Result<()> {
        under_way.notice = Notice::Given;
        match self.connection.framing() {
            Some(framing) if self.session.can_be_told() => {
                self.connection.append_raw(|out| write_notice(out, framing));
            }
            _ => {
                read_rest(self.stream, self.connection)?;
                under_way.ended = true;
            }
        }
        Ok(())
    }

    /// Waits for the next thing to do.
    fn poll(
        &mut self,
        under_way: &mut UnderWay,
        mut alarm: Pin<&mut Sleep>,
        task: &mut Context<'_>,
    ) -> Poll<Event> {
        if let Some(turn) = &mut under_way.turn
            && let Poll::Ready(reply) = turn.as_mut().poll(task)
        {
            return Poll::Ready(Event::Turn(reply));
        }
        if !under_way.running.is_empty()
            && let Poll::Ready(Some(reply)) = under_way.running.poll_join_next(task)
        {
            return Poll::Ready(Event::Reply(reply.unwrap_or_default()));
        }
        if under_way.notice == Notice::None && self.stopping.as_mut().poll(task).is_ready() {
            return Poll::Ready(Event::Stopping);
        }
        let reads = !under_way.is_deaf() && !self.is_full(under_way);
        if reads && let Poll::Ready(read) = read(Pin::new(self.stream), self.connection, task) {
            return Poll::Ready(Event::Read(read));
        }
        let waits = under_way.turn.is_some() || !under_way.running.is_empty();
        let limit = self.patience(under_way);
        let due = later(under_way.since, limit).into();
        // The alarm is set anew when it would ring too late, or has rung too early, not at every
        // message.
        if alarm.deadline() > due {
            alarm.as_mut().reset(due);
        }
        while !waits && alarm.as_mut().poll(task).is_ready() {
            if under_way.since.elapsed() >= limit {
                return Poll::Ready(Event::Late);
            }
            alarm.as_mut().reset(due);
        }
        Poll::Pending
    }

    /// Whether as many calls run as may; the peer's next ones wait where they are.
    fn is_full(&self, under_way: &UnderWay) -> bool {
        under_way.running.len() >= self.connection.limits().calls_running.max(1)
    }

    /// How long the peer may take over what it does.
    fn patience(&self, under_way: &UnderWay) -> Duration {
        match (under_way.partial, under_way.notice) {
            (true, _) => self.timeouts.message,
            (false, Notice::None) => self.timeouts.idle,
            (false, _) => self.timeouts.idle.min(SILENCE),
        }
    }

    /// Does what there is to do; whether that was the last.
    fn handle(&mut self, event: Event, under_way: &mut UnderWay) -> io::Result<bool> {
        match event {
            Event::Read(Ok(0)) => {
                self.presence.leave();
                under_way.ended = true;
            }
            Event::Read(read) => drop(read?),
            Event::Turn(reply) => {
                under_way.turn = None;
                under_way.since = Instant::now();
                self.connection.append(&reply);
            }
            Event::Reply(reply) => {
                under_way.since = Instant::now();
                self.connection.append(&reply);
                while let Some(reply) = under_way.running.try_join_next() {
                    self.connection.append(&reply.unwrap_or_default());
                }
            }
            Event::Stopping => {
                // A peer that has said nothing yet, whose first call may be on its way, is told when
                // that has come.
                under_way.notice = Notice::Owed;
                under_way.since = Instant::now();
            }
            Event::Late if !under_way.partial => return Ok(true),
            Event::Late if self.connection.is_undecided() => under_way.ended = true,
            Event::Late => {
                let limit = self.timeouts.message;
                let message = format!("a message was begun and not finished within {limit:?}");
                let fault = Fault::new(code::TIMED_OUT, message);
                refuse(self.connection, self.session, &**self.answer, &fault);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A peer that was told that the server stops, and says nothing for so long, has left: a client that
/// has made no call for a second looks whether it may before it makes another.
const SILENCE: Duration = Duration::from_millis(1500);

/// The moment at which a wait ends; one that no clock can tell is far away.
fn later(since: Instant, wait: Duration) -> Instant {
    const AGES: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
    since.checked_add(wait).unwrap_or(since + AGES)
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
                let deadline =
                    *deadline.get_or_insert_with(|| later(Instant::now(), timeouts.write));
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
        Some((limit, late)) => {
            let begun = Instant::now();
            let reply = timeout(limit, reply).await.ok();
            // On a busy machine the function may end before the clock is looked at.
            reply.filter(|_| begun.elapsed() < limit).unwrap_or(late)
        }
        None => reply.await,
    }
}
