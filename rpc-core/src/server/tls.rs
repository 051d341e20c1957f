//! Connections over TLS, and those that should have been.

#[cfg(feature = "tokio")]
use std::io;
#[cfg(feature = "tokio")]
use std::pin::pin;
#[cfg(feature = "tokio")]
use std::sync::Arc;

use crate::json_rpc::Answer;
#[cfg(feature = "tokio")]
use crate::json_rpc::Session;
#[cfg(feature = "tokio")]
use crate::protocol::Connection;
#[cfg(feature = "tokio")]
use crate::pump::End;
#[cfg(feature = "tokio")]
use crate::pump::asynchronous::{Presence, Pump, close};
use crate::tls::Tls;
use crate::transport::AnyStream;
#[cfg(feature = "tokio")]
use crate::transport::AsyncSocket;
#[cfg(feature = "tokio")]
use crate::transport::tls::AsyncTls;
use crate::transport::tls::TlsStream;

#[cfg(feature = "tokio")]
use super::plain_text::{is_plain, plainly_refused, refusal_in_http};
use super::service::Service;
use super::tcp_server::TcpServer;
use super::tls_settings::TlsSettings;

impl<A: Answer> TcpServer<A> {
    /// Speaks TLS on every connection, in every protocol and all models (feature `tls`).
    ///
    /// Plain text is refused in its own words, unless [`Tls::allow_plain`] says otherwise. A stream that is
    /// [served by itself](Self::serve_stream) carries TLS, too; a [mounted service](Self::into_service) does not, since it has no
    /// connections.
    ///
    /// ```no_run
    /// use rpc_core::RpcServer;
    /// use rpc_core::tls::Tls;
    ///
    /// let tls = Tls::from_pem("cert.pem", "key.pem")?;
    /// RpcServer::exported().tls(tls).serve("0.0.0.0:5000")?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// What cannot work keeps the server from starting ([`Misuse::Tls`](crate::error::Misuse::Tls)).
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.settings.tls = TlsSettings::new(tls);
        self
    }
}

impl<A: Answer> Service<A> {
    /// Has what is wrong with a certificate that was changed said to those who operate the server.
    pub(super) fn watch_certificates(&self) {
        if let Some(tls) = &self.settings.tls.tls {
            tls.say_by(self.sayer());
        }
    }

    /// A new connection, over TLS where that is spoken.
    pub(super) fn over_tls(&self, stream: AnyStream) -> AnyStream {
        match &self.settings.tls.accepting {
            Some(accepting) => TlsStream::accept(stream, accepting).into(),
            None => stream,
        }
    }

    /// The same for one that an event loop serves.
    #[cfg(feature = "tokio")]
    pub(super) fn over_async_tls(&self, stream: AsyncSocket) -> AsyncSocket {
        match &self.settings.tls.accepting {
            Some(accepting) => AsyncTls::accept(stream, accepting).into(),
            None => stream,
        }
    }

    /// Goes on with a connection whose peer does not speak TLS, or no more: says so, and closes it.
    #[cfg(feature = "tokio")]
    pub(super) async fn go_on_without_tls(
        &self,
        stream: &mut AsyncSocket,
        connection: &mut Connection,
        session: &mut Session,
        presence: &Presence,
        error: io::Error,
    ) -> io::Result<()> {
        if !is_plain(&error) {
            // What is wrong has been said, in TLS's own words; the peer is to have the time to read it.
            if stream.tls().is_some_and(|tls| tls.is_broken()) {
                let _ = close(stream).await?;
            }
            return Err(error);
        }
        let answer = Arc::new(plainly_refused(&self.answer));
        let pump = Pump {
            stream,
            connection,
            session,
            answer: &answer,
            timeouts: &self.settings.timeouts,
            presence,
            stopping: pin!(self.stop().stopped()),
        };
        if pump.run().await? == End::Http {
            let words = refusal_in_http();
            let mut words = words.as_bytes();
            let written = std::future::poll_fn(|task| stream.poll_write_all(task, &mut words));
            tokio::time::timeout(self.settings.timeouts.write, written)
                .await
                .map_err(|_| io::ErrorKind::TimedOut)??;
            let _ = close(stream).await?;
        }
        Ok(())
    }
}
