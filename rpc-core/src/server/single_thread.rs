//! One connection after another, on one thread.

use crate::error::Error;
use crate::json_rpc::Answer;

use super::Concurrency;
#[cfg(unix)]
use super::listen_failed;
use super::listener::Listener;
use super::service::Service;
use super::turns::Turns;

/// Serves one connection after another on the thread that serves.
///
/// A connection keeps all others waiting until it ends or has been silent for the idle timeout.
/// Functions never run at the same time. Right for a tool with one client, and the simplest model
/// to reason about.
#[derive(Debug, Clone, Copy, Default)]
pub struct SingleThread;

#[allow(private_interfaces)]
impl Concurrency for SingleThread {
    fn name(&self) -> &'static str {
        "single-thread"
    }

    fn run<A: Answer>(self, listener: &Listener, service: &Service<A>) -> Result<(), Error> {
        #[cfg(unix)]
        listener.set_nonblocking().map_err(listen_failed)?;
        Turns::new(service, listener).run();
        Ok(())
    }
}
