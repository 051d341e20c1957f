//! Peers, listeners and streams that never pause, or that fail in odd ways, hold nobody up.

#![allow(clippy::unwrap_used)]

use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use examples::add;
use rpc_core::client::Dialect;
use rpc_core::error::Misuse;
use rpc_core::protocol::Framing;
use rpc_core::server::{AsyncAccept, ServerHandle};
use rpc_core::transport::{Stream, Transport};
use rpc_core::{Error, RpcClient, RpcServer, Stub, call};
use tests::run;
use tokio::io::DuplexStream;

#[test]
fn a_call_times_out_though_its_peer_sends_without_pause() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let flood = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let unasked = b"{\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n".repeat(1000);
        while peer.write_all(&unasked).is_ok() {}
    });
    let builder = RpcClient::builder().framing(Framing::Raw).dialect(Dialect::JsonRpc);
    let client = builder.call_timeout(Duration::from_millis(200)).connect(address).unwrap();
    let error = call!(client.add(1, 2)).unwrap_err();
    assert!(error.is_timeout(), "{error}");
    drop(client);
    flood.join().unwrap();
}

/// Has always something: a connection whose peer has gone, or one that was aborted.
struct AlwaysReady {
    aborts: bool,
}

impl AsyncAccept for AlwaysReady {
    type Stream = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, Option<SocketAddr>)> {
        if self.aborts {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        Ok((tokio::io::duplex(64).0, None))
    }
}

#[test]
fn a_listener_that_is_always_ready_is_stopped() {
    for aborts in [true, false] {
        run(async move {
            let stop = tokio::time::sleep(Duration::from_millis(20));
            RpcServer::exported().serve_on(AlwaysReady { aborts }, stop).await.unwrap();
        });
    }
}

/// Panics in its first write, or says that it has taken more than there was.
struct Odd {
    socket: TcpStream,
    panics: Arc<AtomicBool>,
    boasts: bool,
}

impl Stream for Odd {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Stream::read(&self.socket, buffer)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!self.panics.swap(false, Ordering::Relaxed), "a stream that panics");
        let count = Stream::write(&self.socket, bytes)?;
        Ok(if self.boasts { count + 1000 } else { count })
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.socket.set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.socket.set_write_timeout(timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.socket.shutdown(how)
    }
}

fn odd_client(
    server: &ServerHandle,
    panics: bool,
    boasts: bool,
) -> RpcClient<impl Transport + use<>> {
    let address = server.address().socket_addr().unwrap();
    let panics = Arc::new(AtomicBool::new(panics));
    let connect = move |timeout: Duration| {
        let socket = TcpStream::connect_timeout(&address, timeout)?;
        Ok(Odd { socket, panics: Arc::clone(&panics), boasts })
    };
    RpcClient::builder().call_timeout(Duration::from_secs(20)).connect_over(connect).unwrap()
}

#[test]
fn a_stream_that_panics_once_costs_its_connection_alone() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let client = odd_client(&server, true, false);
    let panicked = thread::scope(|scope| scope.spawn(|| call!(client.add(1, 2))).join().is_err());
    assert!(panicked);
    for _ in 0..3 {
        assert_eq!(call!(client.add(1, 2)).unwrap(), 13);
    }
}

#[test]
fn a_stream_that_has_taken_more_than_there_was_is_not_believed() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let error = call!(odd_client(&server, false, true).add(1, 2)).unwrap_err();
    assert!(matches!(&error, Error::Io(_)) && error.may_have_run(), "{error}");
}

#[test]
fn metadata_does_not_stand_beside_a_header_of_its_name() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let builder = RpcClient::builder().header("Authorization", "A");
    let client = builder.connect(format!("http://{}", server.address())).unwrap();
    assert_eq!(call!(client.add(1, 2)).unwrap(), 13);
    let error = call!(client.with_metadata("authorization", "B").add(1, 2)).unwrap_err();
    assert!(matches!(&error, Error::Misuse(Misuse::Metadata { .. })), "{error}");
    assert!(error.to_string().contains("a header of the client's"), "{error}");
}
