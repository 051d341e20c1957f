//! A server whose address is known and that does not serve yet.

use crate::error::Error;
use crate::json_rpc::Answer;
use crate::transport::Address;

use super::listener::Listener;
use super::service::{Service, Settings};
use super::stop::{Stop, connect_to_end_accept};
use super::{Concurrency, Obeying, ServerHandle, ThreadPerConnection, listen_failed, port_closer};

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
    listener: Listener,
    address: Address,
    answer: A,
    settings: Settings,
}

impl<A: Answer> BoundServer<A> {
    pub(super) fn new(listener: Listener, answer: A, settings: Settings) -> Result<Self, Error> {
        let address = listener.address().map_err(listen_failed)?;
        Ok(Self { listener, address, answer, settings })
    }

    /// The address, with the port that was taken where 0 was asked for.
    pub fn address(&self) -> Address {
        self.address.clone()
    }

    /// As [`TcpServer::serve`](super::TcpServer::serve).
    ///
    /// # Errors
    ///
    /// Where the operating system refuses.
    pub fn serve(self) -> Result<(), Error> {
        self.serve_with(ThreadPerConnection::default())
    }

    /// As [`TcpServer::serve_with`](super::TcpServer::serve_with).
    ///
    /// # Errors
    ///
    /// Where the model cannot run here, or the operating system refuses.
    pub fn serve_with<M: Concurrency>(self, model: M) -> Result<(), Error> {
        let (listener, service) = self.service(model.name())?;
        if model.forks() {
            return model.run(&listener, &service);
        }
        let _obeying = Obeying::new(service.stop(), service.leave()).map_err(listen_failed)?;
        let ended = model.run(&listener, &service);
        // Other copies may be left, and the process may end before they do.
        listener.remove_file();
        drop(listener);
        service.stop().drained(service.stop_timeout());
        ended
    }

    /// As [`TcpServer::start`](super::TcpServer::start).
    ///
    /// # Errors
    ///
    /// Where the operating system refuses.
    pub fn start(self) -> Result<ServerHandle, Error> {
        self.start_with(ThreadPerConnection::default())
    }

    /// As [`TcpServer::start_with`](super::TcpServer::start_with).
    ///
    /// # Errors
    ///
    /// Where the model cannot run on another thread, or the operating system refuses.
    pub fn start_with<M: Concurrency>(self, model: M) -> Result<ServerHandle, Error> {
        let (listener, service) = self.service(model.name())?;
        ServerHandle::start(listener, service, model)
    }

    fn service(self, model: &'static str) -> Result<(Listener, Service<A>), Error> {
        let Self { listener, address, answer, settings } = self;
        let close = port_closer(&listener).map_err(listen_failed)?;
        let stop = Stop::new(address.clone(), move || {
            let rest = close();
            connect_to_end_accept(&address);
            rest
        });
        Ok((listener, Service::new(answer, settings, model, stop)))
    }
}
