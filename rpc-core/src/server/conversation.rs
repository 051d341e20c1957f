//! One connection served by a thread that reads and writes: all that is kept from turn to turn.

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
use crate::pump::End;
use crate::pump::blocking::{self, Clock, Timeouts};
use crate::registry::CallContext;
#[cfg(unix)]
use crate::transport::Socket;
use crate::transport::Stream;

use super::peer::Peer;
use super::service::{Service, Visit};
use super::stop::Open;
use super::turns::Others;

/// A connection, and all that is remembered of it between two reads.
#[derive(Debug)]
pub(super) struct Conversation {
    open: Open,
    connection: Connection,
    session: Session,
    clock: Clock,
    timeouts: Timeouts,
    /// How long others wait for the thread; `None` where there are no others.
    slice: Option<Duration>,
    given_up: bool,
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

impl Conversation {
    /// Begins one that has its thread alone; or that others wait for, after each `slice` of time.
    pub(super) fn new<A: Answer>(
        service: &Service<A>,
        open: Open,
        slice: Option<Duration>,
    ) -> io::Result<Self> {
        let settings = &service.settings;
        let stream = open.stream();
        stream.set_nodelay()?;
        stream.set_write_timeout(Some(blocking::write_wait(settings.timeouts.write)))?;
        let caller = Some(Arc::new(Peer::of(stream)) as _);
        let context = CallContext::of_connection(stream.peer(), service.model, caller);
        Ok(Self {
            open,
            connection: Connection::new(None, settings.limits),
            session: Session::new(context, settings.limits),
            clock: slice.map(Clock::sliced).unwrap_or_default(),
            timeouts: settings.timeouts,
            slice,
            given_up: false,
        })
    }

    /// Answers what comes until either side ends the connection, or its time slice is over.
    ///
    /// If it breaks, that concerns its peer alone, and the peer knows; if a layer panics outside of
    /// calls, it costs this connection and not its thread, which may serve others.
    pub(super) fn go_on<A: Answer>(
        &mut self,
        service: &Service<A>,
        others: Option<&Others<'_>>,
    ) -> Went {
        let went = catch_unwind(AssertUnwindSafe(|| self.converse(service, others)));
        went.map_or(Went::Ended, |went| went.unwrap_or(Went::Ended))
    }

    fn converse<A: Answer>(
        &mut self,
        service: &Service<A>,
        others: Option<&Others<'_>>,
    ) -> io::Result<Went> {
        loop {
            let end = blocking::go_on(
                &**self.open.stream(),
                self.open.voice(),
                &mut self.connection,
                &mut self.session,
                &*service.answer,
                &self.timeouts,
                &mut self.clock,
            )?;
            match end {
                None => return Ok(Went::Waits),
                Some(End::Http) if self.speak_http(service, others)? => {}
                Some(End::Http) if others.is_some() => return self.close(),
                Some(_) => return Ok(Went::Ended),
            }
        }
    }

    /// Answers requests, and says whether one has made a WebSocket of the connection.
    fn speak_http<A: Answer>(
        &mut self,
        service: &Service<A>,
        others: Option<&Others<'_>>,
    ) -> io::Result<bool> {
        let (stream, voice) = (self.open.stream(), self.open.voice());
        voice.hand_over();
        let linger = if others.is_some() { Duration::ZERO } else { self.timeouts.linger };
        let timeouts = &Timeouts { linger, ..self.timeouts };
        let visit = Visit { service, answer: &service.answer, timeouts, refused: false };
        let begun =
            mem::replace(&mut self.connection, Connection::new(None, service.settings.limits));
        let Some(connection) = visit.go_on_blocking(stream, &mut self.session, begun, others)?
        else {
            return Ok(false);
        };
        voice.take_back();
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
        stream.set_nonblocking(false)?;
        self.clock = self.new_clock();
        let closed = blocking::close(&**stream, &self.timeouts, &mut self.clock)?;
        Ok(if closed.is_some() { Went::Ended } else { Went::Waits })
    }

    /// When it is to be gone on with although nothing comes; `None` where that is never.
    #[cfg(unix)]
    pub(super) fn due(&self) -> Option<Instant> {
        self.clock.due(&self.timeouts)
    }

    /// Ends it as when the service stops: a peer that understands is told, and has a moment to leave.
    pub(super) fn give_up(&mut self) {
        const MOMENT: Duration = Duration::from_millis(1500);
        if !self.given_up {
            self.given_up = true;
            self.open.end();
            self.timeouts.idle = self.timeouts.idle.min(MOMENT);
            self.clock.restart_now();
        }
    }

    /// Whether it has been [given up](Self::give_up).
    #[cfg(unix)]
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up
    }

    /// What it comes over.
    #[cfg(unix)]
    pub(super) fn stream(&self) -> &Socket {
        self.open.stream()
    }
}
