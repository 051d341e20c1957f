//! Connections that turn out to speak HTTP.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use tokio::runtime;

pub(super) use crate::http::Guard;
use crate::http::{Exchange, Readiness, serve};
use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;
use crate::registry::{CallContext, Caller};
use crate::transport::Stream;

use super::TcpServer;
use super::service::Visit;

impl<A: Answer, B: Answer> Visit<'_, A, B> {
    /// Goes on with a connection on the event loop that polls this.
    pub(super) async fn go_on(
        self,
        stream: tokio::net::TcpStream,
        session: Session,
        connection: Connection,
    ) {
        let readiness = if self.refused {
            Readiness::Busy
        } else {
            let stop = Arc::clone(self.service.stop());
            Readiness::While(Box::new(move || !stop.is_stopping()))
        };
        let exchange = Exchange {
            answer: Arc::clone(self.answer),
            session,
            guard: Arc::clone(&self.service.settings.guard),
            body_timeout: self.timeouts.message,
            readiness,
        };
        let stopping = self.service.stop().stopped();
        serve(stream, connection.into_received(), exchange, self.timeouts, stopping).await;
    }

    /// Goes on with a connection on this thread, which functions may block.
    ///
    /// hyper reads on while a reply is made, which takes an event loop: one for this connection.
    pub(super) fn go_on_blocking(
        self,
        stream: &TcpStream,
        connection: Connection,
    ) -> io::Result<()> {
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let stream = stream.try_clone()?;
        stream.set_nonblocking(true)?;
        let caller: Arc<dyn Caller> = Arc::new(Peer(stream.try_clone()?));
        let context =
            CallContext::of_connection(stream.peer(), self.service.model, Some(caller));
        let session = Session::new(context, self.service.settings.limits);
        runtime.block_on(async {
            let stream = tokio::net::TcpStream::from_std(stream)?;
            self.go_on(stream, session, connection).await;
            Ok(())
        })
    }
}

/// The other end of a connection that never waits.
struct Peer(TcpStream);

impl Caller for Peer {
    fn is_gone(&self) -> bool {
        match self.0.peek(&mut [0]) {
            Ok(count) => count == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

impl<A: Answer> TcpServer<A> {
    /// Adds a name that this server is reached by over HTTP (feature `http`).
    ///
    /// `localhost` and IP addresses are known already. A request to any other name is answered 403,
    /// because a web page may have had its own name point to this machine.
    #[must_use]
    pub fn allow_host(mut self, host: &str) -> Self {
        Arc::make_mut(&mut self.settings.guard).allow_host(host);
        self
    }

    /// Lets the web pages of one origin, as in `https://app.example`, call this server (feature
    /// `http`). Pages of all others are answered 403.
    ///
    /// Their requests carry no cookies; see
    /// [`allow_origin_with_credentials`](Self::allow_origin_with_credentials).
    #[must_use]
    pub fn allow_origin(mut self, origin: &str) -> Self {
        Arc::make_mut(&mut self.settings.guard).allow_origin(origin, false);
        self
    }

    /// The same for pages whose requests carry cookies and other credentials, which something
    /// in front of this server may look at.
    #[must_use]
    pub fn allow_origin_with_credentials(mut self, origin: &str) -> Self {
        Arc::make_mut(&mut self.settings.guard).allow_origin(origin, true);
        self
    }
}
