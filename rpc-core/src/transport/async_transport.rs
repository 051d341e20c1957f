//! How connections are made in a program on tokio.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

/// Makes connections to one peer without blocking (feature `tokio`): the twin of
/// [`Transport`](crate::transport::Transport), for an [`AsyncRpcClient`](crate::AsyncRpcClient).
///
/// A closure that connects is one, whatever it connects by:
///
/// ```standalone_crate
/// use rpc_core::server::EventLoop;
/// use rpc_core::{AsyncRpcClient, RpcServer, rpc_export};
/// use tokio::net::TcpStream;
///
/// #[rpc_export]
/// fn double(n: i64) -> i64 {
///     2 * n
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let server = RpcServer::exported().start_with("127.0.0.1:0", EventLoop::default())?;
/// let address = server.address().to_string();
/// let connect = move || TcpStream::connect(address.clone());
/// let client = AsyncRpcClient::builder().connect_async_over(connect).await?;
/// assert_eq!(client.double(21).call().await?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not make connections for an asynchronous client",
    label = "an `AsyncTransport`, or a closure that returns a future of `io::Result<impl AsyncRead + AsyncWrite>`, must stand here"
)]
pub trait AsyncTransport: Send + Sync + 'static {
    /// What a connection is read from and written to.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Connects. The client gives it up after its connect timeout.
    ///
    /// # Errors
    ///
    /// Those of the operating system, or of what is between.
    fn connect(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// The peer's name, for messages.
    fn peer(&self) -> String {
        "the server".to_owned()
    }
}

impl<F, C, S> AsyncTransport for F
where
    F: Fn() -> C + Send + Sync + 'static,
    C: Future<Output = io::Result<S>> + Send,
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    type Stream = S;

    fn connect(&self) -> impl Future<Output = io::Result<S>> + Send {
        self()
    }
}
