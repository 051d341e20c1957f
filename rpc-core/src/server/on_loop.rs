//! The last words on a connection of an event loop, which may be at a function that does not end.

#[cfg(unix)]
use std::os::fd::{AsRawFd, RawFd};

use crate::pump::Voice;
use crate::transport::AsyncSocket;

#[cfg(unix)]
use super::process::send_last;

/// Says the last words on a connection, where that takes no waiting, and ends it. The loop has the socket,
/// so it is known by its number, and this is used for as long as it is open.
pub(super) fn say_last_on(stream: &AsyncSocket, voice: &Voice) -> impl Fn() + Send + Sync + use<> {
    #[cfg(unix)]
    let socket = socket_of(stream);
    #[cfg(all(unix, feature = "tls"))]
    let tls = match stream {
        AsyncSocket::Tls(stream) => Some(std::sync::Arc::clone(stream.session())),
        _ => None,
    };
    #[cfg(not(unix))]
    let _ = stream;
    let voice = voice.clone();
    move || {
        let words = voice.last_words();
        #[cfg(all(unix, feature = "tls"))]
        let words = match &tls {
            Some(tls) => tls.seal_last(&words),
            None => words,
        };
        #[cfg(unix)]
        if let Some(socket) = socket {
            send_last(socket, &words);
        }
        #[cfg(not(unix))]
        drop(words);
    }
}

/// The number of the socket below.
#[cfg(unix)]
fn socket_of(stream: &AsyncSocket) -> Option<RawFd> {
    match stream {
        AsyncSocket::Tcp(stream) => Some(stream.as_raw_fd()),
        AsyncSocket::Unix(stream) => Some(stream.as_raw_fd()),
        #[cfg(feature = "tls")]
        AsyncSocket::Tls(stream) => socket_of(stream.below()),
        AsyncSocket::Memory(_) | AsyncSocket::Other(_) => None,
    }
}
