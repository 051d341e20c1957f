//! A stack of layers at work: what every connection of a server shares, and what each begins with.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;
use crate::registry::{CallContext, Caller, watch_panics};
use crate::transport::AnyStream;

use super::busy::Busy;
#[cfg(unix)]
use super::listener::Rest;
use super::settings::Settings;
use super::stop::{Open, Stop};

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
}

impl<A> Clone for Service<A> {
    fn clone(&self) -> Self {
        self.with_answer(Arc::clone(&self.answer), self.settings.clone())
    }
}

impl<A> Service<A> {
    fn with_answer<B>(&self, answer: Arc<B>, settings: Settings) -> Service<B> {
        let Self { model, is_busy, ref stop, .. } = *self;
        Service { answer, settings, model, is_busy, stop: Arc::clone(stop) }
    }
}

impl<A: Answer> Service<A> {
    pub(super) fn new(answer: A, settings: Settings, model: &'static str, stop: Stop) -> Self {
        watch_panics();
        Self { answer: Arc::new(answer), settings, model, is_busy: false, stop: Arc::new(stop) }
    }

    /// The same in a process of its own, whose `accept` is ended by `close`, with `layer` around what
    /// answers.
    #[cfg(unix)]
    pub(super) fn in_child<B: Answer>(
        &self,
        layer: impl FnOnce(Arc<A>) -> Arc<B>,
        close: impl Fn() -> Rest + Send + Sync + 'static,
    ) -> Service<B> {
        let stop = Arc::new(Stop::new(self.stop.address().clone(), close));
        let layered = self.with_answer(layer(Arc::clone(&self.answer)), self.settings.clone());
        Service { stop, ..layered }
    }

    /// The same for a connection that there is no room for: its first message is answered with a busy
    /// fault, and that is the last.
    pub(super) fn busy(&self, busy: Busy<A>) -> Service<Busy<A>> {
        let mut settings = self.settings.clone();
        settings.timeouts = busy.timeouts();
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
        if self.settings.lines {
            connection.read_lines();
        }
        (Session::new(context, limits), connection)
    }

    /// Notes a connection, so that stopping can end it.
    pub(super) fn open(&self, stream: impl Into<AnyStream>) -> Open {
        self.stop.open(stream.into())
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.stop.connections()
    }

    pub(super) fn stop_timeout(&self) -> Duration {
        self.settings.stop
    }

    /// Stops the service and waits until its connections are closed, when it is called.
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
