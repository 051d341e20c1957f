//! Listeners of programs on tokio.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use crate::transport::{AsyncSocket, Socket};

use super::rest::accept_rest;
use super::socket::{Listener, ListeningSocket};

/// Accepts connections in a program on tokio (feature `tokio`): tokio's own listeners, or whatever else
/// connections come from. [`TcpServer::serve_on`](crate::TcpServer::serve_on) serves them.
///
/// ```
/// use std::io;
/// use std::net::SocketAddr;
///
/// use rpc_core::server::AsyncAccept;
/// use rpc_core::{AsyncRpcClient, FunctionRegistry, RpcServer, Stub, args, kwargs};
/// use tokio::io::BufStream;
/// use tokio::net::{TcpListener, TcpStream};
///
/// /// Accepts from a port, and puts something around each connection: where TLS would stand.
/// struct Buffered(TcpListener);
///
/// impl AsyncAccept for Buffered {
///     type Stream = BufStream<TcpStream>;
///
///     async fn accept(&mut self) -> io::Result<(Self::Stream, Option<SocketAddr>)> {
///         let (stream, peer) = self.0.accept().await?;
///         Ok((BufStream::new(stream), Some(peer)))
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let mut registry = FunctionRegistry::new();
/// registry.register("double", |n: i64| 2 * n)?;
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let address = listener.local_addr()?;
/// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
/// let server = RpcServer::of(registry).serve_on(Buffered(listener), async { drop(stopped.await) });
/// let server = tokio::spawn(server);
///
/// let client = AsyncRpcClient::connect(address).await?;
/// let n: i64 = client.call("double", args![21], kwargs! {}).await?;
/// assert_eq!(n, 42);
/// # drop(client);
/// # drop(stop);
/// # server.await??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait AsyncAccept: Send {
    /// What a connection is read from and written to.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Waits for the next connection, and says the address of its peer where it has one.
    ///
    /// One connection is accepted at a time: a handshake that takes long (TLS) belongs in a task of its
    /// own, lest a slow peer keep the others waiting. The future is dropped where it waits when the
    /// server stops. After an error the server tries again: at once, if it is `Interrupted`,
    /// `ConnectionAborted` or `ConnectionReset`, which concern one connection; otherwise after a pause
    /// of 50 ms.
    ///
    /// # Errors
    ///
    /// Where there is none this time.
    fn accept(
        &mut self,
    ) -> impl Future<Output = io::Result<(Self::Stream, Option<SocketAddr>)>> + Send;

    /// Those that the operating system still has in a queue, once nobody will be accepted any more.
    #[doc(hidden)]
    fn into_rest(self) -> io::Result<VecDeque<Socket>>
    where
        Self: Sized,
    {
        Ok(VecDeque::new())
    }
}

// By `poll_accept`: `accept` has no end on a Unix socket that was shut down, which is readable and has
// nobody.
impl AsyncAccept for TcpListener {
    type Stream = tokio::net::TcpStream;

    async fn accept(&mut self) -> io::Result<(Self::Stream, Option<SocketAddr>)> {
        let (stream, peer) = poll_fn(|task| self.poll_accept(task)).await?;
        Ok((stream, Some(peer)))
    }

    fn into_rest(self) -> io::Result<VecDeque<Socket>> {
        let listener = self.into_std()?;
        Ok(accept_rest(|| Ok(Socket::Tcp(listener.accept()?.0))))
    }
}

#[cfg(unix)]
impl AsyncAccept for UnixListener {
    type Stream = tokio::net::UnixStream;

    async fn accept(&mut self) -> io::Result<(Self::Stream, Option<SocketAddr>)> {
        Ok((poll_fn(|task| self.poll_accept(task)).await?.0, None))
    }

    fn into_rest(self) -> io::Result<VecDeque<Socket>> {
        let listener = self.into_std()?;
        Ok(accept_rest(|| Ok(Socket::Unix(listener.accept()?.0))))
    }
}

/// A socket of blocking code that is listened at in a runtime.
#[derive(Debug)]
pub(in crate::server) enum AsyncListener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

impl AsyncListener {
    /// Takes a copy of a listener into the runtime that this is called in.
    pub(in crate::server) fn copy_of(listener: &Listener) -> io::Result<Self> {
        Ok(match listener.socket() {
            ListeningSocket::Tcp(listener) => {
                let listener = listener.try_clone()?;
                listener.set_nonblocking(true)?;
                Self::Tcp(TcpListener::from_std(listener)?)
            }
            #[cfg(unix)]
            ListeningSocket::Unix(listener) => {
                let listener = listener.try_clone()?;
                listener.set_nonblocking(true)?;
                Self::Unix(UnixListener::from_std(listener)?)
            }
        })
    }
}

impl AsyncAccept for AsyncListener {
    type Stream = AsyncSocket;

    async fn accept(&mut self) -> io::Result<(Self::Stream, Option<SocketAddr>)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = AsyncAccept::accept(listener).await?;
                Ok((AsyncSocket::Tcp(stream), peer))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let (stream, peer) = AsyncAccept::accept(listener).await?;
                Ok((AsyncSocket::Unix(stream), peer))
            }
        }
    }
}
