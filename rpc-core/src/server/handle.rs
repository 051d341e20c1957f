//! Holds a server that runs on another thread.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::{Error, IoError, IoErrorKind, Misuse};
use crate::json_rpc::Answer;
use crate::transport::Address;

use super::concurrency::Concurrency;
use super::listener::Source;
use super::service::Service;
use super::stop::Stop;

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
        let stop = Arc::clone(service.stop());
        let stop_timeout = service.stop_timeout();
        let thread = thread::Builder::new()
            .name("rpc server".to_owned())
            .spawn(move || {
                let ended = model.run(&source, &service);
                source.remove_file();
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

    fn join(&mut self) -> Result<(), Error> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let begun = Instant::now();
        if self.stop.is_stopping() {
            // A model may be at a connection for as long as that is open.
            self.stop.drained(self.stop_timeout);
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
