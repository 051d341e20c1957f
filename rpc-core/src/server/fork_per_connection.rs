//! A process for each connection.

use std::io;
use std::iter;
use std::sync::Arc;
use std::time::Instant;

use crate::error::Error;
use crate::json_rpc::Answer;
use crate::registry::Upkeep;
use crate::timing::ACCEPT_AGAIN;
use crate::transport::{AnyStream, Socket, Stream};

use super::busy::{Busy, Room};
use super::concurrency::Concurrency;
use super::exhausted;
use super::late::tell_late;
use super::listener::{Listener, Rest, Source, listen_failed};
use super::per_address::Place;
use super::process::{self, Child, Children, LEAVING};
use super::refusals::Refusals;
use super::service::Service;

/// Serves each connection in a process of its own, up to a number of them (Unix).
///
/// Functions share no memory with those of other connections: what one leaves behind, or breaks, is
/// gone when its connection ends. What the program has made before it serves, each process has a
/// copy of. Making a process takes some tenths of a millisecond; where connections are short and
/// many, [`Prefork`](super::Prefork) makes them beforehand. A connection over the number is
/// answered with a busy fault (-32000) and closed, and so is one for which the operating system makes
/// no process; then [a line is said](crate::TcpServer::log), too.
///
/// It serves with [`serve_with`](crate::TcpServer::serve_with) alone, and before the program has
/// made a second thread. SIGTERM and SIGINT stop it as described there.
///
/// ```no_run
/// use rpc_core::server::ForkPerConnection;
/// use rpc_core::RpcServer;
///
/// RpcServer::exported().serve_with("127.0.0.1:5000", ForkPerConnection::default())?;
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ForkPerConnection {
    /// Connections, and so processes, at one time. 64 by default.
    pub max_children: usize,
}

impl Default for ForkPerConnection {
    fn default() -> Self {
        Self { max_children: 64 }
    }
}

#[allow(private_interfaces)]
impl Concurrency for ForkPerConnection {
    fn name(&self) -> &'static str {
        "fork-per-connection"
    }

    fn forks(&self) -> bool {
        true
    }

    fn run<A: Answer>(self, source: &Source, service: &Service<A>) -> Result<(), Error> {
        let listener = source.socket(self.name())?;
        let children = Children::new()?;
        let signals = process::catch_signals(false).map_err(listen_failed)?;
        listener.set_nonblocking().map_err(listen_failed)?;
        let mut parent = Parent {
            model: self,
            service,
            listener,
            children,
            full: service.busy(Busy::new(&service.answer, self.room())),
            no_process: service
                .busy(Busy::because(&service.answer, exhausted::fault("process for a connection"))),
            no_place: service.busy_for_address(),
            refusals: Refusals::without_threads(),
            upkeep: service.answer.upkeep(),
        };
        let mut accepts_at = None;
        while !signals.ask_to_stop() {
            parent.tend();
            let limit = [parent.refusals.limit(), accepts_at.map(|_| ACCEPT_AGAIN)];
            let listener = if accepts_at.is_none() { Some(listener) } else { None };
            let refused = parent.refusals.sockets();
            let limit = limit.into_iter().flatten().min();
            let (connects, found) = signals.wait_among(listener, refused, limit);
            parent.reap();
            parent.refuse(found);
            accepts_at = accepts_at.filter(|at| *at > Instant::now());
            if connects && let Err(error) = parent.accept() {
                service.say_not_accepted(&error);
                if process::no_descriptor_is_left(&error) {
                    parent.refusals.hurry();
                }
                accepts_at = Some(Instant::now() + ACCEPT_AGAIN);
            }
        }
        let mut rest = process::stop_listening(
            listener,
            &tell_late(&service.answer, &service.settings, service.model),
        );
        while let Some(stream) = rest.pop_front() {
            parent.take(stream, &mut rest);
        }
        // What they have said by now is answered.
        parent.refuse(iter::repeat(true));
        service.end_log();
        parent.children.end(&signals, service.stop_timeout() + LEAVING);
        Ok(())
    }
}

impl ForkPerConnection {
    fn room(self) -> Room {
        Room { limit: self.max_children, setting: "max_children" }
    }
}

/// The process that accepts.
struct Parent<'p, A> {
    model: ForkPerConnection,
    service: &'p Service<A>,
    listener: &'p Listener,
    /// Each with the place of its connection.
    children: Children<Place>,
    full: Service<Busy<A>>,
    no_process: Service<Busy<A>>,
    no_place: Service<Busy<A>>,
    /// It waits for no peer, and turns those away itself for whom there is no process.
    refusals: Refusals<A>,
    /// What is done beside calls.
    upkeep: Vec<Upkeep>,
}

impl<A: Answer> Parent<'_, A> {
    /// Takes note of the children that have ended.
    fn reap(&mut self) {
        let service = self.service;
        self.children.reap(|pid, _, how| {
            if let Some(statistics) = &service.settings.statistics {
                statistics.process_ended(u64::from(pid.unsigned_abs()));
            }
            if how.code() == Some(process::CANNOT_START) {
                let why = exhausted::of_processes("it could make no thread");
                service.say(&format!("no process can be made for a connection: {why}"));
            }
        });
    }

    /// Has a process do what is done beside calls.
    fn tend(&mut self) {
        let Self { children, listener, service, refusals, upkeep, .. } = self;
        let said = children.tend(upkeep, |child| {
            child.let_go(listener);
            refusals.let_go();
        });
        if let Some(line) = said {
            service.say(&line);
        }
    }

    /// Goes on with those that are turned away.
    fn refuse(&mut self, found: impl IntoIterator<Item = bool>) {
        self.refusals.turn(found, &[&self.full, &self.no_process, &self.no_place]);
    }

    /// Accepts some of those who wait.
    fn accept(&mut self) -> io::Result<()> {
        const AT_ONCE: usize = 16;
        for _ in 0..AT_ONCE {
            match self.listener.accept_now()? {
                Some(stream) => self.take(stream, &mut Rest::new()),
                None => break,
            }
        }
        Ok(())
    }

    /// Makes a process for a connection, which lets go of the `rest`; or turns it away.
    fn take(&mut self, stream: Socket, rest: &mut Rest) {
        let why = if self.children.running().count() >= self.model.max_children {
            0
        } else if let Some(place) = self.service.place_for(stream.peer()) {
            match self.fork(&stream, place, rest) {
                Ok(()) => return,
                Err(error) => {
                    let why = exhausted::of_processes(error);
                    let line = format!("no process can be made for a connection: {why}");
                    self.service.say(&line);
                    1
                }
            }
        } else {
            2
        };
        self.service.note_turned_away();
        if why == 0 {
            self.service.say_refused(self.model.room());
        }
        let reason = match why {
            0 => &self.full,
            1 => &self.no_process,
            _ => &self.no_place,
        };
        let stream = self.service.over_tls(AnyStream::Socket(stream));
        self.refusals.take(&Arc::new(stream), reason, why);
    }

    fn fork(&mut self, stream: &Socket, place: Place, rest: &mut Rest) -> io::Result<()> {
        // A copy for the child, so that what is here is still open where there is none.
        let stream = stream.try_clone()?;
        let Self { children, listener, service, no_process, refusals, .. } = self;
        children.fork(place, |child| {
            child.let_go(listener);
            rest.clear();
            refusals.let_go();
            serve(stream, &child, service, no_process);
            Ok(())
        })?;
        Ok(())
    }
}

/// Answers what comes over a connection, in its own process.
fn serve<A: Answer>(
    stream: Socket,
    child: &Child,
    service: &Service<A>,
    no_process: &Service<Busy<A>>,
) {
    let service = service.in_child(|answer| answer, Rest::new);
    let open = service.open(stream);
    if child.mind(None, service.leave()).is_err() {
        // The parent says so, once for many.
        service.note_refused();
        no_process.converse(open);
        process::cannot_start();
    }
    service.converse(open);
}
