//! A process for each connection.

use std::net::{TcpListener, TcpStream};

use crate::error::Error;
use crate::json_rpc::Answer;

use super::process::{self, Child, Children, LAST_WORDS, PAUSE, accept_now};
use super::service::Service;
use super::{Concurrency, listen_failed};

/// Serves each connection in a process of its own, up to a number of them (Unix).
///
/// Functions share no memory with those of other connections: what one leaves behind, or breaks, is
/// gone when its connection ends. What the program has made before it serves, each process has a
/// copy of. Making a process takes some tenths of a millisecond; where connections are short and
/// many, [`Prefork`](super::Prefork) makes them beforehand. A connection over the number is
/// answered with a busy fault (-32000) and closed.
///
/// It serves with [`serve_with`](super::TcpServer::serve_with) alone, and before the program has
/// made a second thread. SIGTERM and SIGINT stop it as described there.
///
/// ```no_run
/// use rpc_core::{ForkPerConnection, RpcServer};
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
#[derive(Debug, PartialEq, Eq)]
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

    fn run<A: Answer>(self, listener: &TcpListener, service: &Service<A>) -> Result<(), Error> {
        let mut children = Children::new()?;
        let signals = process::catch_signals(false).map_err(listen_failed)?;
        listener.set_nonblocking(true).map_err(listen_failed)?;
        while !signals.ask_to_stop() {
            let connected = signals.wait(Some(listener), None);
            children.reap(|_, _, _| {});
            if !connected {
                continue;
            }
            let made = accept_now(listener).and_then(|stream| match stream {
                Some(stream) => self.take(stream, listener, &mut children, service),
                None => Ok(()),
            });
            if made.is_err() {
                signals.wait(None, Some(PAUSE));
            }
        }
        process::stop_listening(listener);
        children.end(&signals, service.stop_timeout() + LAST_WORDS);
        Ok(())
    }
}

impl ForkPerConnection {
    /// Makes a child for a connection. Where none can be made the connection is closed, and the peer
    /// may try again.
    fn take<A: Answer>(
        self,
        stream: TcpStream,
        listener: &TcpListener,
        children: &mut Children<Purpose>,
        service: &Service<A>,
    ) -> std::io::Result<()> {
        // This process waits for no peer, so refusing takes a child too, and there are few of those.
        const REFUSALS: usize = 8;
        let count = children.running().count();
        let serving = children.running().filter(|(_, of)| **of == Purpose::Serve).count();
        if serving < self.max_children {
            children.fork(Purpose::Serve, |child| {
                child.let_go(listener);
                serve(stream, &child, service)
            })?;
        } else if count - serving < REFUSALS {
            children.fork(Purpose::Refuse, |child| {
                child.let_go(listener);
                child.mind(None, || {})?;
                service.refuse(stream, self.max_children);
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Answers what comes over a connection, in its own process.
fn serve<A: Answer>(stream: TcpStream, child: &Child, service: &Service<A>) -> std::io::Result<()> {
    let service = service.in_child(|answer| answer, || {});
    let open = service.open(stream);
    child.mind(None, service.leave())?;
    service.converse(&open);
    Ok(())
}
