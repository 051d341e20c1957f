//! The asynchronous client, for programs on tokio.

mod batch;
mod batching;
mod call;
mod connection;
mod driver;
mod greeting;
mod io;
mod items;
mod open;
mod pool;
mod send_items;
mod shared;
mod spare;
mod state;

use std::fmt;
use std::process::Command;
use std::sync::Arc;

use serde::de::DeserializeOwned;

pub use batch::CallFutures;
pub use batching::AsyncBatching;
pub use call::{CallFuture, Calls};
pub use items::AsyncItems;
use shared::{Dial, Shared};

use crate::error::Error;
use crate::protocol::Arguments;
use crate::transport::{AsyncTransport, TcpTransport, Transport};

use super::{Async, ClientBuilder, FromError, Invocation, Notify, Pipelined, Stub};

/// Calls functions on the other side without blocking (feature `tokio`): what a call comes to is a
/// future, and the stubs are the same.
///
/// It works in a tokio runtime with I/O and time enabled; to connect where none runs is an error,
/// [`Misuse::NoRuntime`](crate::error::Misuse::NoRuntime).
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

impl AsyncRpcClient {
    /// Connects to `host:port`, `tcp://host:port`, `unix:/path` or, with the feature `http`,
    /// `http://host[:port][/path]` or `ws://host[:port][/path]`; with the feature `tls` to
    /// `tls://host:port`, `https://…` and `wss://…`.
    ///
    /// Over HTTP the first connection is made by the first call.
    ///
    /// # Errors
    ///
    /// Where no connection can be made.
    ///
    /// # Panics
    ///
    /// In a tokio runtime without I/O and time enabled. Where no runtime runs it is an error.
    pub async fn connect(address: impl ToString) -> Result<Self, Error> {
        Self::builder().connect_async(address).await
    }

    /// Starts a program and calls its functions over its standard input and output; see
    /// [`RpcClient::spawn`](crate::RpcClient::spawn).
    ///
    /// # Errors
    ///
    /// Where the program cannot be started.
    ///
    /// # Panics
    ///
    /// In a tokio runtime without I/O and time enabled. Where no runtime runs it is an error.
    pub async fn spawn(command: Command) -> Result<Self, Error> {
        Self::builder().spawn_async(command).await
    }

    /// Starts with the default settings, to change some.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Connects to an address.
    pub(super) async fn to(
        transport: TcpTransport,
        settings: ClientBuilder,
    ) -> Result<Self, Error> {
        Self::new(Transport::peer(&transport), Box::new(transport), settings).await
    }

    /// Connects over a transport.
    pub(super) async fn over<T: AsyncTransport>(
        transport: T,
        settings: ClientBuilder,
    ) -> Result<Self, Error> {
        Self::new(transport.peer(), Box::new(transport), settings).await
    }

    async fn new(
        address: String,
        transport: Box<dyn Dial>,
        settings: ClientBuilder,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared::new(address, transport, settings));
        // A server that serves one connection at a time is not to wait at one without a call.
        if shared.settings.target.is_none() {
            shared.connect().await?;
        }
        Ok(Self { shared })
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
