//! The asynchronous pump: one task, one stream; asynchronous calls run beside it.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::AsyncWrite;
use tokio::task::yield_now;
use tokio::time::{Sleep, sleep_until, timeout, timeout_at};

use crate::dialect::write_notice;
use crate::json_rpc::{Answer, Said, Session};
use crate::protocol::Connection;
use crate::timing::{LEFT, LINGER};
use crate::transport::AsyncSocket;

use super::ahead::{MANY, look_ahead};
use super::buffers;
use super::incoming::{read, read_rest};
use super::linger::Linger;
use super::step::{End, Step, advance, answer_as_found, close_silent, refuse_late};
use super::timeouts::Timeouts;
use super::under_way::{Event, Notice, Turn, UnderWay};

pub(crate) use super::finish::on_another_thread;
pub(crate) use super::presence::Presence;

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

    fn append_all(&mut self, said: &Said) {
        said.messages().for_each(|message| self.connection.append(message));
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
                Step::Cancel(id) => {
                    under_way.cancel(&id);
                    under_way.since = Instant::now();
                }
                Step::OfStream(id, said) => {
                    under_way.streams.hear(&id, said);
                    under_way.since = Instant::now();
                }
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
                Step::Close { last } => {
                    under_way.streams.end(under_way.notice != Notice::None);
                    under_way.last = Some(self.connection.take_from(last));
                }
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
                under_way.streams.end(true);
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
        let waits = under_way.waits();
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
            Event::Reply(said) => {
                under_way.since = Instant::now();
                self.append_all(&said);
                // The others stay where they are counted.
                while !self.connection.is_full()
                    && let Some(reply) = under_way.running.try_join_next()
                {
                    let said = under_way.came(reply);
                    self.append_all(&said);
                }
            }
            Event::Stopping => {
                // A peer that has said nothing yet, whose first call may be on its way, is told when
                // that has come.
                under_way.notice = Notice::Owed;
                under_way.since = Instant::now();
            }
            Event::Late if !under_way.partial && under_way.is_busy() => {
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
