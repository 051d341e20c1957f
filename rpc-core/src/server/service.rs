//! A stack of layers at work: what every connection of a server shares, and what each begins with.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::json_rpc::{Answer, Session};
use crate::protocol::{Connection, Memory};
#[cfg(unix)]
use crate::registry::Statistics;
use crate::registry::{self, CallContext, Caller, Trace, watch_panics};
use crate::transport::AnyStream;

use super::busy::{Busy, Room};
use super::exhausted;
#[cfg(unix)]
use super::listener::Rest;
use super::log::Log;
use super::machine;
#[cfg(unix)]
use super::process::{descriptor_limit, to_stderr};
use super::settings::Settings;
use super::stop::{Open, Stop};
use super::upkeep;
#[cfg(not(unix))]
use super::without_log::to_stderr;

/// A stack of layers at work: shared by the threads of a model.
#[derive(Debug)]
pub struct Service<A> {
    pub(super) answer: Arc<A>,
    pub(super) settings: Settings,
    pub(super) model: &'static str,
    /// Whether connections are only told that there is no room for them.
    #[cfg_attr(not(feature = "http"), allow(dead_code))]
    pub(super) is_busy: bool,
    stop: Arc<Stop>,
    log: Arc<Mutex<Log>>,
    /// Says of messages that they cannot be read.
    pub(super) trace: Trace,
    /// What the unfinished messages of all connections may take.
    pub(super) memory: Memory,
}

impl<A> Clone for Service<A> {
    fn clone(&self) -> Self {
        self.with_answer(Arc::clone(&self.answer), self.settings.clone())
    }
}

impl<A> Service<A> {
    fn with_answer<B>(&self, answer: Arc<B>, settings: Settings) -> Service<B> {
        let Self { model, is_busy, ref stop, ref log, .. } = *self;
        let (stop, log, memory) = (Arc::clone(stop), Arc::clone(log), self.memory.clone());
        Service { answer, settings, model, is_busy, stop, log, trace: self.trace.clone(), memory }
    }
}

impl<A: Answer> Service<A> {
    pub(super) fn new(answer: Arc<A>, settings: Settings, model: &'static str, stop: Stop) -> Self {
        watch_panics();
        let log = Arc::new(Mutex::new(Log::new(&settings.log, to_stderr)));
        let of_trace = Arc::clone(&log);
        let trace = Trace::new(move |line| lock(&of_trace).say(line));
        let stop = stop.counting(settings.statistics.clone());
        let stop = Arc::new(stop.cutting_off(cut_off(&answer)));
        let memory = Memory::of(settings.unfinished.unwrap_or_else(machine::share_of_memory));
        let service = Self { answer, settings, model, is_busy: false, stop, log, trace, memory };
        #[cfg(feature = "tls")]
        service.watch_certificates();
        let say: registry::Log = Arc::new(service.sayer());
        service.answer.log_to(&say);
        service
    }

    /// The same, with threads of this process that do what is to be done beside calls.
    pub(super) fn tended(self) -> Self {
        for work in self.answer.upkeep() {
            if let Err(error) = upkeep::begin(&work) {
                self.say(&format!("no thread can be made for what is done beside calls: {error}"));
            }
        }
        self
    }

    /// The same in a process of its own, whose `accept` is ended by `close`, with `layer` around what
    /// answers.
    #[cfg(unix)]
    pub(super) fn in_child<B: Answer>(
        &self,
        layer: impl FnOnce(Arc<A>) -> Arc<B>,
        close: impl Fn() -> Rest + Send + Sync + 'static,
    ) -> Service<B> {
        let statistics = self.settings.statistics.clone();
        if statistics.is_some() {
            Statistics::in_new_process();
        }
        let stop = Stop::new(self.stop.address().clone(), close).counting(statistics);
        let stop = Arc::new(stop.cutting_off(cut_off(&self.answer)));
        let layered = self.with_answer(layer(Arc::clone(&self.answer)), self.settings.clone());
        Service { stop, ..layered }
    }

    /// The same for a connection that there is no room for: its first message is answered with a busy
    /// fault, and that is the last.
    pub(super) fn busy(&self, busy: Busy<A>) -> Service<Busy<A>> {
        let mut settings = self.settings.clone();
        settings.timeouts = Busy::<A>::timeouts();
        Service { is_busy: true, ..self.with_answer(Arc::new(busy), settings) }
    }

    /// What a connection begins with. Everything that serves one takes it from here.
    pub(super) fn begin(
        &self,
        peer: Option<SocketAddr>,
        caller: Option<Arc<dyn Caller>>,
    ) -> (Session, Connection) {
        let limits = self.settings.limits;
        let context = CallContext::of_connection(peer, self.model, caller);
        let mut connection = Connection::new(None, limits);
        connection.within(&self.memory);
        if self.settings.lines {
            connection.read_lines();
        }
        (Session::new(context, limits), connection)
    }

    /// Notes a connection, so that stopping can end it.
    pub(super) fn open(&self, stream: impl Into<AnyStream>) -> Open {
        self.stop.open(self.over_tls(stream.into()))
    }

    /// The same for the next of those that are still to be served of a service that is stopped.
    pub(super) fn open_rest(&self) -> Option<Open> {
        self.stop.open_rest(|stream| self.over_tls(stream))
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.stop.connections()
    }

    /// Says a line to those who operate the server, at most one a second.
    pub(super) fn say(&self, line: &str) {
        lock(&self.log).say(line);
    }

    /// Says that there was no room for a connection: of many, how many.
    pub(super) fn say_refused(&self, room: Room) {
        lock(&self.log).refuse(room);
    }

    /// Says what has not been said yet, because nothing comes any more.
    pub(super) fn end_log(&self) {
        lock(&self.log).end();
    }

    /// The same for somebody who does not know the service.
    pub(super) fn sayer(&self) -> impl Fn(&str) + Send + Sync + use<A> {
        let log = Arc::clone(&self.log);
        move |line| log.lock().unwrap_or_else(PoisonError::into_inner).say(line)
    }

    /// Says why nobody can be accepted now.
    pub(super) fn say_not_accepted(&self, error: &io::Error) {
        // What is listened at is shut down for all processes at once, by the first that stops.
        #[cfg(unix)]
        let is_shut = matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOTSOCK));
        #[cfg(not(unix))]
        let is_shut = false;
        if is_shut || self.stop.is_stopping() {
            return;
        }
        #[cfg(unix)]
        let limit = descriptor_limit();
        #[cfg(not(unix))]
        let limit = None;
        let why = exhausted::of_descriptors(error, limit);
        self.say(&format!("no connection can be accepted now: {why}"));
    }

    pub(super) fn stop_timeout(&self) -> Duration {
        self.settings.stop
    }

    /// Stops the service and waits until its connections are closed, when it is called.
    #[cfg(unix)]
    pub(super) fn leave(&self) -> impl Fn() + Send + Sync + 'static {
        let (stop, limit) = (Arc::clone(&self.stop), self.settings.stop);
        move || {
            stop.stop();
            stop.drained(limit);
        }
    }

    pub(super) fn stop(&self) -> &Arc<Stop> {
        &self.stop
    }
}

/// Has what answers hear which calls are not waited for any more.
fn cut_off<A: Answer>(answer: &Arc<A>) -> impl Fn() + Send + Sync + use<A> {
    let answer = Arc::clone(answer);
    move || answer.cut_off()
}

fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}
