//! A listener of one's own, whose streams are no sockets, is served by the models that wait on threads.

#![allow(clippy::unwrap_used)]

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use examples::{add, echo, ping};
use rpc_core::client::Dialect;
use rpc_core::protocol::Framing;
use rpc_core::server::{
    Accept, Concurrency, EventLoop, ForkPerConnection, Prefork, PreforkEventLoop, ServerHandle,
    SingleThread, ThreadPerConnection,
};
use rpc_core::transport::Address;
use rpc_core::{RpcClient, RpcServer, call};
use tests::{DIALECTS, EVERY_FRAMING, FRAMINGS, Gate, HttpPeer, OwnStream, Peer};

const ADD: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const SUM: &str = r#"{"res":13}"#;

/// Accepts streams that are no sockets.
struct OwnListener {
    listener: TcpListener,
    is_closed: AtomicBool,
}

impl OwnListener {
    fn new() -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (Self { listener, is_closed: AtomicBool::new(false) }, address)
    }
}

impl Accept for OwnListener {
    type Stream = OwnStream;

    fn accept(&self) -> io::Result<OwnStream> {
        let (stream, _) = self.listener.accept()?;
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(ErrorKind::NotConnected.into());
        }
        Ok(OwnStream(stream))
    }

    fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.listener.local_addr().unwrap());
    }

    fn address(&self) -> Address {
        Address::Other("a listener of this test".to_owned())
    }
}

fn start(server: RpcServer, model: impl Concurrency) -> (ServerHandle, SocketAddr) {
    let (listener, address) = OwnListener::new();
    (server.start_with(listener, model).unwrap(), address)
}

/// Runs a test with either of the models.
fn in_both_models(test: impl Fn(ServerHandle, SocketAddr)) {
    let server = || RpcServer::exported().idle_timeout(Duration::from_secs(20));
    let (handle, address) = start(server(), SingleThread);
    test(handle, address);
    let (handle, address) = start(server(), ThreadPerConnection::default());
    test(handle, address);
}

#[test]
fn every_framing_and_dialect_is_spoken() {
    in_both_models(|server, address| {
        assert_eq!(server.address().to_string(), "a listener of this test");
        for framing in EVERY_FRAMING {
            for dialect in DIALECTS {
                if framing == Framing::Header && dialect != Dialect::JsonRpc {
                    continue;
                }
                let builder = RpcClient::builder().framing(framing).dialect(dialect);
                let client = builder.connect(address).unwrap();
                if dialect == Dialect::Ping {
                    assert_eq!(client.ping("hello").call().unwrap(), "hello");
                } else {
                    assert_eq!(client.add(1, 2).call().unwrap(), 13, "{framing:?}");
                }
                if dialect == Dialect::JsonRpc {
                    let text = "Grüß ".repeat(5_000);
                    assert_eq!(client.echo(&text).call().unwrap(), text);
                }
            }
        }
    });
}

#[test]
fn http_and_websocket_are_spoken() {
    in_both_models(|_server, address| {
        for url in ["http", "ws"] {
            let client = RpcClient::connect(format!("{url}://{address}")).unwrap();
            assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6, "{url}");
            let text = "Grüß ".repeat(5_000);
            assert_eq!(client.echo(&text).call().unwrap(), text);
        }
        let mut http = HttpPeer::connect(address);
        for _ in 0..2 {
            let response = http.ask(ADD);
            assert_eq!((response.status, &*response.body), (200, SUM));
        }
        http.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assert!(http.receive().is_some());
        assert!(http.receive().is_none());
    });
}

#[test]
fn stopping_ends_an_accept_that_waits() {
    in_both_models(|server, _| {
        let (sender, ended) = channel();
        thread::spawn(move || {
            server.stop();
            sender.send(server.wait().is_ok())
        });
        assert_eq!(ended.recv_timeout(Duration::from_secs(20)), Ok(true));
    });
}

#[test]
fn what_is_in_flight_when_the_server_stops_is_answered() {
    for framing in FRAMINGS {
        in_both_models(|server, address| {
            let gate = Gate::closed();
            let mut peer = Peer::connect(address, framing);
            let number = gate.number();
            let call =
                format!(r#"{{"method_name":"pass_gate","method_args":[{number},7],"id":1}}"#);
            peer.send(&call);
            gate.until_reached();
            server.stop();
            gate.open();
            assert_eq!(peer.receive().as_deref(), Some(r#"{"res":7,"id":1}"#));
            drop(peer);
            server.wait().unwrap();
        });
    }
}

#[test]
fn http_in_flight_when_the_server_stops_is_answered() {
    in_both_models(|server, address| {
        let gate = Gate::closed();
        let number = gate.number();
        let mut http = HttpPeer::connect(address);
        let call = format!(r#"{{"method_name":"pass_gate","method_args":[{number},7]}}"#);
        let post = HttpPeer::post("Content-Type: application/json\r\n", &call);
        http.write(post.as_bytes());
        gate.until_reached();
        server.stop();
        gate.open();
        assert_eq!(http.receive().unwrap().body, r#"{"res":7}"#);
        drop(http);
        server.wait().unwrap();
    });
}

#[test]
fn who_finds_no_room_is_told_so() {
    let model = ThreadPerConnection { max_connections: 1 };
    let (_server, address) = start(RpcServer::exported(), model);
    let mut first = Peer::connect(address, Framing::Raw);
    assert_eq!(first.ask(ADD), SUM);
    let mut second = Peer::connect(address, Framing::Raw);
    assert!(second.ask(ADD).contains("-32000"));
    assert!(second.is_ended());
    assert_eq!(HttpPeer::connect(address).ask(ADD).status, 503);
    assert_eq!(first.ask(ADD), SUM);
}

#[test]
fn who_is_silent_for_too_long_is_left() {
    let server = || RpcServer::exported().idle_timeout(Duration::from_millis(100));
    for (_server, address) in
        [start(server(), SingleThread), start(server(), ThreadPerConnection::default())]
    {
        let mut peer = Peer::connect(address, Framing::Raw);
        assert_eq!(peer.ask(ADD), SUM);
        assert!(peer.is_ended());
        // And the next one is served.
        assert_eq!(Peer::connect(address, Framing::Raw).ask(ADD), SUM);
    }
}

#[test]
fn models_that_wait_for_sockets_say_what_to_do_instead() {
    fn refusal(model: impl Concurrency) -> String {
        let (listener, _) = OwnListener::new();
        let bound = RpcServer::exported().bind(listener).unwrap();
        bound.serve_with(model).unwrap_err().to_string()
    }
    let refusals = [
        refusal(EventLoop::default()),
        refusal(Prefork::default()),
        refusal(PreforkEventLoop::default()),
        refusal(ForkPerConnection::default()),
    ];
    for refusal in refusals {
        assert!(refusal.contains("`ThreadPerConnection` or `SingleThread`"), "{refusal}");
        assert!(refusal.contains("a listener of this test"), "{refusal}");
    }
}
