//! What the models that fork share: children, the signals, and a supervisor that replaces workers.
//!
//! The process that serves has one thread, which forks, waits and decides, and never talks to a
//! peer. Children do; each ends when its parent does.

mod child;
mod children;
mod log;
mod obey;
mod output;
mod signals;
mod supervisor;
mod sys;
mod watched;

pub(super) use child::{Bell, Child, PAUSE};
pub(super) use children::Children;
pub(super) use log::{Log, to_stderr};
pub(super) use obey::Obeying;
pub(super) use output::Output;
pub(super) use signals::Signals;
pub(super) use supervisor::Pool;
pub(super) use sys::{no_descriptor_is_left, peer_credentials, readable_among};

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::listener::{Listener, Rest};

/// How a process ends that a signal ends at once; shells say so of one killed by SIGTERM.
const ENDED_BY_SIGNAL: libc::c_int = 128 + libc::SIGTERM;

/// What a child that leaves has beyond the stop timeout, to end by itself.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);

/// The signals that the process with the children catches; a child's end is one of them.
pub(super) fn catch_signals(restart: bool) -> io::Result<Signals> {
    let signals = [libc::SIGCHLD, libc::SIGTERM, libc::SIGINT, libc::SIGHUP];
    Signals::catch(if restart { &signals } else { &signals[..3] })
}

/// Stops accepting, in the children too; another server may take the address. Returns the
/// connections that were waiting to be accepted.
pub(super) fn stop_listening(listener: &Listener) -> Rest {
    const HANDSHAKE: Duration = Duration::from_millis(1);
    // Whoever waits at it may end the process as soon as it is stopped.
    listener.remove_file();
    match listener {
        Listener::Tcp(_) => {
            sys::let_nobody_begin(listener);
            // Whoever has begun to connect is given the time to end it.
            thread::sleep(HANDSHAKE);
        }
        // Its queue outlives it.
        Listener::Unix(..) => sys::stop_listening(listener),
    }
    let rest = listener.accept_rest();
    sys::stop_listening(listener);
    rest
}

/// Stops a listener, while it is waited at.
pub(super) fn port_closer(
    listener: &Listener,
) -> io::Result<impl Fn() -> Rest + Send + Sync + 'static> {
    let copy = Mutex::new(Some(listener.try_clone()?));
    Ok(move || {
        let listener = copy.lock().unwrap_or_else(PoisonError::into_inner).take();
        listener.as_ref().map(stop_listening).unwrap_or_default()
    })
}
