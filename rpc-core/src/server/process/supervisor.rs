//! Keeps a number of workers at work: replaces those that die or hang, and renews all when told to.

use std::io;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::registry::{Statistics, Upkeep};
use crate::server::exhausted;
use crate::server::listener::{Listener, Rest, listen_failed};
use crate::server::log::Log;
use crate::server::settings::LogSink;
use crate::transport::Socket;

use super::STOP;
use super::child::{CANNOT_START, Child};
use super::children::{Children, LEAVING};
use super::listening::stop_listening;
use super::log::to_stderr;
use super::signals::Signals;
use super::signals::catch_signals;
use super::sys::{self, Pid};
use super::watched::{Calls, Watched};

/// A worker that ends sooner than this has not worked; its place waits before it is taken again.
const EARLY: Duration = Duration::from_secs(1);
/// How long it waits first, and at most; each time twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How many workers there are, and how long they may take over what they do.
#[derive(Clone)]
pub(in crate::server) struct Pool {
    pub(in crate::server) workers: usize,
    /// Over one call; `None` for ever.
    pub(in crate::server) busy_timeout: Option<Duration>,
    /// After so many calls a worker leaves.
    pub(in crate::server) max_calls: Option<u64>,
    /// Over leaving.
    pub(in crate::server) stop_timeout: Duration,
    /// Says what happens to them.
    pub(in crate::server) log: LogSink,
    /// What is done beside them.
    pub(in crate::server) upkeep: Vec<Upkeep>,
    /// Takes over what they have counted.
    pub(in crate::server) statistics: Option<Arc<Statistics>>,
}

impl Pool {
    /// Keeps workers at work on the `listener`, which does not block, until a signal asks this
    /// process to stop. Each worker is a process of its own that does `work` and ends with it. Those who
    /// cannot be served any more by then are told by `tell`.
    ///
    /// # Errors
    ///
    /// Where this process has more than one thread, or the operating system refuses.
    pub(in crate::server) fn run(
        self,
        listener: &Listener,
        tell: impl Fn(Socket),
        work: impl Fn(&Worker<'_>) -> io::Result<()>,
    ) -> Result<(), Error> {
        let children = Children::new()?;
        let patience = self.stop_timeout + LEAVING;
        let signals = catch_signals(true).map_err(listen_failed)?;
        listener.set_nonblocking().map_err(listen_failed)?;
        let now = Instant::now();
        let place = Place { worker: None, early_ends: 0, due: now };
        let places = vec![place; self.workers.max(1)];
        let log = Log::new(&self.log, to_stderr);
        let mut supervisor =
            Supervisor { pool: self, listener, work, signals, children, places, log };
        supervisor.supervise();
        supervisor.serve_rest(stop_listening(listener, &tell), &tell);
        let Supervisor { children, signals, mut log, .. } = supervisor;
        log.end();
        children.end(&signals, patience);
        Ok(())
    }
}

/// A process that serves, as it sees itself.
#[derive(Debug)]
pub(in crate::server) struct Worker<'l> {
    pub(in crate::server) listener: &'l Listener,
    child: Child,
    calls: Arc<Calls>,
    rest: Arc<Mutex<Rest>>,
}

impl Worker<'_> {
    /// What is to be served when the worker leaves, of those that connected before the service was
    /// stopped.
    pub(in crate::server) fn rest(&self) -> impl Fn() -> Rest + Send + Sync + 'static {
        let rest = Arc::clone(&self.rest);
        move || mem::take(&mut rest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts the layer on `answer` that lets the supervisor see a call that hangs, and that makes the
    /// worker leave after its number of calls.
    pub(in crate::server) fn watch<A>(&self, answer: Arc<A>) -> Arc<Watched<A>> {
        Arc::new(Watched::new(answer, Arc::clone(&self.calls), true))
    }

    /// The same where calls run on an event loop.
    #[cfg(feature = "tokio")]
    pub(in crate::server) fn watch_loop<A>(&self, answer: Arc<A>) -> Arc<Watched<A>> {
        Arc::new(Watched::new(answer, Arc::clone(&self.calls), false))
    }

    /// Starts the thread that ends this process when its parent does, and that lets go of the
    /// listener and calls `leave` when the worker is to leave.
    pub(in crate::server) fn mind(
        &self,
        leave: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<()> {
        self.child.mind(Some(self.listener), leave)
    }
}

/// A place in the pool.
#[derive(Debug, Clone, Copy)]
struct Place {
    worker: Option<Pid>,
    /// How many workers in a row have ended early here.
    early_ends: u32,
    /// When it is to be taken.
    due: Instant,
}

/// What is remembered of a worker.
#[derive(Debug)]
struct Record {
    started: Instant,
    calls: Arc<Calls>,
    /// The call it was last seen at, and since when.
    seen: Option<(u64, Instant)>,
    /// When it must have left, once it was told.
    leaves_by: Option<Instant>,
    /// Why it had to be killed.
    overdue: Option<String>,
}

struct Supervisor<'l, W> {
    pool: Pool,
    listener: &'l Listener,
    work: W,
    signals: Signals,
    children: Children<Record>,
    places: Vec<Place>,
    log: Log,
}

impl<W: Fn(&Worker<'_>) -> io::Result<()>> Supervisor<'_, W> {
    /// Returns when a signal asks to stop.
    fn supervise(&mut self) {
        loop {
            self.reap();
            self.tend();
            self.fill();
            self.end_overdue();
            self.log.go_on();
            let patience = self.patience();
            self.signals.wait(None, patience);
            while let Some(signal) = self.signals.next() {
                match signal {
                    libc::SIGHUP => self.renew(),
                    signal if STOP.contains(&signal) => return,
                    _ => {}
                }
            }
        }
    }

    /// Takes note of the workers that have ended.
    fn reap(&mut self) {
        let now = Instant::now();
        let (places, log, pool) = (&mut self.places, &mut self.log, &self.pool);
        self.children.reap(|pid, record, how| {
            if let Some(statistics) = &pool.statistics {
                statistics.process_ended(u64::from(pid.unsigned_abs()));
            }
            let place = places.iter_mut().find(|place| place.worker == Some(pid));
            if how.code() == Some(CANNOT_START) {
                let why = exhausted::of_processes("it could make no thread");
                log.say(&format!("no worker can be made: {why}"));
            } else if !how.success() {
                let why = record.overdue.as_ref().map(|why| format!(", {why}"));
                let why = why.unwrap_or_default();
                let then = if place.is_some() { "; another takes its place" } else { "" };
                log.say(&format!("worker {pid} has ended ({how}{why}){then}"));
            }
            let Some(place) = place else {
                return;
            };
            place.worker = None;
            if how.success() || now - record.started >= EARLY {
                place.early_ends = 0;
                place.due = now;
            } else {
                place.wait(now);
            }
        });
    }

    /// Has a process do what is done beside workers.
    fn tend(&mut self) {
        let listener = self.listener;
        let said = self.children.tend(&self.pool.upkeep, |child| child.let_go(listener));
        if let Some(line) = said {
            self.log.say(&line);
        }
    }

    /// Starts workers where they are missing.
    fn fill(&mut self) {
        let now = Instant::now();
        for place in 0..self.places.len() {
            if self.places[place].worker.is_none() && self.places[place].due <= now {
                match self.start(&mut Vec::new()) {
                    Ok(worker) => self.places[place].worker = Some(worker),
                    Err(error) => {
                        self.places[place].wait(now);
                        let why = exhausted::of_processes(error);
                        self.log.say(&format!("no worker can be made: {why}"));
                    }
                }
            }
        }
    }

    /// Starts a worker, which takes the last of the `shares` and lets go of the others.
    fn start(&mut self, shares: &mut Vec<Rest>) -> io::Result<Pid> {
        let calls = Arc::new(Calls::new(self.pool.max_calls)?);
        let record = Record {
            started: Instant::now(),
            calls: Arc::clone(&calls),
            seen: None,
            leaves_by: None,
            overdue: None,
        };
        let (work, listener) = (&self.work, self.listener);
        self.children.fork(record, |child| {
            let rest = Arc::new(Mutex::new(shares.pop().unwrap_or_default()));
            shares.clear();
            work(&Worker { listener, child, calls, rest })
        })
    }

    /// Has connections that nobody accepted served by workers that have nothing else to do: those
    /// there are may be at one connection for as long as it is open.
    fn serve_rest(&mut self, rest: Rest, tell: &impl Fn(Socket)) {
        let mut shares: Vec<_> =
            (0..self.pool.workers.max(1).min(rest.len())).map(|_| Rest::new()).collect();
        let count = shares.len();
        for (index, stream) in rest.into_iter().enumerate() {
            shares[index % count].push_back(stream);
        }
        while !shares.is_empty() {
            if let Err(error) = self.start(&mut shares) {
                let why = exhausted::of_processes(error);
                self.log.say(&format!("no worker can be made: {why}"));
                shares.pop().into_iter().flatten().for_each(tell);
                continue;
            }
            shares.pop();
        }
    }

    /// Starts a new worker in every place, then tells the old ones to leave.
    fn renew(&mut self) {
        let now = Instant::now();
        let mut old = Vec::new();
        for place in 0..self.places.len() {
            // Where no new one can be made the old one stays.
            if let Ok(worker) = self.start(&mut Vec::new()) {
                old.extend(self.places[place].worker.replace(worker));
                self.places[place].early_ends = 0;
            }
        }
        for (pid, record) in self.children.running() {
            if old.contains(&pid) {
                record.leaves_by = Some(now + self.pool.stop_timeout + LEAVING);
                sys::kill(pid, libc::SIGTERM);
            }
        }
    }

    /// Ends workers that hang in a call, or that do not leave.
    fn end_overdue(&mut self) {
        let now = Instant::now();
        for (pid, record) in self.children.running() {
            if let Some(limit) = self.pool.busy_timeout.filter(|limit| record.hangs(now, *limit)) {
                let why = format!("it was at one call for longer than {limit:?}, `busy_timeout`");
                record.overdue = Some(why);
            } else if record.leaves_by.is_some_and(|by| by <= now) {
                let limit = self.pool.stop_timeout;
                let why = format!("it did not leave within {limit:?}, `stop_timeout`");
                record.overdue = Some(why);
            }
            if record.overdue.is_some() {
                sys::kill(pid, libc::SIGKILL);
            }
        }
    }

    /// How long there is nothing to do unless a signal comes.
    fn patience(&mut self) -> Option<Duration> {
        let now = Instant::now();
        let looks = self.pool.busy_timeout.map(|limit| {
            let often = limit / 8;
            now + often.clamp(Duration::from_millis(5), Duration::from_secs(1))
        });
        let due = self.places.iter().filter(|place| place.worker.is_none()).map(|place| place.due);
        let leaving = self.children.running().filter_map(|(_, record)| record.leaves_by);
        let next = due.chain(leaving).chain(looks).chain(self.log.due()).min()?;
        Some(next.saturating_duration_since(now).max(Duration::from_millis(1)))
    }
}

impl Place {
    /// Has the place wait after a worker that has ended early. Once may be chance.
    fn wait(&mut self, now: Instant) {
        let wait = match self.early_ends {
            0 => Duration::ZERO,
            more => LONGEST_WAIT.min(FIRST_WAIT * 2_u32.saturating_pow(more - 1)),
        };
        self.early_ends = self.early_ends.saturating_add(1);
        self.due = now + wait;
    }
}

impl Record {
    /// Whether the worker has been at one call for `limit`.
    fn hangs(&mut self, now: Instant, limit: Duration) -> bool {
        self.seen = match (self.calls.running(), self.seen) {
            (Some(call), Some((seen, since))) if call == seen => Some((call, since)),
            (Some(call), _) => Some((call, now)),
            (None, _) => None,
        };
        self.seen.is_some_and(|(_, since)| now - since >= limit)
    }
}
