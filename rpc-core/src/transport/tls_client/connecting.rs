//! How a connection of a client begins with TLS.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

#[cfg(feature = "tokio")]
use super::super::AsyncSocket;
use super::super::tls::{self, Begun};
use super::super::{AnyStream, Socket};
use super::words;

/// What each connection of a client begins with. The configuration keeps the sessions of earlier ones.
#[derive(Clone)]
pub(crate) struct Secured {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Secured {
    pub(super) fn new(config: Arc<ClientConfig>, name: ServerName<'static>) -> Self {
        Self { config, name }
    }

    /// Shakes hands until `end`, when connecting has taken `limit`.
    pub(crate) fn begin(
        &self,
        socket: Socket,
        end: Option<Instant>,
        limit: Duration,
    ) -> io::Result<AnyStream> {
        let (config, name) = (Arc::clone(&self.config), self.name.clone());
        let begun = tls::begin(socket.into(), config, name, end)?;
        finish(begun, limit).map(AnyStream::from)
    }

    /// The same without blocking.
    #[cfg(feature = "tokio")]
    pub(crate) async fn begin_async(
        &self,
        socket: AsyncSocket,
        end: Option<Instant>,
        limit: Duration,
    ) -> io::Result<AsyncSocket> {
        let (config, name) = (Arc::clone(&self.config), self.name.clone());
        let begun = tls::begin_async(socket, config, name, end).await?;
        finish(begun, limit).map(AsyncSocket::from)
    }
}

/// What a handshake came to, in words where it failed.
fn finish<S>(begun: Begun<S>, limit: Duration) -> io::Result<S> {
    let Begun { stream, went, first } = begun;
    match went {
        Ok(()) => Ok(stream),
        Err(error) => Err(failed(error, &first, limit)),
    }
}

/// Why a handshake failed, where the server's first bytes were these.
#[cold]
fn failed(error: io::Error, first: &[u8], limit: Duration) -> io::Error {
    const ADVICE: &str = "connect to the port where it speaks TLS, or without TLS: by `tcp://`, \
                          `http://` or `ws://`";
    // Handshakes and alerts begin so (RFC 8446, section 5.1).
    let is_tls = matches!(first, [] | [0x15 | 0x16] | [0x15 | 0x16, 3, ..]);
    let problem = match error.kind() {
        ErrorKind::TimedOut => format!(
            "the TLS handshake was not finished within {} ms; if the server speaks no TLS here, \
             {ADVICE}",
            limit.as_millis()
        ),
        _ if !is_tls => format!("the server speaks no TLS here{}; {ADVICE}", begins(first)),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => format!(
            "the server ended the connection during the TLS handshake; if it speaks no TLS here, \
             {ADVICE}"
        ),
        _ => return words::explain(error),
    };
    io::Error::new(error.kind(), problem)
}

/// The text that a server began with, where it is text.
fn begins(first: &[u8]) -> String {
    // A length may stand before it.
    let text = first.iter().position(|byte| *byte >= b' ').map_or(&first[..0], |at| &first[at..]);
    let line = text.split(u8::is_ascii_control).next().unwrap_or_default();
    if !line.is_ascii() || line.len() <= 3 {
        return String::new();
    }
    format!(": it begins with `{}`", String::from_utf8_lossy(line))
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured").field("name", &self.name).finish_non_exhaustive()
    }
}
