//! Holds a server that runs on another thread.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::{Error, IoError, IoErrorKind, Misuse};
use crate::json_rpc::Answer;
use crate::timing::LINGER;
use crate::transport::Address;

use super::concurrency::Concurrency;
use super::listener::Source;
use super::service::Service;
use super::stop::Stop;

/// What the functions of a model with one thread find, as on a program's first thread.
const STACK: usize = 8 * 1024 * 1024;

/// A server that runs while this thread goes on. Dropping it stops the server.
#[derive(Debug)]
#[must_use = "the server stops when its handle is dropped"]
pub struct ServerHandle {
    stop: Arc<Stop>,
    stop_timeout: Duration,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl ServerHandle {
    pub(super) fn start<A: Answer, M: Concurrency>(
        source: Source,
        service: Service<A>,
        model: M,
    ) -> Result<Self, Error> {
        if model.forks() {
            return Err(Misuse::ForkOnThread { model: model.name() }.into());
        }
        let service = service.tended();
        let stop = Arc::clone(service.stop());
        let stop_timeout = service.stop_timeout();
        let runs = stop.model_runs();
        let thread = thread::Builder::new()
            .name("rpc server".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                let _runs = runs;
                let ended = model.run(&source, &service);
                // Other copies may be left, and the process may end before they do.
                source.remove_file();
                service.end_log();
                ended
            })
            .map_err(|source| {
                IoError::new(IoErrorKind::Listen, "starting a server").because(source)
            })?;
        Ok(Self { stop, stop_timeout, thread: Some(thread) })
    }

    /// The address served at, with the port that was taken where 0 was asked for.
    pub fn address(&self) -> Address {
        self.stop.address().clone()
    }

    /// Stops the server: no connection is accepted any more, what has been asked is answered, then
    /// the connections are closed. Clients that understand it are told, and move on by themselves.
    /// Returns at once; [`wait`](Self::wait) waits for it.
    pub fn stop(&self) {
        self.stop.stop();
    }

    /// Waits until the server has stopped and its connections are closed, the latter for at most
    /// the stop timeout.
    ///
    /// # Errors
    ///
    /// Where the server ended by itself because it could not go on.
    pub fn wait(mut self) -> Result<(), Error> {
        self.join()
    }

    /// Waits until the server has ended, because it was stopped or could not go on.
    pub(super) fn join(&mut self) -> Result<(), Error> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        self.stop.wait();
        let begun = Instant::now();
        // A model may be at a connection for as long as that is open.
        self.stop.drained(self.stop_timeout);
        let left = self.stop_timeout.saturating_sub(begun.elapsed());
        if !self.stop.wait_for_model(left.max(LINGER)) {
            // It is at a function that does not end, which is left behind. The connection may have been
            // accepted late.
            self.stop.drained(Duration::ZERO);
            return Ok(());
        }
        let ended = thread.join().unwrap_or_else(|_| {
            Err(IoError::new(IoErrorKind::Listen, "the server's thread panicked").into())
        });
        // It may have accepted its last connection after that.
        self.stop.drained(self.stop_timeout.saturating_sub(begun.elapsed()));
        ended
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.stop();
            let _ = self.join();
        }
    }
}
