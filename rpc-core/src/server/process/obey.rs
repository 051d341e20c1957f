//! Stops the servers of this process when a signal asks for it.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::server::stop::Stop;

use super::signals::{STOP, Signals, read_note};
use super::sys;

/// The servers that signals stop, and the signals while there are any.
static SERVERS: Mutex<(Vec<Arc<Stop>>, Option<Signals>)> = Mutex::new((Vec::new(), None));

/// A server that is stopped by SIGTERM and SIGINT for as long as this lives. A second signal ends the
/// process at once.
#[derive(Debug)]
pub(in crate::server) struct Obeying {
    stop: Arc<Stop>,
}

impl Obeying {
    pub(in crate::server) fn new(stop: &Arc<Stop>) -> io::Result<Self> {
        let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
        if servers.1.is_none() {
            let signals = Signals::catch(&STOP)?;
            let notes = signals.notes()?;
            thread::Builder::new().name("rpc signals".to_owned()).spawn(move || listen(&notes))?;
            servers.1 = Some(signals);
        }
        servers.0.push(Arc::clone(stop));
        // The threads that serve are better not interrupted.
        sys::hold_back(&STOP, true);
        Ok(Self { stop: Arc::clone(stop) })
    }
}

impl Drop for Obeying {
    fn drop(&mut self) {
        let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
        servers.0.retain(|stop| !Arc::ptr_eq(stop, &self.stop));
        if servers.0.is_empty() {
            servers.1 = None;
        }
        sys::hold_back(&STOP, false);
    }
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
            Ok(Some(_)) if told => sys::exit_now(super::ENDED_BY_SIGNAL),
            Ok(Some(_)) => {}
        }
        told = true;
        let servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner).0.clone();
        // Stopping takes time, in which there may be another signal.
        let stop_all = move || servers.iter().for_each(|stop| stop.stop());
        let _ = thread::Builder::new().name("rpc stopping".to_owned()).spawn(stop_all);
    }
}
