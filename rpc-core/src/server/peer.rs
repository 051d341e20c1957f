//! The other end of a connection, for functions and layers that ask about it.

#[cfg(unix)]
use std::os::fd::AsFd;
use std::sync::Arc;

use crate::registry::{Caller, Connected};
#[cfg(feature = "tokio")]
use crate::transport::AsyncSocket;
#[cfg(unix)]
use crate::transport::Socket;
use crate::transport::{AnyStream, Stream};

#[cfg(unix)]
use super::process::peer_credentials;

/// The other end of a connection that a thread reads and writes.
pub(super) struct Peer {
    stream: Arc<AnyStream>,
    connected: Connected,
}

impl Peer {
    pub(super) fn of(stream: &Arc<AnyStream>) -> Self {
        Self { stream: Arc::clone(stream), connected: connected(stream) }
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

/// What is known of a new connection.
fn connected(stream: &AnyStream) -> Connected {
    match stream.socket() {
        #[cfg(unix)]
        Some(Socket::Unix(stream)) => Connected::with(peer_credentials(stream.as_fd())),
        _ => Connected::default(),
    }
}

/// The same of one that an event loop serves.
#[cfg(feature = "tokio")]
pub(super) fn connected_async(socket: &AsyncSocket) -> Connected {
    match socket {
        #[cfg(unix)]
        AsyncSocket::Unix(stream) => Connected::with(peer_credentials(stream.as_fd())),
        _ => Connected::default(),
    }
}
