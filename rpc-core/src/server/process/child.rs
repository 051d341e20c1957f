//! The life of a child: a thread of its own minds its parent and the signals, the first one works.

use std::io::{self, PipeReader, Write};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crate::server::listener::Listener;

use super::signals::{open_notes, read_note};
use super::sys;

/// How a process ends that could not start: the number that `sysexits.h` has for errors of the operating
/// system.
pub(in crate::server) const CANNOT_START: i32 = 71;

/// Ends this process, a child, and says to its parent that it could not start.
pub(in crate::server) fn cannot_start() -> ! {
    sys::exit_now(CANNOT_START)
}

/// What a child has from its parent.
#[derive(Debug)]
pub(in crate::server) struct Child {
    lifeline: Arc<PipeReader>,
    notes: UnixStream,
}

impl Child {
    /// Lives: does the work and ends.
    ///
    /// Signals are held back from every thread but the one that [`mind`](Self::mind) starts, so that
    /// they interrupt no function. Those caught by the parent are caught here too: an interrupt from
    /// the terminal comes to all, and it is the parent that says what follows from it.
    pub(super) fn live(lifeline: Arc<PipeReader>, work: impl FnOnce(Self) -> io::Result<()>) -> ! {
        let work = || {
            // Functions may have children of their own.
            sys::set_default(libc::SIGCHLD);
            sys::hold_back(&[libc::SIGCHLD], false);
            work(Self { lifeline, notes: open_notes()? })
        };
        let done = catch_unwind(AssertUnwindSafe(work));
        if let Ok(Err(error)) = &done {
            // The parent says so of all that end for it, a line a second.
            if error.kind() == io::ErrorKind::WouldBlock {
                cannot_start();
            }
            eprintln!("a server process cannot start: {error}");
        }
        let _ = io::stdout().flush();
        sys::exit_now(i32::from(!matches!(done, Ok(Ok(())))))
    }

    /// Lets go of a listener: this process is none of those that keep its port open any more. It is
    /// not to be used after that.
    pub(in crate::server) fn let_go(&self, listener: &Listener) {
        sys::close_behind(listener.as_raw_fd(), self.lifeline.as_fd());
    }

    /// Starts the thread that ends this process when its parent does, and that lets go of the
    /// `listener` and calls `leave` when it is told to leave. Being told again changes nothing.
    pub(in crate::server) fn mind(
        &self,
        listener: Option<&Listener>,
        leave: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<()> {
        let lifeline = Arc::clone(&self.lifeline);
        let notes = self.notes.try_clone()?;
        let listener = listener.map(AsRawFd::as_raw_fd);
        let minder = thread::Builder::new().name("rpc minder".to_owned());
        minder.spawn(move || mind(&lifeline, &notes, listener, leave))?;
        Ok(())
    }
}

fn mind(
    lifeline: &PipeReader,
    notes: &UnixStream,
    listener: Option<RawFd>,
    leave: impl Fn() + Send + Sync + 'static,
) {
    sys::hold_back(&[libc::SIGTERM, libc::SIGINT, libc::SIGHUP], false);
    let mut leave = Some(Arc::new(leave));
    loop {
        let [orphaned, told] = sys::readable([Some(lifeline.as_fd()), Some(notes.as_fd())], None);
        if orphaned {
            sys::exit_now(sys::ENDED_BY_SIGNAL);
        }
        if told
            && matches!(read_note(notes), Ok(Some(libc::SIGTERM)))
            && let Some(leave) = leave.take()
        {
            if let Some(listener) = listener {
                sys::close_behind(listener, lifeline.as_fd());
            }
            // Leaving takes time, in which the parent may die. Where there is no thread for it, that is
            // heard of once this has left.
            let run = Arc::clone(&leave);
            let leaving = thread::Builder::new().name("rpc leaving".to_owned());
            if leaving.spawn(move || run()).is_err() {
                leave();
            }
        }
    }
}
