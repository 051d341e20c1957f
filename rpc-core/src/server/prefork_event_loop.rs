//! A fixed number of processes, made beforehand, with an event loop in each.

use std::time::Duration;

use crate::error::Error;
use crate::json_rpc::Answer;

use super::concurrency::Concurrency;
use super::event_loop::run_loop;
use super::late::tell_late;
use super::listener::Source;
use super::process::Pool;
use super::service::Service;

/// Serves in a fixed number of processes, each all its connections at once on an event loop (Unix,
/// feature `tokio`): the way nginx does.
///
/// Workers are replaced, renewed and stopped as those of [`Prefork`](super::Prefork). The runtime
/// of each is made after the fork; the program must not have made one before.
#[derive(Debug, Clone, Copy)]
pub struct PreforkEventLoop {
    /// Processes that serve. 4 by default, at least 1; more than there are processors gain nothing.
    pub workers: usize,
    /// Connections at one time, in each; one more is answered with a busy fault (-32000). 65 536 by
    /// default.
    pub max_connections: usize,
    /// Replaces a worker whose loop one call has held up for this long; callers see their
    /// connections lost. `None`, never, by default.
    pub busy_timeout: Option<Duration>,
    /// Replaces a worker after so many messages, for functions that leave something behind. `None`,
    /// never, by default.
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

    fn forks(&self) -> bool {
        true
    }

    fn run<A: Answer>(self, source: &Source, service: &Service<A>) -> Result<(), Error> {
        let listener = source.socket(self.name())?;
        let pool = Pool {
            workers: self.workers,
            busy_timeout: self.busy_timeout,
            max_calls: self.max_calls,
            stop_timeout: service.stop_timeout(),
            log: service.settings.log.clone(),
            upkeep: service.answer.upkeep(),
            statistics: service.settings.statistics.clone(),
        };
        let tell = tell_late(&service.answer, &service.settings, service.model);
        pool.run(listener, tell, |worker| {
            let service = service.in_child(|answer| worker.watch_loop(answer), worker.rest());
            worker.mind(service.leave())?;
            run_loop(worker.listener, &service, self.max_connections)
        })
    }
}
