//! The streams of a connection that a thread reads and writes: each has a thread of its own while it lasts, so that the
//! connection is read from meanwhile.

use std::net::Shutdown;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::dialect::write_granted;
use crate::json_rpc::{Feed, Part, Session};
use crate::protocol::{Connection, Credit, Fault, Framing, code};
use crate::registry::{Inlet, Outlet};
use crate::transport::Stream;

use super::streams::Streams;
use super::timeouts::Timeouts;
use super::wait::wait;
use super::write_half::WriteHalf;

/// The streams of a connection, and their threads.
#[derive(Debug, Default)]
pub(crate) struct StreamThreads {
    pub(super) streams: Streams,
    running: Arc<Running>,
}

/// How many threads run.
#[derive(Debug, Default)]
struct Running {
    count: Mutex<usize>,
    none: Condvar,
}

/// Where the messages of streams are written.
pub(super) struct Line<S> {
    stream: Arc<S>,
    out: Arc<WriteHalf>,
    /// In which framing.
    framing: Framing,
    /// How the peer can be told something that it did not ask for, if it can.
    notices: Option<Framing>,
    /// How long it may take to take them.
    limit: Duration,
}

impl<S> Line<S> {
    /// That of a connection.
    pub(super) fn of(
        connection: &Connection,
        session: &Session,
        (stream, out): (&Arc<S>, &Arc<WriteHalf>),
        timeouts: &Timeouts,
    ) -> Self {
        Self {
            stream: Arc::clone(stream),
            out: Arc::clone(out),
            framing: connection.framing().unwrap_or(Framing::Raw),
            notices: connection.framing().filter(|_| session.can_be_told()),
            limit: timeouts.write,
        }
    }
}

impl StreamThreads {
    /// Starts a stream; where it cannot be, what its caller is told.
    pub(super) fn start<S: Stream>(
        &mut self,
        feed: Box<Feed>,
        most: usize,
        line: Line<S>,
    ) -> Result<(), Vec<u8>> {
        const NO_THREAD: &str = "the server can make no thread for the stream now (memory, `ulimit -u` or \
                                 `TasksMax=` are used up); try again later";
        let feed = self.streams.open(feed, most)?;
        let runs = Runs::begin(&self.running, &line.out, &feed);
        let line = Arc::new(line);
        if let Some(inlet) = feed.inlet() {
            let (id, line) = (feed.id().to_owned(), Arc::clone(&line));
            inlet.granted_by(move |total| grant(&id, total, &line));
        }
        // Kept for the case that there is no thread.
        let kept = Arc::new(Mutex::new(Some(feed)));
        let taken = Arc::clone(&kept);
        let run = move || {
            let feed = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
            let _runs = runs;
            if let Some(feed) = feed
                && serve(feed, &line).is_err()
            {
                let _ = line.stream.shutdown(Shutdown::Both);
            }
        };
        if thread::Builder::new().name("rpc stream".to_owned()).spawn(run).is_ok() {
            return Ok(());
        }
        let feed = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let fault = Fault::new(code::OVERLOADED, NO_THREAD).refusing();
        Err(feed.map(|feed| feed.refuse(&fault)).unwrap_or_default())
    }

    /// Ends all streams, as when the peer sends nothing more. Where the server `stops`, their callers are told, if
    /// that takes no longer than `limit`.
    pub(super) fn end(&mut self, stops: bool, limit: Duration) {
        self.streams.end(stops);
        if stops {
            let waited =
                self.running
                    .none
                    .wait_timeout_while(self.running.lock(), limit, |count| *count > 0);
            drop(waited);
        }
    }
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread that runs for as long as this lives.
struct Runs {
    running: Arc<Running>,
    out: Arc<WriteHalf>,
    outlet: Outlet,
    inlet: Option<Inlet>,
}

impl Runs {
    fn begin(running: &Arc<Running>, out: &Arc<WriteHalf>, feed: &Feed) -> Self {
        *running.lock() += 1;
        out.begin_stream();
        let (outlet, inlet) = (feed.outlet().clone(), feed.inlet().cloned());
        Self { running: Arc::clone(running), out: Arc::clone(out), outlet, inlet }
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        self.outlet.cut(None);
        if let Some(inlet) = &self.inlet {
            inlet.silence();
        }
        self.out.end_stream();
        let mut count = self.running.lock();
        *count -= 1;
        if *count == 0 {
            self.running.none.notify_all();
        }
    }
}

/// Tells the sender of an upload how much there is room for.
fn grant<S: Stream>(id: &str, total: Credit, line: &Line<S>) {
    let mut framed = Vec::new();
    line.framing.begin(&mut framed);
    write_granted(&mut framed, id, total);
    line.framing.end(&mut framed, 0);
    if line.out.write(&*line.stream, &framed, line.limit, line.notices).is_err() {
        let _ = line.stream.shutdown(Shutdown::Both);
    }
}

/// Writes what a call answers with, until its end.
fn serve<S: Stream>(feed: Box<Feed>, line: &Line<S>) -> std::io::Result<()> {
    let (mut next, mut framed) = (Some(feed), Vec::new());
    while let Some(feed) = next {
        let (left, late) = (feed.left(), feed.late());
        let part: Part = wait(Box::pin(feed.next()), left).unwrap_or(late);
        framed.clear();
        for message in part.said.messages().filter(|message| !message.is_empty()) {
            let start = framed.len();
            line.framing.begin(&mut framed);
            framed.extend_from_slice(message);
            line.framing.end(&mut framed, start);
        }
        if !framed.is_empty() {
            line.out.write(&*line.stream, &framed, line.limit, line.notices)?;
        }
        next = part.feed;
    }
    Ok(())
}
