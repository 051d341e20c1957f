//! Ends a listener, in every process that has it, without losing whoever waits to be accepted.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::server::listener::{LONGEST_QUEUE, Listener, ListeningSocket, Rest};
use crate::transport::Socket;

use super::sys;

/// Stops accepting, in the children too; another server may take the address. Returns the
/// connections that were waiting to be accepted; those that no descriptor is left for are told by `tell`.
pub(in crate::server) fn stop_listening(listener: &Listener, tell: &impl Fn(Socket)) -> Rest {
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
    let mut rest = listener.accept_rest();
    tell_others(listener, &mut rest, tell);
    sys::stop_listening(listener);
    rest
}

/// Where no descriptor is left, tells those who wait still, one after another, and some of the last that were
/// accepted: to serve the `rest` takes descriptors, too.
fn tell_others(listener: &Listener, rest: &mut Rest, tell: &impl Fn(Socket)) {
    const FOR_THE_REST: usize = 8;
    match listener.accept_now() {
        Ok(stream) => return rest.extend(stream),
        Err(error) if sys::no_descriptor_is_left(&error) => {}
        Err(_) => return,
    }
    listener.let_go_of_spare();
    let mut last = rest.split_off(rest.len().saturating_sub(FOR_THE_REST));
    for _ in 0..LONGEST_QUEUE {
        match listener.accept_now() {
            Ok(Some(stream)) => tell(stream),
            Ok(None) => break,
            Err(_) => match last.pop_back() {
                Some(stream) => tell(stream),
                None => break,
            },
        }
    }
    last.into_iter().for_each(tell);
}

/// Stops a listener, while it is waited at.
pub(in crate::server) fn port_closer(
    listener: &Listener,
    tell: impl Fn(Socket) + Send + Sync + 'static,
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
        stop_listening(&listener, &tell)
    })
}
