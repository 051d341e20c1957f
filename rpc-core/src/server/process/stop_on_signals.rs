//! Stops the servers of this process when a signal asks for it.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::server::stop::Stop;

use super::signals::{STOP, Signals, read_note};
use super::sys;

/// What signals do to the servers of this process.
static SERVERS: Mutex<Servers> = Mutex::new(Servers { leave: Vec::new(), signals: None });

struct Servers {
    leave: Vec<(Arc<Stop>, Leave)>,
    signals: Option<Signals>,
}

/// Stops a server and waits until it has.
type Leave = Arc<dyn Fn() + Send + Sync>;

/// A server that is stopped by SIGTERM and SIGINT for as long as this lives. A second signal ends the
/// process at once.
#[derive(Debug)]
pub(in crate::server) struct StopOnSignals {
    stop: Arc<Stop>,
}

impl StopOnSignals {
    pub(in crate::server) fn new(
        stop: &Arc<Stop>,
        leave: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let mut servers = servers();
        if servers.signals.is_none() {
            let signals = Signals::catch(&STOP)?;
            let notes = signals.notes()?;
            thread::Builder::new().name("rpc signals".to_owned()).spawn(move || listen(&notes))?;
            servers.signals = Some(signals);
        }
        servers.leave.push((Arc::clone(stop), Arc::new(leave)));
        // The threads that serve are better not interrupted.
        sys::hold_back(&STOP, true);
        Ok(Self { stop: Arc::clone(stop) })
    }
}

impl Drop for StopOnSignals {
    fn drop(&mut self) {
        let mut servers = servers();
        servers.leave.retain(|(stop, _)| !Arc::ptr_eq(stop, &self.stop));
        if servers.leave.is_empty() {
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
        for (_, leave) in &servers().leave {
            // Leaving takes time, in which there may be another signal.
            let leave = Arc::clone(leave);
            let leaving = thread::Builder::new().name("rpc leaving".to_owned());
            if leaving.spawn(move || leave()).is_err() {
                sys::exit_now(sys::ENDED_BY_SIGNAL);
            }
        }
    }
}
