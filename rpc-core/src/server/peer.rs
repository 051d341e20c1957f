//! The other end of a connection, for functions and layers that ask about it.

#[cfg(unix)]
use std::os::fd::AsFd;
use std::sync::Arc;

use crate::proxy::TrustedProxies;
use crate::registry::{Caller, Connected, Trace};
#[cfg(feature = "tokio")]
use crate::transport::AsyncSocket;
#[cfg(unix)]
use crate::transport::Socket;
use crate::transport::{AnyStream, Stream};

#[cfg(unix)]
use super::process::peer_credentials;

/// Whether a connection comes over a Unix socket.
pub(super) fn is_unix(stream: &AnyStream) -> bool {
    #[cfg(unix)]
    return matches!(stream.socket(), Some(Socket::Unix(_)));
    #[cfg(not(unix))]
    {
        let _ = stream;
        false
    }
}

/// The other end of a connection that a thread reads and writes.
pub(super) struct Peer {
    stream: Arc<AnyStream>,
    connected: Connected,
}

impl Peer {
    pub(super) fn of(
        stream: &Arc<AnyStream>,
        trace: &Trace,
        proxies: Option<&Arc<TrustedProxies>>,
    ) -> Self {
        Self { stream: Arc::clone(stream), connected: connected(stream, trace, proxies) }
    }
}

impl Caller for Peer {
    fn is_gone(&self) -> bool {
        self.stream.is_ended()
    }

    fn connection(&self) -> Option<&Connected> {
        Some(&self.connected)
    }
}

/// The other end of a connection that is turned away. Nothing runs that could ask whether it is still there, so it holds no
/// descriptor.
#[cfg(unix)]
pub(super) struct TurnedAway(Connected);

#[cfg(unix)]
impl TurnedAway {
    pub(super) fn of(
        stream: &AnyStream,
        trace: &Trace,
        proxies: Option<&Arc<TrustedProxies>>,
    ) -> Self {
        Self(connected(stream, trace, proxies))
    }
}

#[cfg(unix)]
impl Caller for TurnedAway {
    fn is_gone(&self) -> bool {
        false
    }

    fn connection(&self) -> Option<&Connected> {
        Some(&self.0)
    }
}

/// What is known of a new connection.
fn connected(
    stream: &AnyStream,
    trace: &Trace,
    proxies: Option<&Arc<TrustedProxies>>,
) -> Connected {
    let connected = match stream.socket() {
        #[cfg(unix)]
        Some(Socket::Unix(stream)) => Connected::with(peer_credentials(stream.as_fd())),
        _ => Connected::default(),
    };
    #[cfg(feature = "tls")]
    let connected =
        Connected { certificate: stream.tls().map(|tls| tls.certificate().clone()), ..connected };
    Connected { proxies: proxies.cloned(), trace: trace.clone(), ..connected }
}

/// Whether it comes over a Unix socket.
#[cfg(feature = "tokio")]
pub(super) fn is_unix_async(socket: &AsyncSocket) -> bool {
    match socket {
        #[cfg(feature = "tls")]
        AsyncSocket::Tls(stream) => is_unix_async(stream.below()),
        #[cfg(unix)]
        AsyncSocket::Unix(_) => true,
        _ => false,
    }
}

/// The same of one that an event loop serves.
#[cfg(feature = "tokio")]
pub(super) fn connected_async(socket: &AsyncSocket, trace: &Trace) -> Connected {
    let connected = match socket {
        #[cfg(feature = "tls")]
        AsyncSocket::Tls(stream) => {
            let certificate = Some(stream.session().certificate().clone());
            Connected { certificate, ..connected_async(stream.below(), trace) }
        }
        #[cfg(unix)]
        AsyncSocket::Unix(stream) => Connected::with(peer_credentials(stream.as_fd())),
        _ => Connected::default(),
    };
    Connected { trace: trace.clone(), ..connected }
}
