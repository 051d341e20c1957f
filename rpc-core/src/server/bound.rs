//! A server whose address is known and that does not serve yet.

use std::sync::Arc;

use crate::error::Error;
use crate::json_rpc::Answer;
use crate::transport::Address;

use super::concurrency::Concurrency;
use super::handle::ServerHandle;
#[cfg(unix)]
use super::late::tell_late;
use super::listener::{Listen, Rest, Source, listen_failed};
#[cfg(unix)]
use super::process::{EarlySignals, StopOnSignals, port_closer};
use super::service::Service;
use super::settings::Settings;
use super::stop::{Stop, connect_to_end_accept};
use super::thread_per_connection::ThreadPerConnection;
#[cfg(not(unix))]
use super::without_fork::{EarlySignals, StopOnSignals, port_closer};

/// A server that has its address: clients may connect, and are served once one of these is called.
///
/// ```no_run
/// use rpc_core::server::Prefork;
/// use rpc_core::RpcServer;
///
/// let server = RpcServer::exported().bind("127.0.0.1:0")?;
/// println!("listening {}", server.address());
/// server.serve_with(Prefork::workers(4))?;
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a server that is bound serves nobody until it is told to"]
pub struct BoundServer<A> {
    source: Source,
    address: Address,
    answer: A,
    settings: Settings,
    early: EarlySignals,
}

impl<A: Answer> BoundServer<A> {
    pub(super) fn listen(
        address: impl Listen,
        answer: A,
        settings: Settings,
    ) -> Result<Self, Error> {
        // Before there is anything to be cleaned up.
        let early = EarlySignals::watch();
        let source = address.listen().map_err(listen_failed)?;
        let address = source.address().map_err(listen_failed)?;
        Ok(Self { source, address, answer, settings, early })
    }

    /// The address, with the port that was taken where 0 was asked for.
    pub fn address(&self) -> Address {
        self.address.clone()
    }

    /// As [`TcpServer::serve`](crate::TcpServer::serve).
    ///
    /// # Errors
    ///
    /// Where the operating system refuses.
    pub fn serve(self) -> Result<(), Error> {
        self.serve_with(ThreadPerConnection::default())
    }

    /// As [`TcpServer::serve_with`](crate::TcpServer::serve_with).
    ///
    /// # Errors
    ///
    /// Where the model cannot run here, or the operating system refuses.
    pub fn serve_with<M: Concurrency>(self, model: M) -> Result<(), Error> {
        let (source, service, early) = self.service(&model)?;
        if model.forks() {
            #[cfg(unix)]
            service.say_limits_of_processes();
            return model.run(&source, &service);
        }
        let _signals = StopOnSignals::new(service.stop()).map_err(listen_failed)?;
        drop(early);
        // On a thread that can be left behind, where a function does not end.
        ServerHandle::start(source, service, model)?.join()
    }

    /// As [`TcpServer::start`](crate::TcpServer::start).
    ///
    /// # Errors
    ///
    /// Where the operating system refuses.
    pub fn start(self) -> Result<ServerHandle, Error> {
        self.start_with(ThreadPerConnection::default())
    }

    /// As [`TcpServer::start_with`](crate::TcpServer::start_with).
    ///
    /// # Errors
    ///
    /// Where the model cannot run on another thread, or the operating system refuses.
    pub fn start_with<M: Concurrency>(self, model: M) -> Result<ServerHandle, Error> {
        let (source, service, _) = self.service(&model)?;
        ServerHandle::start(source, service, model)
    }

    fn service<M: Concurrency>(
        self,
        model: &M,
    ) -> Result<(Source, Service<A>, EarlySignals), Error> {
        let Self { source, address, answer, settings, early } = self;
        let answer = Arc::new(answer);
        if model.waits_at_sockets_alone() {
            source.socket(model.name())?;
        }
        let stop = match &source {
            Source::Own(own) => {
                let own = own.clone();
                Stop::new(address, move || {
                    own.close();
                    Rest::new()
                })
            }
            Source::Socket(listener) => {
                #[cfg(unix)]
                let tell = tell_late(&answer, &settings, model.name());
                #[cfg(not(unix))]
                let tell = drop;
                let close = port_closer(listener, tell).map_err(listen_failed)?;
                let connect = listener.ends_by_a_connection();
                Stop::new(address.clone(), move || {
                    let rest = close();
                    if connect {
                        connect_to_end_accept(&address);
                    }
                    rest
                })
            }
        };
        Ok((source, Service::new(answer, settings, model.name(), stop), early))
    }
}
