//! Servers: a stack of layers, a socket, and a way to run many connections.

mod bound;
mod busy;
mod concurrency;
mod conversation;
#[cfg(feature = "tokio")]
mod event_loop;
#[cfg(unix)]
mod fork_per_connection;
mod handle;
mod in_memory;
mod listener;
#[cfg(unix)]
mod prefork;
#[cfg(all(unix, feature = "tokio"))]
mod prefork_event_loop;
#[cfg(unix)]
mod process;
mod service;
mod single_thread;
mod stdio;
mod stop;
mod thread_per_connection;
#[cfg(unix)]
mod turns;
#[cfg(not(unix))]
#[path = "without_poll.rs"]
mod turns;
#[cfg(feature = "http")]
mod web;
#[cfg(not(unix))]
mod without_fork;
#[cfg(not(feature = "http"))]
mod without_web;

use std::any::{Any, type_name};
#[cfg(feature = "tokio")]
use std::future::poll_fn;
#[cfg(feature = "tokio")]
use std::pin::pin;
use std::time::Duration;

pub use bound::BoundServer;
pub use concurrency::Concurrency;
#[cfg(feature = "tokio")]
pub use event_loop::EventLoop;
#[cfg(unix)]
pub use fork_per_connection::ForkPerConnection;
pub use handle::ServerHandle;
pub use in_memory::InMemory;
#[cfg(feature = "tokio")]
pub use listener::AsyncListener;
#[cfg(feature = "tokio")]
use listener::Rest;
pub use listener::{Listen, UnixAddress};
#[cfg(unix)]
pub use prefork::Prefork;
#[cfg(all(unix, feature = "tokio"))]
pub use prefork_event_loop::PreforkEventLoop;
#[cfg(unix)]
use process::{Obeying, Output, port_closer, to_stderr};
#[cfg(feature = "tokio")]
use service::Service;
use service::{Say, Settings};
pub use single_thread::SingleThread;
#[cfg(feature = "tokio")]
use stop::Stop;
pub use thread_per_connection::ThreadPerConnection;
#[cfg(not(unix))]
pub use without_fork::{ForkPerConnection, Prefork};
#[cfg(not(unix))]
use without_fork::{Obeying, Output, port_closer, to_stderr};

#[cfg(feature = "xmlrpc")]
use crate::dialect::xml_rpc::XmlRpcOptions;
use crate::error::{Error, IoError, IoErrorKind};
use crate::json_rpc::{Answer, FinishedCall, JsonRpc};
use crate::protocol::{Limits, Protocol};
use crate::registry::{Dispatch, FunctionRegistry, Signature};

/// The usual stack: TCP, the dialects, the functions.
pub type RpcServer = TcpServer<JsonRpc<FunctionRegistry>>;

/// Serves a stack of layers over TCP or a Unix socket.
///
/// ```standalone_crate
/// use rpc_core::{RpcClient, RpcServer, Stub, args, kwargs, rpc_export};
///
/// #[rpc_export]
/// fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
///     a + b + c
/// }
///
/// let server = RpcServer::exported().start("127.0.0.1:0")?;
/// let client = RpcClient::connect(server.address())?;
/// let sum: i64 = client.call("add", args![1, 2], kwargs! { c: 3 })?;
/// assert_eq!(sum, 6);
/// # Ok::<(), rpc_core::Error>(())
/// ```
///
/// A stack that lacks a layer does not compile, and the error says which:
///
/// ```compile_fail
/// use rpc_core::{FunctionRegistry, TcpServer};
///
/// TcpServer::new(FunctionRegistry::exported()); // the `JsonRpc` layer is missing
/// ```
#[derive(Debug, Clone)]
pub struct TcpServer<A> {
    answer: A,
    settings: Settings,
}

impl RpcServer {
    /// The usual stack with every function that `#[rpc_export]` stands on.
    pub fn exported() -> Self {
        Self::of(FunctionRegistry::exported())
    }
}

impl<D: Dispatch> TcpServer<JsonRpc<D>> {
    /// The usual stack around what runs calls.
    pub fn of(dispatch: D) -> Self {
        Self::new(JsonRpc::new(dispatch))
    }

    /// Lists what is served, ordered by name; each `Display`s as its signature.
    pub fn functions(&self) -> impl Iterator<Item = &Signature> {
        let registry = self.answer.dispatch().registry();
        registry.into_iter().flat_map(FunctionRegistry::functions)
    }

    /// Shares something with the functions that have a [`State`](crate::State) parameter of its
    /// type.
    #[must_use]
    pub fn share<T: Any + Send + Sync>(mut self, state: T) -> Self {
        match self.answer.dispatch().registry() {
            Some(registry) => registry.add_state(state),
            None => self.settings.unshared = Some(type_name::<T>()),
        }
        self
    }

    /// Calls `tell` after each call that has ended, with its name, dialect and peer, how long it took
    /// and how it ended: also for each call of a batch, and for one that was refused, that panicked, or
    /// that nobody waits for any more.
    ///
    /// ```
    /// use rpc_core::{FunctionRegistry, RpcServer, Stub};
    ///
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("double", |n: i64| 2 * n)?;
    /// let server = RpcServer::of(registry).on_call(|call| eprintln!("{call}"));
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// It runs where the call ended, so it should be quick: on an event loop others wait meanwhile.
    #[must_use]
    pub fn on_call(mut self, tell: impl Fn(&FinishedCall<'_>) + Send + Sync + 'static) -> Self {
        self.answer = self.answer.on_call(tell);
        self
    }

    /// Sets how XML-RPC's callers are understood and answered.
    #[cfg(feature = "xmlrpc")]
    #[must_use]
    pub fn xml_rpc(mut self, options: XmlRpcOptions) -> Self {
        self.answer = self.answer.xml_rpc(options);
        self
    }
}

impl<A: Answer> TcpServer<A> {
    /// Puts the socket under what answers messages.
    pub fn new(answer: A) -> Self {
        Self { answer, settings: Settings::default() }
    }

    /// Holds connections to other limits. A protocol that has been disabled stays disabled.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        let protocols = limits.protocols.and(self.settings.limits.protocols);
        self.settings.limits = Limits { protocols, ..limits };
        self
    }

    /// Disables a protocol, a framing or a dialect: whoever speaks it is answered with an error that says so.
    #[must_use]
    pub fn disable(mut self, protocol: Protocol) -> Self {
        let limits = &mut self.settings.limits;
        limits.protocols = limits.protocols.disable(protocol);
        self
    }

    /// Closes a connection that has sent nothing for this long. 30 s by default; zero is refused when
    /// the server starts, and `Duration::MAX` is for ever.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeouts.idle = timeout;
        self
    }

    /// Closes a connection that takes longer than this over one message. 30 s by default; zero is
    /// refused when the server starts.
    #[must_use]
    pub fn message_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeouts.message = timeout;
        self
    }

    /// Closes a connection that does not take its replies within this. 30 s by default; zero is
    /// refused when the server starts.
    #[must_use]
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeouts.write = timeout;
        self
    }

    /// Sets how long the thread of [`SingleThread`], or a worker of [`Prefork`], stays with one of its
    /// connections before it looks after the others: waits for the next message, or answers one after
    /// another. About 5 ms by default; zero is refused when the server starts.
    ///
    /// It is what the others may have to wait for a peer that is silent, and how often a peer that
    /// calls without pause gives way. A call that runs is never interrupted.
    #[must_use]
    pub fn time_slice(mut self, slice: Duration) -> Self {
        self.settings.slice = slice;
        self
    }

    /// Waits this long, when stopping, for calls that run. 30 s by default.
    #[must_use]
    pub fn stop_timeout(mut self, timeout: Duration) -> Self {
        self.settings.stop = timeout;
        self
    }

    /// Has what those who operate the server are to know said by `say`, a line at a time and at most
    /// one a second: that a worker process has died, how, and that another takes its place. By
    /// default it is written to standard error.
    ///
    /// ```
    /// use rpc_core::RpcServer;
    ///
    /// let silent = RpcServer::exported().log(|_| {});
    /// let prefixed = RpcServer::exported().log(|line| println!("accounts: {line}"));
    /// ```
    #[must_use]
    pub fn log(mut self, say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.settings.log = Say::by(say);
        self
    }

    /// Listens at `address`, `host:port` or `unix:/path` ([`Listen`] says more), and does not serve
    /// yet, for a program that wants to say the address first.
    ///
    /// # Errors
    ///
    /// Where the address cannot be listened at, two functions have one name, shared state is missing,
    /// or a timeout is zero.
    pub fn bind(self, address: impl Listen) -> Result<BoundServer<A>, Error> {
        self.answer.check()?;
        self.settings.check()?;
        let listener = address.listen().map_err(listen_failed)?;
        BoundServer::new(listener, self.answer, self.settings)
    }

    /// Serves at `address` with a thread for each connection, on this thread, until it is stopped as
    /// by [`serve_with`](Self::serve_with).
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub fn serve(self, address: impl Listen) -> Result<(), Error> {
        self.serve_with(address, ThreadPerConnection::default())
    }

    /// Serves at `address` in the way of `model`, on this thread, until it is stopped.
    ///
    /// On Unix, SIGTERM and SIGINT stop it: no connection is accepted any more, what has been asked is
    /// answered, clients that understand it are told and move on, and when all have gone, or after
    /// the stop timeout, this returns. A second of these signals ends the process at once.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind), and where the model cannot run here.
    pub fn serve_with<M: Concurrency>(self, address: impl Listen, model: M) -> Result<(), Error> {
        self.bind(address)?.serve_with(model)
    }

    /// Serves at `address` with a thread for each connection, while this thread goes on.
    ///
    /// Port 0 takes a free port; [`ServerHandle::address`] says which. Signals are left to the program.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub fn start(self, address: impl Listen) -> Result<ServerHandle, Error> {
        self.start_with(address, ThreadPerConnection::default())
    }

    /// Serves at `address` in the way of `model`, while this thread goes on.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind), and where the model forks, which it cannot beside another thread.
    pub fn start_with<M: Concurrency>(
        self,
        address: impl Listen,
        model: M,
    ) -> Result<ServerHandle, Error> {
        self.bind(address)?.start_with(model)
    }

    /// Serves on a listener of somebody's own tokio program, TCP or Unix, until `stop` is ready and what has been
    /// asked by then is answered (feature `tokio`).
    ///
    /// ```
    /// use rpc_core::{AsyncRpcClient, FunctionRegistry, RpcServer, Stub, args, kwargs};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("double", |n: i64| 2 * n)?;
    ///
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let address = listener.local_addr()?;
    /// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    /// let server = RpcServer::of(registry).serve_on(listener, async { drop(stopped.await) });
    /// let server = tokio::spawn(server);
    ///
    /// let client = AsyncRpcClient::connect(address).await?;
    /// let n: i64 = client.call("double", args![21], kwargs! {}).await?;
    /// assert_eq!(n, 42);
    ///
    /// drop(client);
    /// drop(stop);
    /// server.await??;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where two functions have one name, shared state is missing, or a timeout is zero.
    #[cfg(feature = "tokio")]
    pub async fn serve_on(
        self,
        listener: impl Into<AsyncListener>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        self.answer.check()?;
        self.settings.check()?;
        let listener = listener.into();
        let address = listener.address().map_err(listen_failed)?;
        let model = EventLoop::default();
        // Nothing waits in `accept` but a task, which is told by other means.
        let state = Stop::new(address, Rest::new);
        let service = Service::new(self.answer, self.settings, model.name(), state);
        let rest = |listener: AsyncListener| listener.into_rest().unwrap_or_default();
        let mut serve = pin!(event_loop::serve_on(listener, &service, model.max_connections, rest));
        let mut stop = pin!(stop);
        let mut told = false;
        poll_fn(|task| {
            if !told && stop.as_mut().poll(task).is_ready() {
                told = true;
                service.stop().stop();
            }
            serve.as_mut().poll(task)
        })
        .await;
        Ok(())
    }
}

fn listen_failed(source: std::io::Error) -> IoError {
    IoError::new(IoErrorKind::Listen, "starting a server").because(source)
}
