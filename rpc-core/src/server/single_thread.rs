//! One connection after another, on one thread.

use crate::error::Error;
use crate::json_rpc::Answer;

use super::concurrency::Concurrency;
use super::listener::Source;
#[cfg(unix)]
use super::listener::listen_failed;
use super::service::Service;
use super::turns::Turns;

/// Serves all connections on one thread, in turns.
///
/// A connection has the thread for as long as its peer calls, up to a
/// [time slice](crate::TcpServer::time_slice); when the peer is silent, the connection is set aside and
/// the others have their turn. Functions never run at the same time, and a call waits for those that
/// came before it. Right for a tool with one client or a few, and the simplest model to reason about.
///
/// A connection over HTTP cannot be set aside: it keeps the thread until its request is answered, and
/// when others wait it is closed after a response, or once its peer is silent. Where 512 connections
/// are open, the one that has been silent for longest is ended as when the server stops. On systems
/// other than Unix that happens to a silent peer as soon as somebody else connects.
///
/// What comes from [a listener of one's own](crate::server::Accept) cannot be waited for together: there, one
/// connection after another is served to its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct SingleThread;

#[allow(private_interfaces)]
impl Concurrency for SingleThread {
    fn name(&self) -> &'static str {
        "single-thread"
    }

    fn waits_at_sockets_alone(&self) -> bool {
        false
    }

    fn run<A: Answer>(self, source: &Source, service: &Service<A>) -> Result<(), Error> {
        let Source::Socket(listener) = source else {
            while let Some(open) = service.accept(source) {
                service.converse(open);
            }
            return Ok(());
        };
        #[cfg(unix)]
        listener.set_nonblocking().map_err(listen_failed)?;
        Turns::new(service, listener).run();
        Ok(())
    }
}
