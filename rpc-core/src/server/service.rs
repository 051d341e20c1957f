//! What every model shares: accepting, one connection's conversation, and being stopped.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::error::Misuse;
use crate::json_rpc::{Answer, Session};
use crate::protocol::{Connection, Limits};
use crate::pump::End;
use crate::pump::blocking::{self, Timeouts, Voice};
use crate::registry::CallContext;
use crate::transport::{Socket, Stream};

use super::busy::Busy;
use super::conversation::{Conversation, Went};
use super::listener::Listener;
#[cfg(unix)]
use super::listener::Rest;
use super::stop::{Open, Stop};
use super::to_stderr;
#[cfg(feature = "http")]
use super::web::Guard;

/// A server's settings.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) timeouts: Timeouts,
    pub(super) stop: Duration,
    /// The type of what was to be shared, and found no functions.
    pub(super) unshared: Option<&'static str>,
    /// How long a thread that serves many connections stays with one.
    pub(super) slice: Duration,
    /// Says what those who operate the server are to know.
    #[cfg_attr(not(unix), allow(dead_code))]
    pub(super) log: Say,
    #[cfg(feature = "http")]
    pub(super) guard: Arc<Guard>,
}

impl Settings {
    /// Refuses what no connection could live with.
    pub(super) fn check(&self) -> Result<(), Misuse> {
        if let Some(ty) = self.unshared {
            return Err(Misuse::NobodyToShareWith { ty });
        }
        #[cfg(feature = "http")]
        if let Some(name) = self.guard.no_header() {
            return Err(Misuse::Header { name: name.to_owned() });
        }
        let Timeouts { idle, message, write, .. } = self.timeouts;
        let settings = [
            ("idle_timeout", idle),
            ("message_timeout", message),
            ("write_timeout", write),
            ("time_slice", self.slice),
        ];
        match settings.into_iter().find(|(_, timeout)| timeout.is_zero()) {
            Some((setting, _)) => Err(Misuse::NoTime { setting }),
            None => Ok(()),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let half_a_minute = Duration::from_secs(30);
        Self {
            limits: Limits::default(),
            timeouts: Timeouts {
                idle: half_a_minute,
                message: half_a_minute,
                write: half_a_minute,
                linger: Timeouts::LINGER,
            },
            stop: half_a_minute,
            unshared: None,
            slice: Duration::from_millis(5),
            log: Say::by(to_stderr),
            #[cfg(feature = "http")]
            guard: Arc::default(),
        }
    }
}

/// Says lines to those who operate the server.
#[derive(Clone)]
pub(super) struct Say(Arc<dyn Fn(&str) + Send + Sync>);

impl Say {
    pub(super) fn by(say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    #[cfg_attr(not(unix), allow(dead_code))]
    pub(super) fn line(&self, line: &str) {
        (self.0)(line);
    }
}

impl fmt::Debug for Say {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Say")
    }
}

/// A stack of layers at work: shared by the threads of a model.
#[derive(Debug)]
pub struct Service<A> {
    pub(super) answer: Arc<A>,
    pub(super) settings: Settings,
    pub(super) model: &'static str,
    stop: Arc<Stop>,
}

impl<A> Clone for Service<A> {
    fn clone(&self) -> Self {
        Self {
            answer: Arc::clone(&self.answer),
            settings: self.settings.clone(),
            model: self.model,
            stop: Arc::clone(&self.stop),
        }
    }
}

impl<A: Answer> Service<A> {
    pub(super) fn new(answer: A, settings: Settings, model: &'static str, stop: Stop) -> Self {
        Self { answer: Arc::new(answer), settings, model, stop: Arc::new(stop) }
    }

    /// The same in a process of its own, whose `accept` is ended by `close`, with `layer` around what
    /// answers.
    #[cfg(unix)]
    pub(super) fn in_child<B: Answer>(
        &self,
        layer: impl FnOnce(Arc<A>) -> Arc<B>,
        close: impl Fn() -> Rest + Send + Sync + 'static,
    ) -> Service<B> {
        Service {
            answer: layer(Arc::clone(&self.answer)),
            settings: self.settings.clone(),
            model: self.model,
            stop: Arc::new(Stop::new(self.stop.address().clone(), close)),
        }
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

    /// Waits for the next connection; `None` when the service is stopped and none is left. It is
    /// noted, so that stopping can end it.
    pub(super) fn accept(&self, listener: &Listener) -> Option<Open> {
        // What keeps a connection from being accepted (no descriptor is left, say) passes; trying
        // again at once would only burn time.
        const PAUSE: Duration = Duration::from_millis(50);
        while !self.stop.is_stopping() {
            match listener.accept() {
                // One that ends the waiting says nothing and is gone.
                Ok(stream) => return Some(self.open(stream)),
                Err(error) if is_about_one_connection(&error) => {}
                Err(_) if self.stop.is_stopping() => {}
                Err(_) => thread::sleep(PAUSE),
            }
        }
        self.stop.open_rest()
    }

    /// The next connection that waits to be accepted, if there is one.
    #[cfg(not(unix))]
    pub(super) fn accept_now(&self, listener: &Listener) -> Option<Open> {
        if self.stop.is_stopping() {
            return self.stop.open_rest();
        }
        listener.accept_now().ok().flatten().map(|stream| self.open(stream))
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.stop.connections()
    }

    /// Notes a connection, so that stopping can end it.
    pub(super) fn open(&self, stream: Socket) -> Open {
        self.stop.open(stream)
    }

    /// Answers what comes over a connection until either side ends it.
    pub(super) fn converse(&self, open: Open) {
        if let Ok(mut conversation) = Conversation::new(self, open, None) {
            while conversation.go_on(self, None) == Went::Waits {}
        }
    }

    /// Answers the first message of a connection with a busy fault and closes.
    pub(super) fn refuse(&self, stream: &Socket, limit: usize) {
        let busy = Arc::new(Busy::new(&self.answer, limit));
        let mut session = Session::new(CallContext::default(), self.settings.limits);
        let mut connection = Connection::new(None, self.settings.limits);
        alone(|| {
            stream.set_write_timeout(Some(blocking::write_wait(Busy::<A>::TIMEOUTS.write)))?;
            let voice = Voice::default();
            let timeouts = &Busy::<A>::TIMEOUTS;
            let end =
                blocking::serve(stream, &voice, &mut connection, &mut session, &*busy, timeouts)?;
            match end {
                End::Closed => Ok(()),
                End::Http => {
                    let visit = Visit { service: self, answer: &busy, timeouts, refused: true };
                    visit.go_on_blocking(stream, &mut session, connection, None)?;
                    Ok(())
                }
            }
        });
    }
}

#[cfg(unix)]
impl<A: Answer> Service<A> {
    /// Answers what has arrived on a connection with a busy fault and closes, for a process that must
    /// not wait for its peer.
    pub(super) fn refuse_now(&self, stream: &Socket, message: &str) {
        const NOW: Duration = Duration::from_millis(10);
        const TIMEOUTS: Timeouts =
            Timeouts { idle: NOW, message: NOW, write: NOW, linger: Timeouts::LINGER };
        const UNAVAILABLE: &[u8] =
            b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        let busy = Busy::because(&self.answer, message);
        let mut session = Session::new(CallContext::default(), self.settings.limits);
        let mut connection = Connection::new(None, self.settings.limits);
        alone(|| {
            stream.set_write_timeout(Some(NOW))?;
            let voice = Voice::default();
            match blocking::serve(stream, &voice, &mut connection, &mut session, &busy, &TIMEOUTS)?
            {
                End::Closed => Ok(()),
                // What serves HTTP may make threads, beside which no process can be made any more.
                End::Http => blocking::write_all(stream, UNAVAILABLE, NOW),
            }
        });
    }
}

/// A connection that speaks HTTP, where it has come to.
#[cfg_attr(not(feature = "http"), allow(dead_code))]
pub(super) struct Visit<'a, A, B> {
    pub(super) service: &'a Service<A>,
    pub(super) answer: &'a Arc<B>,
    pub(super) timeouts: &'a Timeouts,
    /// Whether there is no room for it, and it is only told so.
    pub(super) refused: bool,
}

/// Serves one connection. If it breaks, that concerns its peer alone, and the peer knows; if a layer
/// panics outside of calls, it costs this connection and not its thread, which may serve others.
fn alone(serve: impl FnOnce() -> io::Result<()>) {
    let _ = catch_unwind(AssertUnwindSafe(serve));
}

/// Whether an error of `accept` is about a connection that ended before it was accepted.
pub(super) fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
