//! The model that forks and has event loops, where the operating system cannot fork.

use std::time::Duration;

use crate::error::Error;
use crate::json_rpc::Answer;

use super::concurrency::Concurrency;
use super::listener::Source;
use super::service::Service;
use super::without_fork::refuse;

/// Serves in a fixed number of processes, each with an event loop (Unix; refuses to start elsewhere).
#[derive(Debug, Clone, Copy)]
pub struct PreforkEventLoop {
    /// Processes that serve. 4 by default, at least 1.
    pub workers: usize,
    /// Connections at one time, in each.
    pub max_connections: usize,
    /// Replaces a worker whose loop one call has held up for this long.
    pub busy_timeout: Option<Duration>,
    /// Replaces a worker after so many messages.
    pub max_calls: Option<u64>,
}

impl PreforkEventLoop {
    /// So many processes, and the rest as by default.
    pub fn workers(workers: usize) -> Self {
        Self { workers, ..Self::default() }
    }
}

impl Default for PreforkEventLoop {
    fn default() -> Self {
        Self { workers: 4, max_connections: 65_536, busy_timeout: None, max_calls: None }
    }
}

#[allow(private_interfaces)]
impl Concurrency for PreforkEventLoop {
    fn name(&self) -> &'static str {
        "prefork-event-loop"
    }

    fn run<A: Answer>(self, _: &Source, _: &Service<A>) -> Result<(), Error> {
        refuse(self.name())
    }
}
