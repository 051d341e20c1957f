//! A process for each connection.

use std::io;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::json_rpc::Answer;
use crate::timing::ACCEPT_AGAIN;
use crate::transport::Socket;

use super::busy::Busy;
use super::concurrency::Concurrency;
use super::listener::{Listener, Rest, Source, listen_failed};
use super::process::{self, Child, Children, LEAVING, Log};
use super::service::Service;

/// Serves each connection in a process of its own, up to a number of them (Unix).
///
/// Functions share no memory with those of other connections: what one leaves behind, or breaks, is
/// gone when its connection ends. What the program has made before it serves, each process has a
/// copy of. Making a process takes some tenths of a millisecond; where connections are short and
/// many, [`Prefork`](super::Prefork) makes them beforehand. A connection over the number is
/// answered with a busy fault (-32000) and closed, and so is one for which the operating system makes
/// no process within a second; then [a line is said](crate::TcpServer::log), too.
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

/// What a child is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Serve,
    Refuse,
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
        let mut children = Children::new()?;
        let signals = process::catch_signals(false).map_err(listen_failed)?;
        listener.set_nonblocking().map_err(listen_failed)?;
        let mut log = Log::new(&service.settings.log);
        let mut waiting: Option<Waiting> = None;
        while !signals.ask_to_stop() {
            match &waiting {
                Some(_) => signals.wait(None, Some(ACCEPT_AGAIN)),
                None => signals.wait(Some(listener), None),
            };
            children.reap(|_, _, _| {});
            if waiting.is_none() {
                match listener.accept_now() {
                    Ok(stream) => waiting = stream.map(Waiting::new),
                    Err(_) => _ = signals.wait(None, Some(ACCEPT_AGAIN)),
                }
            }
            if let Some(connection) = waiting.take()
                && let Err(error) = self.take(
                    &connection.stream,
                    &mut Rest::new(),
                    listener,
                    &mut children,
                    service,
                )
            {
                log.say(&format!("no process can be made for a connection: {error}"));
                waiting = connection.wait_on(service);
            }
        }
        let mut rest = process::stop_listening(listener);
        if let Some(connection) = waiting {
            rest.push_front(connection.stream);
        }
        while let Some(stream) = rest.pop_front() {
            if let Err(error) = self.take(&stream, &mut rest, listener, &mut children, service) {
                log.say(&format!("no process can be made for a connection: {error}"));
                refuse_now(stream, service);
            }
        }
        children.end(&signals, service.stop_timeout() + LEAVING);
        Ok(())
    }
}

/// Answers a connection that there is no process for.
fn refuse_now<A: Answer>(stream: Socket, service: &Service<A>) {
    const NO_PROCESS: &str = "the server can make no process for a connection now; try again later";
    // This process waits for no peer.
    const NOW: Duration = Duration::from_millis(10);
    let busy = Busy::because(&service.answer, NO_PROCESS, NOW);
    service.busy(busy).refuse_now(stream);
}

/// A connection that has no process yet.
struct Waiting {
    stream: Socket,
    since: Instant,
}

impl Waiting {
    fn new(stream: Socket) -> Self {
        Self { stream, since: Instant::now() }
    }

    /// Waits for a process some more, or has it be answered that there is none.
    fn wait_on<A: Answer>(self, service: &Service<A>) -> Option<Self> {
        const PATIENCE: Duration = Duration::from_secs(1);
        if self.since.elapsed() < PATIENCE {
            return Some(self);
        }
        refuse_now(self.stream, service);
        None
    }
}

impl ForkPerConnection {
    /// Makes a process for a connection, which lets go of the `rest`.
    fn take<A: Answer>(
        self,
        stream: &Socket,
        rest: &mut Rest,
        listener: &Listener,
        children: &mut Children<Purpose>,
        service: &Service<A>,
    ) -> io::Result<()> {
        // This process waits for no peer, so refusing takes a process too, and there are few of those.
        const REFUSALS: usize = 8;
        let count = children.running().count();
        let serving = children.running().filter(|(_, of)| **of == Purpose::Serve).count();
        let purpose = if serving < self.max_children {
            Purpose::Serve
        } else if count - serving < REFUSALS {
            Purpose::Refuse
        } else {
            return Ok(());
        };
        // A copy for the child, so that what is here is still open where there is none.
        let stream = stream.try_clone()?;
        children.fork(purpose, |child| {
            child.let_go(listener);
            rest.clear();
            match purpose {
                Purpose::Serve => serve(stream, &child, service),
                Purpose::Refuse => refuse(stream, &child, service, self.max_children),
            }
        })?;
        Ok(())
    }
}

/// Answers what comes over a connection, in its own process.
fn serve<A: Answer>(stream: Socket, child: &Child, service: &Service<A>) -> io::Result<()> {
    let service = service.in_child(|answer| answer, Rest::new);
    let open = service.open(stream);
    child.mind(None, service.leave())?;
    service.converse(open);
    Ok(())
}

/// Turns a connection away, in its own process.
fn refuse<A: Answer>(
    stream: Socket,
    child: &Child,
    service: &Service<A>,
    limit: usize,
) -> io::Result<()> {
    child.mind(None, || {})?;
    let service = service.busy(Busy::new(&service.answer, limit));
    let open = service.open(stream);
    service.converse(open);
    Ok(())
}
