//! A listener of a program on tokio, whose streams are no sockets, is served like any other.

#![allow(clippy::unwrap_used)]

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use examples::{add, echo, ping};
use rpc_core::{
    AsyncAccept, CallContext, Dialect, Error, Framing, Limits, RpcClient, RpcServer, call,
    rpc_export,
};
use tests::{DIALECTS, EVERY_FRAMING, FRAMINGS, Gate, HttpPeer, OwnAsyncStream, Peer, run};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
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
        let server = RpcServer::exported().idle_timeout(Duration::from_millis(100));
        let served = Served::start(server).await;
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
        let limits = Limits { message: 100, ..Limits::default() };
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
