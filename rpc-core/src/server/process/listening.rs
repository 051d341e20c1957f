//! Ends a listener, in every process that has it, without losing whoever waits to be accepted.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::server::listener::{Listener, ListeningSocket, Rest};

use super::sys;

/// Stops accepting, in the children too; another server may take the address. Returns the
/// connections that were waiting to be accepted.
pub(in crate::server) fn stop_listening(listener: &Listener) -> Rest {
    const HANDSHAKE: Duration = Duration::from_millis(1);
    if listener.bell().is_some() {
        // It is somebody else's, who keeps it and whoever waits there for the program's next start.
        return Rest::new();
    }
    // Whoever waits at it may end the process as soon as it is stopped.
    listener.remove_file();
    match listener.socket() {
        ListeningSocket::Tcp(_) => {
            sys::let_nobody_begin(listener);
            // Whoever has begun to connect is given the time to end it.
            thread::sleep(HANDSHAKE);
        }
        // Its queue outlives it.
        ListeningSocket::Unix(_) => sys::stop_listening(listener),
    }
    let rest = listener.accept_rest();
    sys::stop_listening(listener);
    rest
}

/// Stops a listener, while it is waited at.
pub(in crate::server) fn port_closer(
    listener: &Listener,
) -> io::Result<impl Fn() -> Rest + Send + Sync + 'static> {
    let copy = Mutex::new(Some(listener.try_clone()?));
    Ok(move || {
        let listener = copy.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(listener) = listener else {
            return Rest::new();
        };
        if let Some(bell) = listener.bell() {
            bell.ring();
        }
        stop_listening(&listener)
    })
}
