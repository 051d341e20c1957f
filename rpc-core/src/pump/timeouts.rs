//! How long a peer may take.

use std::time::Duration;

/// How long a peer may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// With no message begun.
    pub(crate) idle: Duration,
    /// From the first byte of a message to its last.
    pub(crate) message: Duration,
    /// To take the replies it is sent.
    pub(crate) write: Duration,
    /// To read the last of them, once the connection is closed.
    pub(crate) linger: Duration,
}

impl Timeouts {
    /// The same for a WebSocket: half of its idle time passes before a silent peer is asked whether
    /// it is there, and half before it is given up.
    #[cfg_attr(not(feature = "http"), allow(dead_code))]
    pub(crate) fn for_websocket(self) -> Self {
        Self { idle: self.idle / 2, ..self }
    }
}
