//! The children of a process: made, reaped, told to leave, and outlived by none of them.

use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitStatus;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::registry::Upkeep;
use crate::server::exhausted;
use crate::server::listener::listen_failed;
use crate::server::upkeep;

use super::child::Child;
use super::signals::Signals;
use super::sys::{self, OneThread, Pid};

/// What a child that leaves has beyond the stop timeout, to end by itself.
pub(in crate::server) const LEAVING: Duration = Duration::from_secs(1);

/// The children that a process has, each with what is to be remembered of it.
#[derive(Debug)]
pub(in crate::server) struct Children<T> {
    one_thread: OneThread,
    /// Both ends of a pipe that nothing is written to: it ends when this process does, and by that
    /// the children know.
    lifeline: Arc<PipeReader>,
    held: PipeWriter,
    running: Vec<(Pid, T)>,
    /// The process that does what is to be done beside calls.
    tender: Option<Pid>,
}

impl<T> Children<T> {
    /// Starts without children.
    ///
    /// # Errors
    ///
    /// Where this process has more than one thread, or no descriptors.
    pub(in crate::server) fn new() -> Result<Self, Error> {
        let one_thread = OneThread::check()?;
        let (lifeline, held) = io::pipe().map_err(listen_failed)?;
        Ok(Self {
            one_thread,
            lifeline: Arc::new(lifeline),
            held,
            running: Vec::new(),
            tender: None,
        })
    }

    /// Makes a child that does `work`, and ends with it.
    pub(in crate::server) fn fork(
        &mut self,
        of: T,
        work: impl FnOnce(Child) -> io::Result<()>,
    ) -> io::Result<Pid> {
        let child = self.make(work)?;
        self.running.push((child, of));
        Ok(child)
    }

    /// Has a process do `upkeep` beside those that serve: makes it where there is none, or it has ended. It lets go of what it
    /// is not to keep. Returns what is to be said of that.
    pub(in crate::server) fn tend(
        &mut self,
        upkeep: &[Upkeep],
        let_go: impl FnOnce(&Child),
    ) -> Option<String> {
        const PAUSE: Duration = Duration::from_secs(1);
        let ended = self.tender.and_then(sys::ended);
        if upkeep.is_empty() || self.tender.is_some() && ended.is_none() {
            return None;
        }
        let made = self.make(|child| {
            let_go(&child);
            child.mind(None, || sys::exit_now(0))?;
            if ended.is_some() {
                // One that ends at once again is not to be made all the time.
                thread::sleep(PAUSE);
            }
            upkeep::tend(upkeep)
        });
        // The number of one that has ended may be another's by now.
        self.tender = made.as_ref().ok().copied();
        match (made, ended) {
            (Err(error), _) => {
                let why = exhausted::of_processes(error);
                Some(format!("no process can be made for what is done beside calls: {why}"))
            }
            (Ok(_), Some(how)) => Some(format!(
                "the process for what is done beside calls has ended ({how}); another takes its place"
            )),
            (Ok(_), None) => None,
        }
    }

    fn make(&self, work: impl FnOnce(Child) -> io::Result<()>) -> io::Result<Pid> {
        // What has been printed and not written yet would be written by the child as well.
        let _ = io::stdout().flush();
        match sys::fork(&self.one_thread)? {
            Some(child) => Ok(child),
            None => {
                sys::close_behind(self.held.as_raw_fd(), self.lifeline.as_fd());
                Child::live(Arc::clone(&self.lifeline), work)
            }
        }
    }

    /// Takes note of the children that have ended.
    pub(in crate::server) fn reap(&mut self, mut ended: impl FnMut(Pid, &T, ExitStatus)) {
        self.running.retain(|(child, of)| match sys::ended(*child) {
            Some(how) => {
                ended(*child, of, how);
                false
            }
            None => true,
        });
    }

    /// The children and what is remembered of them.
    pub(in crate::server) fn running(&mut self) -> impl Iterator<Item = (Pid, &mut T)> {
        self.running.iter_mut().map(|(child, of)| (*child, of))
    }

    /// Tells every child to leave, and waits until they have. Those that have not within `limit` are
    /// ended; if this process is asked to stop once more, all are, and so is it.
    pub(in crate::server) fn end(mut self, signals: &Signals, limit: Duration) {
        for (child, _) in &self.running {
            sys::kill(*child, libc::SIGTERM);
        }
        if let Some(tender) = self.tender {
            // It has nothing to bring to an end.
            sys::kill(tender, libc::SIGKILL);
        }
        let deadline = Instant::now() + limit;
        loop {
            self.reap(|_, _, _| {});
            self.tender = self.tender.filter(|tender| sys::ended(*tender).is_none());
            if self.running.is_empty() && self.tender.is_none() {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let asked_again = signals.ask_to_stop();
            if asked_again || left.is_zero() {
                for (child, _) in &self.running {
                    sys::kill(*child, libc::SIGKILL);
                }
            }
            if asked_again {
                sys::exit_now(sys::ENDED_BY_SIGNAL);
            }
            signals.wait(None, Some(left.max(Duration::from_millis(10))));
        }
    }
}
