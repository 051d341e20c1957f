//! A connection of an event loop, as whoever stops the server sees it.

#[cfg(unix)]
use std::os::fd::{AsRawFd, RawFd};

use crate::pump::Voice;
use crate::transport::AsyncSocket;

/// A connection of an event loop, as whoever stops the server sees it: the loop has the socket, and may
/// be at a function that does not end.
#[derive(Debug)]
pub(super) struct OnLoop {
    #[cfg(unix)]
    socket: Option<RawFd>,
    #[cfg_attr(not(unix), allow(dead_code))]
    voice: Voice,
}

impl OnLoop {
    #[cfg_attr(not(unix), allow(unused_variables))]
    pub(super) fn of(stream: &AsyncSocket, voice: &Voice) -> Self {
        Self {
            #[cfg(unix)]
            socket: match stream {
                AsyncSocket::Tcp(stream) => Some(stream.as_raw_fd()),
                AsyncSocket::Unix(stream) => Some(stream.as_raw_fd()),
                AsyncSocket::Memory(_) | AsyncSocket::Other(_) => None,
            },
            voice: voice.clone(),
        }
    }

    /// Says the last words, where that takes no waiting.
    pub(super) fn say_last(&self) {
        #[cfg(unix)]
        if let Some(socket) = self.socket {
            super::process::send_last(socket, &self.voice.last_words());
        }
    }
}
