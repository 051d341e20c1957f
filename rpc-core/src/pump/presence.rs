//! The peer of a connection that a task serves, as functions and whoever stops the server see it.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::registry::{Caller, Connected};

use super::voice::Voice;

/// The peer of a connection, for functions that ask: whether it is still there, and what is known of
/// it.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    gone: AtomicBool,
    connected: Connected,
    voice: Voice,
}

impl Presence {
    /// The peer of a new connection.
    pub(crate) fn of(connected: Connected) -> Self {
        Self { connected, ..Self::default() }
    }

    /// The same where it is a WebSocket that the connection has become.
    #[cfg(feature = "http")]
    pub(crate) fn heard_by(voice: &Voice) -> Self {
        Self { voice: voice.clone(), ..Self::default() }
    }

    /// How it is told something by whoever does not serve the connection.
    pub(crate) fn voice(&self) -> &Voice {
        &self.voice
    }

    /// Takes note that the peer has ended its side.
    pub(crate) fn leave(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

impl Caller for Presence {
    fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    fn connection(&self) -> Option<&Connected> {
        Some(&self.connected)
    }
}
