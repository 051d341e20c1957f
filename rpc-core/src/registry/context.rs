//! What is known about the call besides its arguments.

use std::net::SocketAddr;

/// Who calls, and by what way. It is made by the server, never sent.
#[derive(Debug, Clone, Default)]
pub struct CallContext {
    peer: Option<SocketAddr>,
    model: &'static str,
}

impl CallContext {
    /// The context of calls that come over a connection.
    pub(crate) fn of_connection(peer: Option<SocketAddr>, model: &'static str) -> Self {
        Self { peer, model }
    }

    /// The caller's address; `None` within one process.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The name of the server model that runs the call; empty within one process.
    pub fn model(&self) -> &'static str {
        self.model
    }
}
