//! Clients over transports of somebody's own: any stream, and any way to dial.

#![allow(clippy::unwrap_used)]

use std::io;
use std::net::{Shutdown, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use examples::{add, echo, nap_ms};
use rpc_core::client::{AsyncBatching, Dialect, Notify};
use rpc_core::protocol::Framing;
use rpc_core::server::EventLoop;
use rpc_core::transport::Stream;
use rpc_core::{AsyncRpcClient, RpcClient, RpcServer, Stub, args, call, kwargs};
use tests::run;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that hands over one byte at a time and keeps what it takes until it is flushed.
struct Odd<S> {
    stream: S,
    kept: Vec<u8>,
}

impl<S> Odd<S> {
    fn new(stream: S) -> Self {
        Self { stream, kept: Vec::new() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Odd<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        std::task::ready!(Pin::new(&mut self.stream).poll_read(task, &mut one))?;
        buffer.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Odd<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.kept.len() >= 1024 {
            std::task::ready!(self.as_mut().poll_flush(task))?;
        }
        let count = bytes.len().min(100);
        self.kept.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.kept.is_empty() {
            let Self { stream, kept } = &mut *self;
            let count = std::task::ready!(Pin::new(stream).poll_write(task, kept))?;
            kept.drain(..count);
        }
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.as_mut().poll_flush(task))?;
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}

fn server() -> rpc_core::server::ServerHandle {
    RpcServer::exported().start_with("127.0.0.1:0", EventLoop::default()).unwrap()
}

/// Speaks to a server over odd streams, and counts them.
async fn over_odd_streams(builder: rpc_core::client::ClientBuilder, what: &str) {
    let server = server();
    let address = server.address().socket_addr().unwrap();
    let dialed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&dialed);
    let connect = move || {
        count.fetch_add(1, Ordering::Relaxed);
        async move { tokio::net::TcpStream::connect(address).await.map(Odd::new) }
    };
    let client = builder.connect_async_over(connect).await.unwrap();
    assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6, "{what}");
    let text = "x".repeat(4_000);
    assert_eq!(call!(client.echo(&text)).await.unwrap(), text, "{what}");
    let sums = (0..50).map(|n| tokio::spawn(client.add(n, n).call())).collect::<Vec<_>>();
    for (n, sum) in (0..).zip(sums) {
        assert_eq!(sum.await.unwrap().unwrap(), 2 * n + 10, "{what}");
    }
    let sums = AsyncBatching::batch(&client, |calls| {
        (0..20).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>()
    });
    assert_eq!(sums.await.unwrap(), (10..30).collect::<Vec<_>>(), "{what}");
    client.notify_by_name("add", args![1], kwargs! { b: 2 }).await.unwrap();
    let late = call!(client.within(Duration::from_millis(20)).nap_ms(2000)).await.unwrap_err();
    assert!(late.is_timeout(), "{what}: {late}");
    // The server goes when that has ended, another takes its place at the address: a new connection is made.
    let before = dialed.load(Ordering::Relaxed);
    drop(server);
    let server = RpcServer::exported().start_with(address, EventLoop::default()).unwrap();
    let mut sum = call!(client.add(1, 2)).await;
    if sum.as_ref().is_err_and(rpc_core::Error::may_have_run) {
        sum = call!(client.add(1, 2)).await;
    }
    assert_eq!(sum.unwrap(), 13, "{what}");
    assert!(dialed.load(Ordering::Relaxed) > before, "{what}");
    drop(server);
}

#[test]
fn an_asynchronous_client_speaks_over_any_stream() {
    run(async {
        for framing in [Framing::LengthPrefix, Framing::Raw, Framing::Header] {
            for dialect in [Dialect::Native, Dialect::JsonRpc] {
                let builder = RpcClient::builder().framing(framing).dialect(dialect);
                over_odd_streams(builder, &format!("{framing:?}, {dialect:?}")).await;
            }
        }
        over_odd_streams(RpcClient::builder().url("ws://localhost/"), "WebSocket").await;
        over_odd_streams(RpcClient::builder().url("http://localhost/"), "HTTP").await;
    });
}

/// A blocking stream that looks at nothing: its peeks are those that every stream has.
struct Plain(TcpStream);

impl Stream for Plain {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(3);
        Stream::read(&self.0, &mut buffer[..count])
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Stream::write(&self.0, &bytes[..bytes.len().min(100)])
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_write_timeout(timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }
}

#[test]
fn a_blocking_client_speaks_over_any_stream() {
    let server = server();
    let address = server.address().socket_addr().unwrap();
    let plain = move |timeout: Duration| TcpStream::connect_timeout(&address, timeout).map(Plain);
    let with = |url: Option<&str>| {
        let builder = RpcClient::builder();
        url.map_or(builder.clone(), |url| builder.url(url)).connect_over(plain).unwrap()
    };
    for url in [None, Some("ws://localhost/"), Some("http://localhost/")] {
        let client = with(url);
        assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6, "{url:?}");
        let text = "x".repeat(4_000);
        assert_eq!(call!(client.echo(&text)).unwrap(), text, "{url:?}");
        let sums =
            client.batch(|calls| (0..20).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>());
        assert_eq!(sums.unwrap(), (10..30).collect::<Vec<_>>(), "{url:?}");
        let late = call!(client.within(Duration::from_millis(20)).nap_ms(2000)).unwrap_err();
        assert!(late.is_timeout(), "{url:?}: {late}");
        assert_eq!(call!(client.add(1, 2)).unwrap(), 13, "{url:?}");
    }
}

#[cfg(unix)]
#[test]
fn http_and_websocket_are_spoken_over_a_unix_socket() {
    use std::os::unix::net::UnixStream;

    let folder = tests::Folder::new();
    let path = folder.file("sum.sock");
    let server = RpcServer::exported()
        .start_with(format!("unix:{}", path.display()).as_str(), EventLoop::default());
    let _server = server.unwrap();
    for url in ["http://localhost/", "ws://localhost/"] {
        let path = path.clone();
        let builder = RpcClient::builder().url(url);
        let client = builder.connect_over(move |_| UnixStream::connect(&path)).unwrap();
        assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6, "{url}");
    }
    run(async {
        for url in ["http://localhost/", "ws://localhost/"] {
            let path = path.clone();
            let builder = RpcClient::builder().url(url);
            let connect = move || tokio::net::UnixStream::connect(path.clone());
            let client = builder.connect_async_over(connect).await.unwrap();
            assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6, "{url}");
        }
    });
}

#[test]
fn a_transport_that_fails_is_an_error_that_says_why() {
    let refused = |_: Duration| -> io::Result<TcpStream> { Err(io::Error::other("no tunnel")) };
    let error = RpcClient::builder().connect_over(refused).unwrap_err();
    assert_eq!(error.to_string(), "connecting to the server: cannot connect (no tunnel)");
    run(async {
        let refused = || async { Err::<tokio::net::TcpStream, _>(io::Error::other("no tunnel")) };
        let error = AsyncRpcClient::builder().connect_async_over(refused).await.unwrap_err();
        assert_eq!(error.to_string(), "connecting to the server: cannot connect (no tunnel)");
        let never = || std::future::pending::<io::Result<tokio::net::TcpStream>>();
        let builder = AsyncRpcClient::builder().connect_timeout(Duration::from_millis(20));
        let error = builder.connect_async_over(never).await.unwrap_err();
        assert!(error.to_string().starts_with("connecting to the server: "), "{error}");
        let builder = AsyncRpcClient::builder().url("gopher://x");
        let error = builder.connect_async_over(never).await.unwrap_err();
        assert!(error.to_string().contains("servers are named"), "{error}");
    });
}
