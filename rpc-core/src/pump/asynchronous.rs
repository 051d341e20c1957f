//! The asynchronous pump: one task, one stream; asynchronous calls run beside it.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::AsyncWrite;
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinError, JoinSet, spawn_blocking, yield_now};
use tokio::time::{Sleep, sleep_until, timeout, timeout_at};

use crate::dialect::{write_granted, write_notice};
use crate::json_rpc::{Answer, Answered, Asking, Feed, Found, Later, Order, Part, Reply, Session};
use crate::protocol::{Connection, Fault, Limits, code};
use crate::registry::{Inlet, Job, caught};
use crate::timing::{LEFT, LINGER};
use crate::transport::AsyncSocket;

use super::ahead::{MANY, Pace, look_ahead};
use super::buffers;
use super::incoming::{read, read_rest};
use super::linger::Linger;
use super::pile::Pile;
use super::step::{End, Step, advance, answer_as_found, close_silent, refuse_late};
use super::streams::Streams;
use super::timeouts::Timeouts;

pub(crate) use super::presence::Presence;

/// What a connection's task wakes up for.
enum Event {
    /// Bytes have come; 0 of them when the peer has ended the stream.
    Read(io::Result<usize>),
    /// The reply that all others wait for is there.
    Turn(Vec<u8>),
    /// It is found out who has sent the message that all others wait for.
    Found(Found, Vec<u8>),
    /// A reply that may overtake others is there.
    Reply(Vec<u8>),
    /// The server is about to stop.
    Stopping,
    /// The peer's time is up.
    Late,
}

/// A connection at work.
pub(crate) struct Pump<'a, A, S> {
    pub(crate) stream: &'a mut AsyncSocket,
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

/// What all other calls of a connection wait for.
enum Turn {
    /// A reply that no other may overtake.
    Reply(Reply),
    /// Who has sent this message.
    Asking(Box<(Asking, Vec<u8>)>),
}

/// What has run comes to.
struct Came {
    reply: Vec<u8>,
    /// Of how many calls it is the reply.
    calls: usize,
    /// What follows, of a call that answers with a stream.
    feed: Option<Box<Feed>>,
    /// The upload of which its sender is told how much room there is, and its id.
    upload: Option<(String, Inlet)>,
}

impl AsRef<[u8]> for Came {
    fn as_ref(&self) -> &[u8] {
        &self.reply
    }
}

/// What is under way on a connection.
struct UnderWay {
    /// What runs and may overtake each other.
    running: JoinSet<Came>,
    /// How many calls those are.
    calls: usize,
    /// Those that answer with streams.
    streams: Streams,
    /// The replies of those that have ended.
    pile: Arc<Pile>,
    /// How those among them that have an id are stopped.
    aborts: HashMap<String, AbortHandle>,
    /// The call that all others wait for.
    turn: Option<Turn>,
    /// Since when the peer has been silent, or at one message.
    since: Instant,
    partial: bool,
    /// Whether a message has ever come.
    heard: bool,
    ended: bool,
    notice: Notice,
    /// What is said when all that runs has been answered, and then the connection closes.
    last: Option<Vec<u8>>,
    pace: Pace,
}

impl UnderWay {
    fn new(limits: &Limits) -> Self {
        Self {
            running: JoinSet::new(),
            calls: 0,
            streams: Streams::default(),
            pile: Arc::new(Pile::new(limits.max_waiting_reply_bytes)),
            aborts: HashMap::new(),
            turn: None,
            since: Instant::now(),
            partial: false,
            heard: false,
            ended: false,
            notice: Notice::None,
            last: None,
            pace: Pace::default(),
        }
    }

    /// Starts what must be done for a reply; for one that may not overtake others, all others wait. Returns what is
    /// said at once instead, if anything is.
    fn start(&mut self, later: Later, limits: &Limits) -> Vec<u8> {
        let later = match later.into_feed() {
            Err(later) => later,
            Ok(feed) => match self.streams.open(feed, limits.max_streams) {
                Ok(feed) => {
                    if let Some(inlet) = feed.inlet() {
                        self.grant(feed.id().to_owned(), inlet.clone());
                    }
                    self.feed(feed);
                    return Vec::new();
                }
                Err(refusal) => return refusal,
            },
        };
        let calls = later.calls();
        let order = later.order().clone();
        let reply = finish(later);
        if order == Order::InTurn {
            self.turn = Some(Turn::Reply(Box::pin(reply)));
            return Vec::new();
        }
        self.calls += calls;
        let pile = Arc::clone(&self.pile);
        let came = async move { Came { reply: reply.await, calls, feed: None, upload: None } };
        let abort = self.running.spawn(async move { pile.put(came).await });
        if let Order::ById(id) = order {
            self.aborts.insert(id, abort);
            if self.aborts.len() > 2 * self.running.len() + 16 {
                self.aborts.retain(|_, call| !call.is_finished());
            }
        }
        Vec::new()
    }

    /// Asks for the next part of a stream. It is not asked before the last one is on its way.
    fn feed(&mut self, feed: Box<Feed>) {
        let pile = Arc::clone(&self.pile);
        let came = async move {
            let Part { message, feed } = next_part(feed).await;
            Came { reply: message, calls: 0, feed, upload: None }
        };
        self.running.spawn(async move { pile.put(came).await });
    }

    /// Waits until there is room for more of an upload, which its sender is told.
    fn grant(&mut self, id: String, inlet: Inlet) {
        let pile = Arc::clone(&self.pile);
        let came = async move {
            let mut reply = Vec::new();
            let total = poll_fn(|task| inlet.poll_grant(task)).await;
            let upload = total.map(|total| {
                write_granted(&mut reply, &id, total);
                (id, inlet)
            });
            Came { reply, calls: 0, feed: None, upload }
        };
        self.running.spawn(async move { pile.put(came).await });
    }

    /// Whether something else is waited for than the peer.
    fn is_busy(&self) -> bool {
        self.turn.is_some() || self.calls > 0 || self.streams.are_busy()
    }

    /// Takes note of a reply that has come. Only single calls are ever stopped before theirs has.
    fn came(&mut self, ran: Result<Came, JoinError>) -> Vec<u8> {
        let nothing = Came { reply: Vec::new(), calls: 1, feed: None, upload: None };
        let Came { reply, calls, feed, upload } = ran.unwrap_or(nothing);
        self.calls -= calls;
        self.pile.take(&reply);
        if let Some(feed) = feed {
            self.feed(feed);
        }
        if let Some((id, inlet)) = upload {
            self.grant(id, inlet);
        }
        reply
    }

    /// Whether no more messages are read.
    fn is_deaf(&self) -> bool {
        self.turn.is_some() || self.ended || self.last.is_some()
    }

    fn cancel(&mut self, id: &str) {
        self.streams.cancel(id);
        if let Some(call) = self.aborts.remove(id) {
            call.abort();
        }
    }
}

impl<A: Answer, S: Future<Output = ()>> Pump<'_, A, S> {
    /// Answers what comes over the stream until either side ends it.
    pub(crate) async fn run(mut self) -> io::Result<End> {
        let mut under_way = UnderWay::new(self.connection.limits());
        let mut alarm = pin!(sleep_until(later(under_way.since, self.timeouts.idle).into()));
        loop {
            let mut end = self.advance(&mut under_way).await?;
            if end.is_none() && under_way.notice == Notice::Owed && under_way.heard {
                self.tell(&mut under_way).await?;
                end = self.advance(&mut under_way).await?;
            }
            self.write().await?;
            match end {
                Some(End::Closed) => return close(self.stream).await,
                Some(End::Http) => return Ok(End::Http),
                None => {}
            }
            let event = poll_fn(|task| self.poll(&mut under_way, alarm.as_mut(), task)).await;
            if matches!(event, Event::Read(Ok(MANY..))) && under_way.pace.begin() {
                if look_ahead(self.stream, self.connection).await? {
                    under_way.pace.hurry();
                }
                self.connection.gather(under_way.pace.gathers());
            }
            if self.handle(event, &mut under_way)? {
                self.write().await?;
                return close(self.stream).await;
            }
        }
    }

    /// Writes what there is to write; the peer has the write timeout to take it.
    async fn write(&mut self) -> io::Result<()> {
        let mut bytes = self.connection.output();
        if bytes.is_empty() {
            return Ok(());
        }
        // Nearly always the operating system takes everything at once, and no clock is looked at.
        match self.stream.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if !bytes.is_empty() {
            let (paused, limit) = (self.presence.voice().pause(), self.timeouts.write);
            let rest = poll_fn(|task| self.stream.poll_write_all(task, &mut bytes));
            let Ok(written) = timeout(limit, rest).await else {
                self.session.context.unread(limit);
                return Err(ErrorKind::TimedOut.into());
            };
            written?;
            self.presence.voice().resume(paused);
        }
        self.connection.written();
        Ok(())
    }

    /// Answers what has arrived, and says whether that was the end.
    async fn advance(&mut self, under_way: &mut UnderWay) -> io::Result<Option<End>> {
        const AT_ONCE: usize = 32;
        while under_way.turn.is_none() && under_way.last.is_none() {
            if self.is_full(under_way) {
                return Ok(None);
            }
            let (ended, voice) = (under_way.ended, self.presence.voice());
            let step = advance(self.connection, self.session, &**self.answer, ended, voice);
            under_way.heard |= !matches!(step, Step::Read { after_message: false });
            match step {
                Step::Run(later) => {
                    let limits = *self.connection.limits();
                    self.connection.append(&under_way.start(later, &limits));
                    // Calls that are quick are done before there are many more, and so show how large
                    // their replies are.
                    if under_way.running.len() % AT_ONCE == AT_ONCE - 1 {
                        yield_now().await;
                    }
                }
                Step::Ask(asked) => under_way.turn = Some(Turn::Asking(asked)),
                Step::Cancel(id) => under_way.cancel(&id),
                Step::Credit(id, total) => under_way.streams.grant(&id, total),
                Step::Items(id, items) => under_way.streams.receive(&id, *items),
                Step::EndUpload(id) => under_way.streams.end_upload(&id),
                Step::Continue => {
                    self.write().await?;
                    let usual = self.connection.limits().max_gathered_reply_bytes;
                    if under_way.pace.is_slow(usual) {
                        yield_now().await;
                        look_ahead(self.stream, self.connection).await?;
                        under_way.pace.restart();
                    }
                    self.connection.gather(under_way.pace.gathers());
                }
                Step::Read { after_message } => {
                    let partial = self.connection.is_partial();
                    if after_message || partial != under_way.partial {
                        under_way.since = Instant::now();
                        under_way.partial = partial;
                    }
                    return Ok(None);
                }
                Step::Http => return Ok(Some(End::Http)),
                // A fault of the whole connection must not overtake the replies of calls that ran.
                Step::Close { last } => under_way.last = Some(self.connection.take_from(last)),
            }
        }
        if !under_way.running.is_empty() {
            return Ok(None);
        }
        if let Some(last) = under_way.last.take() {
            self.connection.append_raw(|out| out.extend_from_slice(&last));
            return Ok(Some(End::Closed));
        }
        Ok(None)
    }

    /// Tells the peer that the server is about to stop; one that would not understand is read from
    /// no more.
    async fn tell(&mut self, under_way: &mut UnderWay) -> io::Result<()> {
        under_way.notice = Notice::Given;
        match self.connection.framing() {
            Some(framing) if self.session.can_be_told() => {
                self.connection.append_raw(|out| write_notice(out, framing));
            }
            _ => {
                read_rest(self.stream, self.connection).await?;
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
            && let Poll::Ready(event) = turn.poll(task)
        {
            return Poll::Ready(event);
        }
        if !under_way.running.is_empty()
            && let Poll::Ready(Some(reply)) = under_way.running.poll_join_next(task)
        {
            return Poll::Ready(Event::Reply(under_way.came(reply)));
        }
        if under_way.notice == Notice::None && self.stopping.as_mut().poll(task).is_ready() {
            return Poll::Ready(Event::Stopping);
        }
        let reads = !under_way.is_deaf() && !self.is_full(under_way);
        if reads && let Poll::Ready(read) = read(Pin::new(self.stream), self.connection, task) {
            return Poll::Ready(Event::Read(read));
        }
        // An idle connection holds none.
        buffers::take_back(self.connection);
        let waits = under_way.is_busy();
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

    /// Whether as many calls run, or have replies that wait, as may; the peer's next ones wait where
    /// they are.
    fn is_full(&self, under_way: &UnderWay) -> bool {
        under_way.calls >= self.connection.limits().max_calls_running.max(1)
            || under_way.pile.is_full()
    }

    /// How long the peer may take over what it does.
    fn patience(&self, under_way: &UnderWay) -> Duration {
        match (under_way.partial, under_way.notice) {
            (true, _) => self.timeouts.message,
            (false, Notice::None) => self.timeouts.idle,
            (false, _) => self.timeouts.idle.min(LEFT),
        }
    }

    /// Does what there is to do; whether that was the last.
    fn handle(&mut self, event: Event, under_way: &mut UnderWay) -> io::Result<bool> {
        match event {
            Event::Read(Ok(0)) => {
                self.presence.leave();
                under_way.streams.end(under_way.notice != Notice::None);
                under_way.ended = true;
            }
            Event::Read(read) => drop(read?),
            Event::Turn(reply) => {
                under_way.turn = None;
                under_way.since = Instant::now();
                self.connection.append(&reply);
            }
            Event::Found(found, message) => {
                under_way.turn = None;
                under_way.since = Instant::now();
                let answer = &**self.answer;
                let later = answer_as_found(self.connection, self.session, answer, found, &message);
                if let Some(later) = later {
                    let limits = *self.connection.limits();
                    self.connection.append(&under_way.start(later, &limits));
                }
            }
            Event::Reply(reply) => {
                under_way.since = Instant::now();
                self.connection.append(&reply);
                // The others stay where they are counted.
                while !self.connection.is_full()
                    && let Some(reply) = under_way.running.try_join_next()
                {
                    let reply = under_way.came(reply);
                    self.connection.append(&reply);
                }
            }
            Event::Stopping => {
                // A peer that has said nothing yet, whose first call may be on its way, is told when
                // that has come.
                under_way.notice = Notice::Owed;
                under_way.since = Instant::now();
            }
            Event::Late
                if !under_way.partial && under_way.streams.end_starved(self.timeouts.idle) =>
            {
                under_way.since = Instant::now();
            }
            Event::Late if !under_way.partial => {
                let is_told = under_way.notice != Notice::None;
                if is_told || !self.connection.ask() {
                    close_silent(self.connection, is_told);
                    return Ok(true);
                }
                under_way.since = Instant::now();
            }
            Event::Late if self.connection.is_undecided() => under_way.ended = true,
            Event::Late => {
                let limit = self.timeouts.message;
                refuse_late(self.connection, self.session, &**self.answer, limit);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Turn {
    fn poll(&mut self, task: &mut Context<'_>) -> Poll<Event> {
        match self {
            Self::Reply(reply) => reply.as_mut().poll(task).map(Event::Turn),
            Self::Asking(asked) => {
                let (asking, message) = &mut **asked;
                Pin::new(asking).poll(task).map(|found| Event::Found(found, mem::take(message)))
            }
        }
    }
}

/// The moment at which a wait ends; one that no clock can tell is far away.
fn later(since: Instant, wait: Duration) -> Instant {
    const AGES: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
    since.checked_add(wait).unwrap_or(since + AGES)
}

/// Closes so that the peer can still read what was written; see the blocking pump.
pub(crate) async fn close(stream: &mut AsyncSocket) -> io::Result<End> {
    let mut linger = Linger::begin(LINGER);
    let shutdown = poll_fn(|task| Pin::new(&mut *stream).poll_shutdown(task));
    timeout(LINGER, shutdown).await.unwrap_or(Ok(()))?;
    let mut rest = [0; 512];
    while let Ok(count) = timeout_at(linger.until().into(), stream.read(&mut rest)).await {
        match count? {
            0 => break,
            count if linger.goes_on(count) => {}
            _ => break,
        }
    }
    Ok(End::Closed)
}

/// Most replies have no more bytes.
const USUAL: usize = 256;

/// Answers a message that waits for no other, and waits for the reply; an empty one is none.
#[cfg_attr(not(feature = "http"), allow(dead_code))]
pub(crate) async fn settle<A: Answer>(
    answer: &Arc<A>,
    mut session: Session,
    message: impl AsRef<[u8]>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(USUAL);
    let mut answered = answer.answer(message.as_ref(), &mut session, &mut out);
    if let Answered::Asks(asking) = answered {
        let found = asking.await;
        answered = answer.answer_as_found(found, message.as_ref(), &mut session, &mut out);
    }
    match answered {
        Answered::Later(later) => finish(later).await,
        Answered::Reply
        | Answered::Broken
        | Answered::Last
        | Answered::Nothing
        | Answered::Asks(_)
        | Answered::Credit { .. }
        | Answered::Items { .. }
        | Answered::End { .. }
        | Answered::Cancel { .. } => out,
    }
}

/// Does what must be done for a reply, for no longer than its caller waits, and returns it: empty
/// where none is wanted. What blocks a thread runs on one of the runtime's own.
pub(crate) async fn finish(mut later: Later) -> Vec<u8> {
    let limit = later.take_limit();
    let reply = later.reply_with(&|job| Box::pin(on_another_thread(job)));
    match limit {
        Some((limit, late)) => timeout(limit, reply).await.unwrap_or(late),
        None => reply.await,
    }
}

/// The next part of what a call answers with, for which its caller waits no longer than they have said.
async fn next_part(feed: Box<Feed>) -> Part {
    let (left, late) = (feed.left(), feed.late());
    let next = async move {
        if !feed.blocks() {
            return feed.next().await;
        }
        let runtime = Handle::current();
        let asked = caught(|| spawn_blocking(move || runtime.block_on(feed.next())));
        let nothing = Part { message: Vec::new(), feed: None };
        match asked {
            Some(asked) => asked.await.unwrap_or(nothing),
            None => nothing,
        }
    };
    match left {
        Some(left) => timeout(left, next).await.unwrap_or(late),
        None => next.await,
    }
}

/// Runs what blocks a thread on one of the runtime's own. Where nobody waits for it any more before one
/// is free, it is not begun. Where the runtime has none and can make none, that is said.
pub(crate) async fn on_another_thread(job: Job) -> Result<String, Fault> {
    struct Wanted(AbortHandle);
    impl Drop for Wanted {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    const NO_THREAD: &str = "the server can make no thread for the call now (memory, `ulimit -u` or \
                             `TasksMax=` are used up); try again later";
    const STOPS: &str = "the server stops, and has not run the call";
    let refused = |code, why| Err(Fault::new(code, why).refusing());
    // tokio panics then.
    let Some(job) = caught(|| spawn_blocking(job)) else {
        return refused(code::OVERLOADED, NO_THREAD);
    };
    let _wanted = Wanted(job.abort_handle());
    // It answers for its own panics; what else ends it is that the runtime does.
    job.await.unwrap_or_else(|_| refused(code::SHUTTING_DOWN, STOPS))
}
