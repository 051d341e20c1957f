//! Stops the servers of this process when a signal asks for it.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::server::stop::Stop;

use super::STOP;
use super::signals::{Signals, read_note};
use super::sys;

/// What signals do to the servers of this process.
static SERVERS: Mutex<Servers> = Mutex::new(Servers { stops: Vec::new(), signals: None });

struct Servers {
    stops: Vec<Arc<Stop>>,
    signals: Option<Signals>,
}

/// A server that is stopped by SIGTERM and SIGINT for as long as this lives. A second signal ends the
/// process at once.
#[derive(Debug)]
pub(in crate::server) struct StopOnSignals {
    stop: Arc<Stop>,
}

impl StopOnSignals {
    /// Whoever [waits](Stop::wait) for the server stops it then: no thread is made for it, of which
    /// there may be none left.
    pub(in crate::server) fn new(stop: &Arc<Stop>) -> io::Result<Self> {
        let mut servers = servers();
        if servers.signals.is_none() {
            let signals = Signals::catch(&STOP)?;
            let notes = signals.notes()?;
            thread::Builder::new().name("rpc signals".to_owned()).spawn(move || listen(&notes))?;
            servers.signals = Some(signals);
        }
        servers.stops.push(Arc::clone(stop));
        // The threads that serve are better not interrupted.
        sys::hold_back(&STOP, true);
        Ok(Self { stop: Arc::clone(stop) })
    }
}

impl Drop for StopOnSignals {
    fn drop(&mut self) {
        let mut servers = servers();
        servers.stops.retain(|stop| !Arc::ptr_eq(stop, &self.stop));
        if servers.stops.is_empty() {
            servers.signals = None;
        }
        sys::hold_back(&STOP, false);
    }
}

fn servers() -> MutexGuard<'static, Servers> {
    SERVERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the signals until none will come any more.
fn listen(notes: &UnixStream) {
    sys::hold_back(&STOP, false);
    let mut told = false;
    loop {
        sys::readable([Some(notes.as_fd())], None);
        match read_note(notes) {
            Ok(None) => return,
            Err(_) => continue,
            Ok(Some(_)) if told => sys::exit_now(sys::ENDED_BY_SIGNAL),
            Ok(Some(_)) => told = true,
        }
        // It takes time, in which there may be another signal.
        servers().stops.iter().for_each(|stop| stop.ask());
    }
}
