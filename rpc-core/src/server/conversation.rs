//! One connection served by a thread that reads and writes: all that is kept from turn to turn.

use std::future::{Pending, pending};
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

use crate::dialect::Dialect;
use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;
use crate::pump::blocking::{self, Clock};
#[cfg(feature = "tls")]
use crate::pump::write_all;
use crate::pump::{End, StreamThreads, Timeouts, write_wait};
use crate::timing::LEFT;
#[cfg(unix)]
use crate::transport::Socket;
use crate::transport::{AnyStream, Stream};

use super::peer::{Peer, is_unix};
use super::proxy_header::Awaited;
use super::service::Service;
use super::stop::Open;

/// A connection, and all that is remembered of it between two reads.
#[derive(Debug)]
pub(super) struct Conversation {
    open: Open,
    connection: Connection,
    session: Session,
    clock: Clock,
    /// Those of its calls that answer with streams.
    threads: StreamThreads,
    timeouts: Timeouts,
    /// How long others wait for the thread; `None` where there are no others.
    slice: Option<Duration>,
    given_up: bool,
    /// Whether it is only told that there is no room for it.
    #[cfg(unix)]
    is_refused: bool,
    /// What a proxy is to say before anything else.
    awaited: Option<Awaited>,
    /// Whether the peer speaks plain text to a server that speaks TLS alone.
    #[cfg(feature = "tls")]
    is_plain: bool,
}

/// How a conversation went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a conversation that waits is to be gone on with"]
pub(super) enum Went {
    /// It is over.
    Ended,
    /// Others may have their turn before its next message.
    Waits,
}

impl<A: Answer> Service<A> {
    /// Answers what comes over a connection until either side ends it. If it breaks, that concerns its
    /// peer alone, and the peer knows.
    pub(super) fn converse(&self, open: Open) {
        if let Ok(mut conversation) = Conversation::new(self, open, None) {
            while conversation.go_on(self, NOBODY) == Went::Waits {}
        }
    }

    /// The same, and says how it broke.
    pub(super) fn serve(&self, stream: AnyStream) -> io::Result<()> {
        let mut conversation = Conversation::new(self, self.open(stream), None)?;
        while conversation.converse(self, NOBODY)? == Went::Waits {}
        Ok(())
    }
}

/// Nobody waits for the thread.
pub(super) const NOBODY: Option<Pending<Duration>> = None;

impl Conversation {
    /// Begins one that has its thread alone; or that others wait for, after each `slice` of time.
    pub(super) fn new<A: Answer>(
        service: &Service<A>,
        open: Open,
        slice: Option<Duration>,
    ) -> io::Result<Self> {
        let timeouts = service.settings.timeouts;
        let stream = open.stream();
        let (peer, is_unix) = (stream.peer(), is_unix(stream));
        let awaited = service.await_header(peer, is_unix)?;
        if let Some(socket) = stream.socket() {
            socket.set_nodelay()?;
        }
        stream.set_write_timeout(Some(write_wait(timeouts.write)))?;
        let caller = Arc::new(Peer::of(stream, &service.trace, service.proxies_of(peer, is_unix)));
        let (session, connection) = service.begin(peer, Some(caller));
        let clock = slice.map(Clock::sliced).unwrap_or_default();
        Ok(Self {
            open,
            connection,
            session,
            clock,
            threads: StreamThreads::default(),
            timeouts,
            slice,
            given_up: false,
            #[cfg(unix)]
            is_refused: service.is_busy,
            awaited,
            #[cfg(feature = "tls")]
            is_plain: false,
        })
    }

    /// Answers what comes until either side ends the connection, or its time slice is over. Where
    /// there are others, `crowd` is ready when one of them waits, and says how long the peer may still
    /// be silent.
    ///
    /// If it breaks, that concerns its peer alone, and the peer knows; if a layer panics outside of
    /// calls, it costs this connection and not its thread, which may serve others.
    pub(super) fn go_on<A: Answer>(
        &mut self,
        service: &Service<A>,
        crowd: Option<impl Future<Output = Duration>>,
    ) -> Went {
        let went = catch_unwind(AssertUnwindSafe(|| self.converse(service, crowd)));
        went.map_or(Went::Ended, |went| went.unwrap_or(Went::Ended))
    }

    fn converse<A: Answer>(
        &mut self,
        service: &Service<A>,
        crowd: Option<impl Future<Output = Duration>>,
    ) -> io::Result<Went> {
        if let Some(awaited) = &mut self.awaited {
            let Some(header) = service.read_header(awaited, self.open.stream(), self.slice)? else {
                return Ok(Went::Waits);
            };
            if let Some(source) = header.source {
                self.session.context.came_from(source);
            }
            self.awaited = None;
            self.clock = self.new_clock();
        }
        #[cfg(feature = "tls")]
        if self.is_plain {
            let end = self.pump(service)?;
            return self.end_plain(end);
        }
        let pumped = self.pump(service);
        #[cfg(feature = "tls")]
        let pumped = match pumped {
            Err(error) => return self.go_on_without_tls(service, error),
            pumped => pumped,
        };
        let mut end = pumped?;
        if end == Some(End::Http) {
            let is_crowded = crowd.is_some();
            if self.speak_http(service, crowd)? {
                end = self.pump(service)?;
            } else if is_crowded {
                return self.close();
            }
        }
        Ok(if end.is_some() { Went::Ended } else { Went::Waits })
    }

    fn pump<A: Answer>(&mut self, service: &Service<A>) -> io::Result<Option<End>> {
        #[cfg(feature = "tls")]
        if self.is_plain {
            return self.pump_with(&super::plain_text::plainly_refused(&service.answer));
        }
        self.pump_with(&*service.answer)
    }

    fn pump_with<A: Answer>(&mut self, answer: &A) -> io::Result<Option<End>> {
        let pump = blocking::Pump {
            stream: self.open.stream(),
            out: self.open.write_half(),
            connection: &mut self.connection,
            session: &mut self.session,
            answer,
            timeouts: &self.timeouts,
            clock: &mut self.clock,
            threads: &mut self.threads,
        };
        pump.go_on()
    }

    /// Goes on with a connection whose peer does not speak TLS, or no more.
    #[cfg(feature = "tls")]
    #[cold]
    fn go_on_without_tls<A: Answer>(
        &mut self,
        service: &Service<A>,
        error: io::Error,
    ) -> io::Result<Went> {
        if super::plain_text::is_plain(&error) {
            self.is_plain = true;
            let end = self.pump(service)?;
            return self.end_plain(end);
        }
        // What is wrong has been said, in TLS's own words; the peer is to have the time to read it.
        if self.open.stream().tls().is_some_and(|tls| tls.is_broken()) {
            return self.close();
        }
        Err(error)
    }

    #[cfg(feature = "tls")]
    fn end_plain(&mut self, end: Option<End>) -> io::Result<Went> {
        match end {
            Some(End::Http) => {
                let words = super::plain_text::refusal_in_http();
                write_all(&**self.open.stream(), words.as_bytes(), self.timeouts.write)?;
                self.close()
            }
            Some(End::Closed) => Ok(Went::Ended),
            None => Ok(Went::Waits),
        }
    }

    /// Answers requests, and says whether one has made a WebSocket of the connection.
    fn speak_http<A: Answer>(
        &mut self,
        service: &Service<A>,
        crowd: Option<impl Future<Output = Duration>>,
    ) -> io::Result<bool> {
        let (stream, out) = (self.open.stream(), self.open.write_half());
        out.hand_over();
        let linger = if crowd.is_some() { Duration::ZERO } else { self.timeouts.linger };
        let timeouts = Timeouts { linger, ..self.timeouts };
        let (_, next) = service.begin(None, None);
        let begun = mem::replace(&mut self.connection, next);
        let session = &mut self.session;
        let voice = out.voice();
        let switched = match crowd {
            Some(crowd) => {
                service.speak_http_blocking(stream, session, begun, &timeouts, voice, crowd)
            }
            None => {
                service.speak_http_blocking(stream, session, begun, &timeouts, voice, pending())
            }
        };
        let Some(connection) = switched? else {
            return Ok(false);
        };
        out.take_back();
        self.connection = connection;
        self.session.speak(Dialect::JsonRpc);
        self.timeouts = self.timeouts.for_websocket();
        self.clock = self.new_clock();
        Ok(true)
    }

    fn new_clock(&self) -> Clock {
        self.slice.map(Clock::sliced).unwrap_or_default()
    }

    /// Closes a connection that HTTP was spoken on, whose peer has not been waited for to read the last
    /// words.
    fn close(&mut self) -> io::Result<Went> {
        let stream = self.open.stream();
        if let Some(socket) = stream.socket() {
            socket.set_nonblocking(false)?;
        }
        self.clock = self.new_clock();
        let closed = blocking::close(&**stream, &self.timeouts, &mut self.clock)?;
        Ok(if closed.is_some() { Went::Ended } else { Went::Waits })
    }

    /// When it is to be gone on with although nothing comes; `None` where that is never.
    #[cfg(unix)]
    pub(super) fn due(&self) -> Option<Instant> {
        if let Some(awaited) = &self.awaited {
            return Some(awaited.until());
        }
        let due = self.clock.due(&self.timeouts);
        #[cfg(feature = "tls")]
        if let Some(tls) = self.open.stream().tls() {
            // No socket tells of what has been deciphered.
            let now = tls.has_more().then(Instant::now);
            return [due, tls.deadline(), now].into_iter().flatten().min();
        }
        due
    }

    /// Ends it as when the service stops: a peer that understands is told, and has a moment to leave.
    pub(super) fn give_up(&mut self) {
        if !self.given_up {
            self.given_up = true;
            self.open.end();
            self.timeouts.idle = self.timeouts.idle.min(LEFT);
            if let Some(awaited) = &mut self.awaited {
                awaited.hurry(LEFT);
            }
            self.clock.restart_now();
        }
    }

    /// Whether it has been [given up](Self::give_up).
    #[cfg(unix)]
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up
    }

    /// Whether it is only told that there is no room for it.
    #[cfg(unix)]
    pub(super) fn is_refused(&self) -> bool {
        self.is_refused
    }

    /// What it comes over, where that is a socket.
    #[cfg(unix)]
    pub(super) fn socket(&self) -> Option<&Socket> {
        self.open.stream().socket()
    }
}
