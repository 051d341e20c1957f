//! Serving one stream that somebody else has made.

#[cfg(feature = "tokio")]
use std::future::poll_fn;
use std::io;
#[cfg(feature = "tokio")]
use std::pin::pin;
#[cfg(feature = "tokio")]
use std::task::Poll;

#[cfg(feature = "tokio")]
use tokio::io::{AsyncRead, AsyncWrite};
#[cfg(feature = "tokio")]
use tokio::time::timeout;

use crate::error::{Error, IoError, IoErrorKind};
use crate::json_rpc::Answer;
#[cfg(feature = "tokio")]
use crate::transport::AsyncSocket;
use crate::transport::{AnyStream, Stream};

use super::tcp_server::TcpServer;

const SERVING: &str = "serving a stream";

impl<A: Answer> TcpServer<A> {
    /// Serves one stream that somebody else has made, on this thread, until either side ends it: a
    /// connection over TLS, a serial line, [a pair of pipes](crate::transport::Duplex).
    ///
    /// It is one connection, like those of [`serve`](Self::serve): every framing and dialect, limits and
    /// timeouts hold. HTTP and WebSocket are spoken, too (feature `http`); over a stream that is no socket
    /// they take two more threads. Signals are left to the program; whoever wants to end it shuts the
    /// stream down.
    ///
    /// A server that is to serve several streams is cloned, which takes a stack in an
    /// [`Arc`](std::sync::Arc):
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::thread;
    ///
    /// use rpc_core::transport::{MemoryStream, Stream};
    /// use rpc_core::{FunctionRegistry, JsonRpc, TcpServer};
    ///
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("double", |n: i64| 2 * n)?;
    /// let server = TcpServer::new(Arc::new(JsonRpc::new(registry)));
    ///
    /// for n in 1..=2 {
    ///     let (here, there) = MemoryStream::pair();
    ///     let server = server.clone();
    ///     let thread = thread::spawn(move || server.serve_stream(there));
    ///     here.write(format!(r#"{{"method_name":"double","method_args":[{n}]}}"#).as_bytes())?;
    ///     let mut reply = [0; 64];
    ///     let count = here.read(&mut reply)?;
    ///     assert_eq!(reply[..count].trim_ascii_end(), format!(r#"{{"res":{}}}"#, 2 * n).as_bytes());
    ///     drop(here);
    ///     thread.join().map_err(|_| "panicked")??;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where two functions have one name, shared state is missing, a timeout is zero, or the stream
    /// breaks. That nobody reads what is written any more is the end, and no error.
    pub fn serve_stream(self, stream: impl Stream) -> Result<(), Error> {
        self.check()?;
        let service = self.into_unbound("stream");
        ended(service.serve(AnyStream::new(stream)), SERVING)
    }

    /// Serves one stream of a program on tokio, until either side ends it, or `stop` is ready and what
    /// has been asked by then is answered (feature `tokio`).
    ///
    /// It is one connection, as one of an [`EventLoop`](crate::server::EventLoop): every framing and dialect, HTTP
    /// and WebSocket included (feature `http`), limits and timeouts. For one that nobody is to stop,
    /// `stop` is `std::future::pending()`.
    ///
    /// ```
    /// use std::future::pending;
    ///
    /// use rpc_core::{FunctionRegistry, RpcServer};
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("double", |n: i64| 2 * n)?;
    ///
    /// let (mut here, there) = tokio::io::duplex(1024);
    /// let server = RpcServer::of(registry).serve_stream_async(there, pending());
    /// let server = tokio::spawn(server);
    ///
    /// here.write_all(br#"{"method_name":"double","method_args":[21]}"#).await?;
    /// here.shutdown().await?;
    /// let mut reply = String::new();
    /// here.read_to_string(&mut reply).await?;
    /// assert_eq!(reply.trim_end(), r#"{"res":42}"#);
    /// server.await??;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`serve_stream`](Self::serve_stream).
    #[cfg(feature = "tokio")]
    pub async fn serve_stream_async<S>(
        self,
        stream: S,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Error>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.check()?;
        let service = self.into_unbound("stream");
        let stream = AsyncSocket::new(stream);
        let peer = stream.peer();
        let mut serving = pin!(super::event_loop::serve(stream, peer, &service));
        let mut stop = pin!(stop);
        let served = poll_fn(|task| {
            if let Poll::Ready(served) = serving.as_mut().poll(task) {
                return Poll::Ready(Some(served));
            }
            stop.as_mut().poll(task).map(|()| None)
        });
        let served = match served.await {
            Some(served) => served,
            None => {
                service.stop().stop();
                timeout(service.stop_timeout(), serving).await.unwrap_or(Ok(()))
            }
        };
        ended(served, SERVING)
    }
}

/// What a stream came to that was served to its end.
pub(super) fn ended(served: io::Result<()>, doing: &str) -> Result<(), Error> {
    match served {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let lost = IoError::new(IoErrorKind::Lost, doing).may_have_run(true);
            Err(lost.because(error).into())
        }
        _ => Ok(()),
    }
}
