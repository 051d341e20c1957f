//! A listener of a program on tokio, whose streams are no sockets, is served like any other.

#![allow(clippy::unwrap_used)]

use std::future::pending;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use examples::{add, echo, ping};
use rpc_core::client::Dialect;
use rpc_core::protocol::{Framing, Limits};
use rpc_core::server::AsyncAccept;
use rpc_core::{CallContext, Error, RpcClient, RpcServer, call, rpc_export};
use tests::{
    DIALECTS, EVERY_FRAMING, FRAMINGS, Frame, Gate, HttpPeer, OwnAsyncStream, Peer, WebSocket, run,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};

/// Accepts streams that are no sockets. Every other time there is an error first.
struct OwnListener {
    listener: TcpListener,
    fails: bool,
}

impl AsyncAccept for OwnListener {
    type Stream = OwnAsyncStream;

    async fn accept(&mut self) -> io::Result<(OwnAsyncStream, Option<SocketAddr>)> {
        self.fails = !self.fails;
        if self.fails {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        let (stream, peer) = self.listener.accept().await?;
        Ok((OwnAsyncStream::new(stream), Some(peer)))
    }
}

/// A server at such a listener.
struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), Error>>,
}

impl Served {
    async fn start(server: RpcServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let listener = OwnListener { listener, fails: false };
        let ended = tokio::spawn(server.serve_on(listener, async { drop(stopped.await) }));
        Self { address, stop, ended }
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }
}

/// Whether the server knows where the call comes from.
#[rpc_export]
fn knows_its_caller(context: &CallContext) -> bool {
    context.peer().is_some()
}

const ADD: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const SUM: &str = r#"{"res":13}"#;

#[test]
fn every_framing_and_dialect_is_spoken() {
    run(async {
        let served = Served::start(RpcServer::exported()).await;
        let address = served.address;
        let calls = move || {
            for framing in EVERY_FRAMING {
                for dialect in DIALECTS {
                    let is_json_rpc = dialect == Dialect::JsonRpc;
                    if framing == Framing::Header && !is_json_rpc {
                        continue;
                    }
                    let builder = RpcClient::builder().framing(framing).dialect(dialect);
                    let client = builder.connect(address).unwrap();
                    if dialect == Dialect::Ping {
                        assert_eq!(client.ping("hello").call().unwrap(), "hello");
                    } else {
                        assert_eq!(client.add(1, 2).call().unwrap(), 13, "{framing:?}");
                    }
                    if is_json_rpc {
                        let text = "Grüß ".repeat(10_000);
                        assert_eq!(client.echo(&text).call().unwrap(), text);
                    }
                }
            }
            for url in ["http", "ws"] {
                let client = RpcClient::connect(format!("{url}://{address}")).unwrap();
                assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6, "{url}");
            }
            let mut http = HttpPeer::connect(address);
            for _ in 0..2 {
                let response = http.ask(ADD);
                assert_eq!((response.status, &*response.body), (200, SUM));
            }
            let known =
                Peer::connect(address, Framing::Raw).ask(r#"{"method_name":"knows_its_caller"}"#);
            assert_eq!(known, r#"{"res":true}"#);
        };
        spawn_blocking(calls).await.unwrap();
        served.end().await;
    });
}

#[test]
fn what_is_in_flight_when_the_server_stops_is_answered() {
    run(async {
        for framing in FRAMINGS {
            let served = Served::start(RpcServer::exported()).await;
            let (address, gate) = (served.address, Arc::new(Gate::closed()));
            let (number, reached) = (gate.number(), Arc::clone(&gate));
            let asked = spawn_blocking(move || {
                let mut peer = Peer::connect(address, framing);
                peer.send(&format!(
                    r#"{{"method_name":"pass_gate_blocking","method_args":[{number},7],"id":1}}"#
                ));
                reached.until_reached();
                peer
            });
            let mut peer = asked.await.unwrap();
            served.stop.send(()).unwrap();
            gate.open();
            let replies = spawn_blocking(move || peer.receive_all()).await.unwrap();
            assert!(replies.contains(&r#"{"res":7,"id":1}"#.to_owned()), "{replies:?}");
            served.ended.await.unwrap().unwrap();
        }
    });
}

#[test]
fn who_is_silent_for_too_long_is_left() {
    run(async {
        let impatient = RpcServer::exported().idle_timeout(Duration::from_millis(100));
        let served = Served::start(impatient).await;
        let address = served.address;
        let left = spawn_blocking(move || {
            let mut peer = Peer::connect(address, Framing::Raw);
            assert_eq!(peer.ask(ADD), SUM);
            peer.is_ended()
        });
        assert!(left.await.unwrap());
        served.end().await;
    });
}

#[test]
fn a_message_over_the_limit_is_refused() {
    run(async {
        let limits = Limits { max_message_bytes: 100, ..Limits::default() };
        let served = Served::start(RpcServer::exported().limits(limits)).await;
        let address = served.address;
        let reply = spawn_blocking(move || {
            let text = "x".repeat(1000);
            let call = format!(r#"{{"method_name":"echo","method_args":["{text}"]}}"#);
            Peer::connect(address, Framing::LengthPrefix).ask(&call)
        });
        let reply = reply.await.unwrap();
        assert!(reply.contains("limit of 100"), "{reply}");
        served.end().await;
    });
}

#[test]
fn http_and_websockets_are_ended_in_order_when_the_server_stops() {
    run(async {
        let served = Served::start(RpcServer::exported()).await;
        let (address, gate) = (served.address, Arc::new(Gate::closed()));
        let (number, reached) = (gate.number(), Arc::clone(&gate));
        let call = format!(r#"{{"method_name":"pass_gate_blocking","method_args":[{number},7]}}"#);
        let asked = spawn_blocking(move || {
            let mut socket = WebSocket::connect(address);
            socket.send(r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#);
            assert!(matches!(socket.receive(), Some(Frame::Text(_))));
            let mut http = HttpPeer::connect(address);
            let post = HttpPeer::post("Content-Type: application/json\r\n", &call);
            http.write(post.as_bytes());
            reached.until_reached();
            (socket, http)
        });
        let (mut socket, mut http) = asked.await.unwrap();
        served.stop.send(()).unwrap();
        let ended = spawn_blocking(move || {
            let close = loop {
                match socket.receive() {
                    Some(Frame::Close(code)) => break code,
                    Some(_) => {}
                    None => panic!("no close"),
                }
            };
            gate.open();
            (close, http.receive())
        });
        let (close, response) = ended.await.unwrap();
        assert_eq!(close, Some(1001));
        assert_eq!(response.unwrap().body, r#"{"res":7}"#);
        served.ended.await.unwrap().unwrap();
    });
}

/// Breaks when it is written to.
struct Broken(DuplexStream);

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(task, room)
    }
}

impl AsyncWrite for Broken {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::Error::other("the line was cut")))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Accepts what is sent to it.
struct Queue<S>(mpsc::Receiver<S>);

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> AsyncAccept for Queue<S> {
    type Stream = S;

    async fn accept(&mut self) -> io::Result<(S, Option<SocketAddr>)> {
        match self.0.recv().await {
            Some(stream) => Ok((stream, None)),
            None => pending().await,
        }
    }
}

#[test]
fn a_stream_that_breaks_is_its_peers_matter_alone() {
    run(async {
        let (queue, receiver) = mpsc::channel::<Broken>(8);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving =
            RpcServer::exported().serve_on(Queue(receiver), async { drop(stopped.await) });
        let server = tokio::spawn(serving);
        for _ in 0..3 {
            let (mut here, there) = tokio::io::duplex(1024);
            queue.send(Broken(there)).await.unwrap();
            here.write_all(ADD.as_bytes()).await.unwrap();
            assert_eq!(here.read(&mut [0]).await.unwrap(), 0, "it is closed");
        }
        assert!(!server.is_finished());
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
    });
}

#[test]
fn who_does_not_take_replies_is_left() {
    run(async {
        let (queue, receiver) = mpsc::channel(8);
        let (stop, stopped) = oneshot::channel::<()>();
        let server = RpcServer::exported().write_timeout(Duration::from_millis(100));
        let server = tokio::spawn(server.serve_on(Queue(receiver), async { drop(stopped.await) }));
        let (mut here, there) = tokio::io::duplex(64);
        queue.send(there).await.unwrap();
        let text = "x".repeat(1000);
        let call = format!(r#"{{"method_name":"echo","method_args":["{text}"]}}"#);
        here.write_all(call.as_bytes()).await.unwrap();
        // Not read until the server has given up: what it wrote is there, and then the end.
        let mut taken = Vec::new();
        tokio::time::sleep(Duration::from_secs(1)).await;
        here.read_to_end(&mut taken).await.unwrap();
        assert!(taken.len() < text.len(), "{}", taken.len());
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
    });
}

#[test]
fn who_waits_to_be_accepted_when_the_server_stops_is_served() {
    run(async {
        let (queue, receiver) = mpsc::channel(8);
        let mut waiting = Vec::new();
        for _ in 0..3 {
            let (mut here, there) = tokio::io::duplex(1024);
            here.write_all(ADD.as_bytes()).await.unwrap();
            queue.send(there).await.unwrap();
            waiting.push(here);
        }
        // Stopped before it accepts anybody.
        RpcServer::exported().serve_on(Queue(receiver), async {}).await.unwrap();
        for mut here in waiting {
            let mut reply = String::new();
            here.read_to_string(&mut reply).await.unwrap();
            assert_eq!(reply.trim_end(), SUM);
        }
    });
}
