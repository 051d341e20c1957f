//! The server: a stack of layers, how it treats connections, and what it can be told to serve.

use std::any::{Any, type_name};
#[cfg(feature = "tokio")]
use std::future::poll_fn;
#[cfg(feature = "tokio")]
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "xmlrpc")]
use crate::dialect::xml_rpc::XmlRpcOptions;
use crate::error::Error;
use crate::json_rpc::{Answer, FinishedCall, JsonRpc, KeptArguments};
use crate::protocol::{Limits, Protocol};
use crate::registry::{Dispatch, FunctionRegistry, Signature};

use super::bound::BoundServer;
use super::concurrency::Concurrency;
#[cfg(feature = "tokio")]
use super::event_loop::{self, EventLoop};
use super::handle::ServerHandle;
#[cfg(feature = "tokio")]
use super::listener::AsyncAccept;
use super::listener::Listen;
use super::service::Service;
use super::settings::{LogSink, Settings};
use super::stop::Stop;
use super::thread_per_connection::ThreadPerConnection;

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
    pub(super) answer: A,
    pub(super) settings: Settings,
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

    /// Says what the service is called, and more of it as a whole, for `rpc.discover` (feature `schema`).
    ///
    /// ```
    /// use rpc_core::RpcServer;
    /// use rpc_core::description::Service;
    ///
    /// let service = Service::new("Tasks").version("1.4.0").server("http://127.0.0.1:5000");
    /// let server = RpcServer::exported().service(service);
    /// ```
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn service(mut self, service: crate::registry::description::Service) -> Self {
        match self.answer.dispatch().registry() {
            Some(registry) => registry.set_service(service),
            None => self.settings.unshared = Some("Service"),
        }
        self
    }

    /// Calls `tell` after each call that has ended, with who called what, from where, when, how long it took
    /// and how it ended: also for each call of a batch, and for one that was refused, that panicked, or
    /// that nobody waits for any more. [`FinishedCall`] says what there is of it.
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

    /// Shows [`on_call`](Self::on_call) the arguments of these functions. Of others they are never kept, nor where nobody
    /// is told of calls. That a function of such a name has been added is checked when the server starts.
    ///
    /// ```
    /// use rpc_core::server::KeptArguments;
    /// use rpc_core::{FunctionRegistry, RpcServer};
    ///
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("withdraw", |sum: u64, pin: String| sum)?;
    /// let server = RpcServer::of(registry)
    ///     .keep_arguments(KeptArguments::of(["withdraw"]).withhold(["pin"]))
    ///     .on_call(|call| eprintln!("{call} with {}", call.arguments().unwrap_or("what is not kept")));
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    #[must_use]
    pub fn keep_arguments(mut self, kept: KeptArguments) -> Self {
        self.answer = self.answer.keep_arguments(kept);
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

    /// Sets how long the thread of [`SingleThread`](crate::server::SingleThread), or a worker of [`Prefork`](crate::server::Prefork), stays with one of its
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

    /// Waits this long, when stopping, for calls that run. 30 s by default. A call that takes longer is
    /// left behind, and its caller is answered with the fault -32003, whose data says that it may have run.
    #[must_use]
    pub fn stop_timeout(mut self, timeout: Duration) -> Self {
        self.settings.stop = timeout;
        self
    }

    /// Bounds what the unfinished messages of all connections take together, in bytes: in each process, where
    /// the model makes several. By default it is an eighth of the memory that the machine has, or the
    /// process may use (Linux: its control group and its address space are looked at); 1 GiB where that is
    /// not known.
    ///
    /// A message of more than 64 KiB that finds no room while it arrives is answered with a busy fault
    /// (-32000), and its connection closes. Small messages always find room.
    #[must_use]
    pub fn unfinished_bytes(mut self, limit: usize) -> Self {
        self.settings.unfinished = Some(limit);
        self
    }

    /// Has what those who operate the server are to know said by `say`, a line at a time and at most
    /// one a second: that a worker process has died, how, and that another takes its place; that the
    /// server is full, and how many connections it has turned away; that a message cannot be read. By
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
        self.settings.log = LogSink::new(say);
        self
    }

    /// Listens at `address`, `host:port` or `unix:/path` ([`Listen`] says more), and does not serve
    /// yet, for a program that wants to say the address first.
    ///
    /// On Unix, a SIGTERM or SIGINT that comes from now on and before it serves would find nobody who
    /// cleans up. It waits: [`BoundServer::serve_with`] then stops at once, in good order, and after
    /// [`BoundServer::start`], or when the server is dropped, it ends the process as it would have. A
    /// second one ends the process at once. A program that deals with these signals itself is left alone.
    ///
    /// # Errors
    ///
    /// Where the address cannot be listened at, two functions have one name, shared state is missing,
    /// or a timeout is zero.
    pub fn bind(self, address: impl Listen) -> Result<BoundServer<A>, Error> {
        self.check()?;
        BoundServer::listen(address, self.answer, self.settings)
    }

    /// Says what would keep it from serving.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.answer.check()?;
        self.check_statistics()?;
        Ok(self.settings.check()?)
    }

    /// What answers connections that come from elsewhere.
    pub(super) fn into_unbound(self, model: &'static str) -> Service<A> {
        Service::new(Arc::new(self.answer), self.settings, model, Stop::unbound()).tended()
    }

    /// Serves at `address` with a thread for each connection, while this thread waits, until it is stopped as
    /// by [`serve_with`](Self::serve_with).
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub fn serve(self, address: impl Listen) -> Result<(), Error> {
        self.serve_with(address, ThreadPerConnection::default())
    }

    /// Serves at `address` in the way of `model`, while this thread waits, until it is stopped.
    ///
    /// On Unix, SIGTERM and SIGINT stop it: no connection is accepted any more, what has been asked is
    /// answered, clients that understand it are told and move on, and when all have gone, or after
    /// the stop timeout, this returns, and the program ends as it likes. Calls that still run then are left
    /// behind, and their callers are told -32003. A second of these signals ends the process at once.
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

    /// Serves on a listener of somebody's own tokio program, until `stop` is ready and what has been asked
    /// by then is answered (feature `tokio`): tokio's own, TCP or Unix, or anything else that implements
    /// [`AsyncAccept`].
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
        listener: impl AsyncAccept,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        self.check()?;
        let model = EventLoop::default();
        // Nothing waits in `accept` but a task, which is told by other means.
        let service = self.into_unbound(model.name());
        let mut serve = pin!(event_loop::serve_on(listener, &service, model.max_connections));
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
