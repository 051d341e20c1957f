//! The asynchronous client, for programs on tokio.

mod batch;
mod batching;
mod call;
mod driver;
mod link;
mod pool;
mod spare;
mod state;
mod wire;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use tokio::time::{sleep, timeout, timeout_at};

pub use batch::CallFutures;
pub use batching::AsyncBatching;
pub use call::{CallFuture, Calls};
use driver::{End, drive};
use link::Link;
use pool::Pool;
use spare::Spare;

use crate::error::{Error, IoError, IoErrorKind};
use crate::protocol::Arguments;
use crate::transport::{AsyncSocket, MemoryStream};

use super::backoff::Backoff;
use super::deadline::Deadline;
use super::names::KnownNames;
use super::refusal::Refusal;
use super::{
    Async, ClientBuilder, ConnectionState, FromError, Invocation, Notify, Pipelined, Stub,
};

/// Calls functions on the other side without blocking (feature `tokio`): what a call comes to is a
/// future, and the stubs are the same.
///
/// Clones share one connection, on which any number of callers have calls in flight; the connection
/// closes when the last clone and the last call are gone. A call whose future is dropped is given
/// up: it has been sent whole or not at all, the other side is told, and a late reply is dropped.
/// Connections are replaced, and calls repeated, as by [`RpcClient`](crate::RpcClient).
///
/// ```standalone_crate
/// use rpc_core::server::EventLoop;
/// use rpc_core::{AsyncRpcClient, RpcServer, Stub, args, call, kwargs, rpc_export};
///
/// #[rpc_export]
/// fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
///     a + b + c
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let server = RpcServer::exported().start_with("127.0.0.1:0", EventLoop::default())?;
/// let client = AsyncRpcClient::connect(server.address()).await?;
///
/// assert_eq!(call!(client.add(1, 2, c = 3)).await?, 6);
/// assert_eq!(client.add(1, 2).c(3).call().await?, 6);
/// assert_eq!(client.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).await?, 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AsyncRpcClient {
    shared: Arc<Shared>,
}

/// Makes a connection within the process.
pub(super) type Dial = Box<dyn Fn(Duration) -> io::Result<MemoryStream> + Send + Sync>;

/// What the clones of a client share.
struct Shared {
    address: String,
    /// What connects, where that is no socket.
    within_process: Option<Dial>,
    settings: ClientBuilder,
    current: Mutex<Option<Arc<Link>>>,
    /// Held by whoever makes a connection, so that only one does.
    dialing: tokio::sync::Mutex<()>,
    refusal: Mutex<Refusal>,
    names: KnownNames,
    /// The connections that carry one call each at a time, over HTTP.
    pool: Pool,
    spare: Spare,
}

impl AsyncRpcClient {
    /// Connects to `host:port`, `tcp://host:port`, `unix:/path` or, with the feature `http`,
    /// `http://host[:port][/path]` or `ws://host[:port][/path]`.
    ///
    /// Over HTTP the first connection is made by the first call.
    ///
    /// # Errors
    ///
    /// Where no connection can be made.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its I/O and time enabled.
    pub async fn connect(address: impl ToString) -> Result<Self, Error> {
        Self::builder().connect_async(address).await
    }

    /// Starts with the default settings, to change some.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(super) async fn new(
        address: String,
        within_process: Option<Dial>,
        settings: ClientBuilder,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            address,
            within_process,
            names: KnownNames::default(),
            pool: Pool::new(settings.connections),
            spare: Spare::default(),
            settings,
            current: Mutex::default(),
            dialing: tokio::sync::Mutex::default(),
            refusal: Mutex::default(),
        });
        // A server that serves one connection at a time is not to wait at one without a call.
        if shared.settings.target.is_none() {
            let link = shared.dial(shared.settings.connect_timeout).await?;
            shared.share(&link);
        }
        Ok(Self { shared })
    }
}

impl Shared {
    /// The connection, if there is one that takes further calls.
    fn usable(&self) -> Option<Arc<Link>> {
        if self.settings.target.is_some() {
            return self.pool.try_take();
        }
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|link| !link.is_open()) {
            *current = None;
            self.settings.tell(ConnectionState::Disconnected);
        }
        current.clone()
    }

    /// The connection for the next call; where there is none, one is made, and tried for again until
    /// `deadline` or the connect timeout.
    async fn link(self: Arc<Self>, deadline: Option<Deadline>) -> Result<Arc<Link>, Error> {
        let linked = async {
            if self.settings.target.is_some() {
                return self.pooled(deadline).await;
            }
            // That is done by a task of its own: of the callers who wait, one makes the connection for
            // all, and one that is not polled must not hold up the others.
            let linked = tokio::spawn(Arc::clone(&self).shared(deadline)).await;
            linked.unwrap_or_else(|ended| {
                Err(self.failed(IoErrorKind::Connect, Some(io::Error::other(ended))))
            })
        };
        match deadline {
            Some(deadline) => timeout_at(deadline.at().into(), linked).await.unwrap_or_else(|_| {
                Err(self.failed(IoErrorKind::TimedOut(deadline.limit()), None))
            }),
            None => linked.await,
        }
    }

    /// The connection that all calls share.
    async fn shared(self: Arc<Self>, deadline: Option<Deadline>) -> Result<Arc<Link>, Error> {
        let begun = Instant::now();
        let _dialing = self.dialing.lock().await;
        if let Some(link) = self.usable() {
            return Ok(link);
        }
        let link = self.dial_until(begun, deadline).await?;
        self.share(&link);
        Ok(link)
    }

    /// A connection of the pool, for one call.
    async fn pooled(&self, deadline: Option<Deadline>) -> Result<Arc<Link>, Error> {
        let begun = Instant::now();
        let room = self.pool.room().await;
        let room = match self.pool.take(room) {
            Ok(link) => return Ok(link),
            Err(room) => room,
        };
        // In a box, so that the many calls that wait for room have none for it.
        let link = Box::pin(self.dial_until(begun, deadline)).await?;
        link.take(room);
        self.pool.keep(Arc::clone(&link));
        Ok(link)
    }

    async fn dial_until(
        &self,
        begun: Instant,
        deadline: Option<Deadline>,
    ) -> Result<Arc<Link>, Error> {
        // Whoever waited while others tried in vain has tried as well.
        let refused = self.refusal().since(begun);
        let begun = if refused.is_some() { begun } else { Instant::now() };
        let patience = Deadline::after(begun, self.settings.connect_timeout);
        let until = || [patience, deadline].into_iter().flatten();
        if let Some(error) = refused
            && until().any(Deadline::has_passed)
        {
            return Err(error);
        }
        let mut backoff = Backoff::default();
        loop {
            let dialed = self.dial(patience.map_or(Duration::MAX, Deadline::left)).await;
            self.refusal().note(&dialed);
            let wait = backoff.wait();
            if dialed.is_ok() || until().any(|end| end.left() <= wait) {
                return dialed;
            }
            sleep(wait).await;
        }
    }

    async fn dial(&self, limit: Duration) -> Result<Arc<Link>, Error> {
        let connecting = async {
            let stream = match &self.within_process {
                Some(dial) => AsyncSocket::Memory(dial(limit)?),
                None => AsyncSocket::connect(&self.address).await?,
            };
            let received = self.settings.open_async(&stream).await?;
            Ok((stream, received))
        };
        let (stream, received) = timeout(limit, connecting)
            .await
            .unwrap_or_else(|late| Err(late.into()))
            .map_err(|error| self.failed(IoErrorKind::Connect, Some(error)))?;
        let link = Link::new(self.address.clone(), stream, &received, &self.settings);
        tokio::spawn(drive(End(Arc::clone(&link))));
        self.settings.tell(ConnectionState::Connected);
        Ok(link)
    }

    fn refusal(&self) -> MutexGuard<'_, Refusal> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn share(&self, link: &Arc<Link>) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(link));
    }

    fn failed(&self, kind: IoErrorKind, source: Option<io::Error>) -> Error {
        IoError::new(kind, format!("connecting to {}", self.address)).because(source).into()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let current = self.current.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = current.take() {
            link.close();
        }
        for link in self.pool.drain() {
            link.close();
        }
    }
}

impl Stub for AsyncRpcClient {
    type Kind = Async<Calls>;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> CallFuture<T, E> {
        CallFuture::new(&self.shared, &invocation, true)
    }
}

impl Notify for AsyncRpcClient {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> CallFuture<(), Error> {
        CallFuture::new(&self.shared, &invocation, false)
    }
}

impl Pipelined for AsyncRpcClient {
    type Pending<T: DeserializeOwned + Send + 'static, E: FromError> = CallFuture<T, E>;

    fn start<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<CallFuture<T, E>, Error> {
        CallFuture::new(&self.shared, &invocation, true).started()
    }
}

impl fmt::Debug for AsyncRpcClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncRpcClient")
            .field("address", &self.shared.address)
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}
