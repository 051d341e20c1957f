//! A fixed number of processes, made beforehand.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::json_rpc::Answer;

use super::bell::Bell;
use super::concurrency::Concurrency;
use super::late::tell_late;
use super::listener::Source;
use super::process::Pool;
use super::service::Service;
use super::turns::Turns;

/// Serves in a fixed number of processes, each its connections in turns (Unix).
///
/// As many calls run at one time as there are workers. A connection stays with the worker that has
/// accepted it, and has it for as long as its peer calls, up to a
/// [time slice](crate::TcpServer::time_slice); when the peer is silent, the worker serves its other
/// connections, as [`SingleThread`](super::SingleThread) does, and accepts more where no other worker
/// is free. Functions share no memory with those in other workers. What the program has made before it
/// serves, each worker has a copy of.
///
/// A worker that dies is replaced at once, and only its own connections are lost; when workers
/// keep dying as soon as they are made, after a wait of 100 ms that doubles up to 5 s. Each time
/// [a line is said](crate::TcpServer::log). Workers end when the process that serves does, however it ends.
///
/// SIGTERM and SIGINT stop it as described at [`serve_with`](crate::TcpServer::serve_with), with
/// which alone it serves, before the program has made a second thread. SIGHUP replaces all workers
/// without losing a call: new ones are made first, then the old ones answer what is asked of them
/// until their clients have left.
///
/// ```no_run
/// use std::time::Duration;
///
/// use rpc_core::server::Prefork;
/// use rpc_core::RpcServer;
///
/// let model = Prefork { busy_timeout: Some(Duration::from_secs(60)), ..Prefork::workers(4) };
/// RpcServer::exported().serve_with("127.0.0.1:5000", model)?;
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Prefork {
    /// Processes that serve. 4 by default, at least 1.
    pub workers: usize,
    /// Replaces a worker that has been at one call for this long; the caller sees its connection
    /// lost. `None`, never, by default.
    pub busy_timeout: Option<Duration>,
    /// Replaces a worker after so many messages, for functions that leave something behind. `None`,
    /// never, by default.
    pub max_calls: Option<u64>,
}

impl Prefork {
    /// So many processes, and the rest as by default.
    pub fn workers(workers: usize) -> Self {
        Self { workers, ..Self::default() }
    }
}

impl Default for Prefork {
    fn default() -> Self {
        Self { workers: 4, busy_timeout: None, max_calls: None }
    }
}

#[allow(private_interfaces)]
impl Concurrency for Prefork {
    fn name(&self) -> &'static str {
        "prefork"
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
            let bell = Arc::new(Bell::new()?);
            let (rung, rest) = (Arc::clone(&bell), worker.rest());
            let close = move || {
                rung.ring();
                rest()
            };
            let service = service.in_child(|answer| worker.watch(answer), close);
            worker.mind(service.leave())?;
            Turns::among_others(&service, worker.listener, bell.as_fd()).run();
            Ok(())
        })
    }
}
