//! Has a server count its calls and connections.

use std::io;

use crate::error::{Error, IoError, IoErrorKind};
use crate::json_rpc::JsonRpc;
use crate::registry::Dispatch;

#[cfg(unix)]
use super::process::shared_numbers;
use super::service::Service;
use super::tcp_server::TcpServer;
#[cfg(not(unix))]
use super::without_fork::shared_numbers;

impl<D: Dispatch> TcpServer<JsonRpc<D>> {
    /// Counts what the server does, and has `system.stats` tell of it, to whoever may call: of each function the
    /// calls that have ended, the errors by code, the calls in flight, and how long calls took; the
    /// connections; all processes of the server added up, and each alone.
    ///
    /// ```
    /// use rpc_core::{FunctionRegistry, RpcClient, RpcServer, Stub, args, kwargs};
    ///
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("double", |n: i64| 2 * n)?;
    /// let server = RpcServer::of(registry).stats().start("127.0.0.1:0")?;
    ///
    /// let client = RpcClient::connect(server.address())?;
    /// let four: i64 = client.call("double", args![2], kwargs! {})?;
    /// let stats: serde_json::Value = client.call("system.stats", args![], kwargs! {})?;
    /// assert_eq!(stats["functions"][0]["name"], "double");
    /// assert_eq!(stats["functions"][0]["calls"], 1);
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// Calls are counted exactly. The first 256 calls of each function are timed, then one of 64. A name
    /// that no function has is counted as `_other`. Where no registry is below the layers, nothing can be
    /// counted, and starting the server fails as [`share`](Self::share) does.
    #[must_use]
    pub fn stats(mut self) -> Self {
        let Some(registry) = self.answer.dispatch().registry() else {
            self.settings.unshared = Some("statistics");
            return self;
        };
        match registry.count_calls(shared_numbers) {
            Ok(statistics) => {
                self.answer = self.answer.counted(statistics.clone());
                self.settings.statistics = Some(statistics);
            }
            Err(error) => self.settings.cannot_count = Some(error.kind()),
        }
        self
    }
}

impl<A> TcpServer<A> {
    /// Says that there was no memory to count in.
    pub(super) fn check_statistics(&self) -> Result<(), Error> {
        match self.settings.cannot_count {
            None => Ok(()),
            Some(kind) => {
                let doing = "taking memory for statistics";
                let error = IoError::new(IoErrorKind::Listen, doing);
                Err(error.because(io::Error::from(kind)).into())
            }
        }
    }
}

impl<A> Service<A> {
    /// Takes note of a connection that is turned away, and noted otherwise.
    pub(super) fn note_refused(&self) {
        if let Some(statistics) = &self.settings.statistics {
            statistics.refused();
        }
    }

    /// The same for one that is turned away without more ado.
    #[cfg(any(unix, feature = "tokio"))]
    pub(super) fn note_turned_away(&self) {
        if let Some(statistics) = &self.settings.statistics {
            statistics.accepted();
            statistics.refused();
            statistics.closed();
        }
    }
}
