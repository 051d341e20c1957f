//! A server that stops, or is full, says so over HTTP and loses no call that runs.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::thread;
use std::time::{Duration, Instant};

use rpc_core::RpcServer;
use rpc_core::server::{EventLoop, ThreadPerConnection};
use tests::{HttpPeer, Model, Served, until};

/// Far below any timeout of a server, far above what a busy machine adds.
const AT_ONCE: Duration = Duration::from_secs(5);

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;
const SERVER: &str = env!("CARGO_BIN_EXE_model_server");

/// A request of a function that takes a while.
fn slow_call() -> String {
    HttpPeer::post("", r#"{"method_name":"hold_ms","method_args":[400,5]}"#)
}

#[test]
fn a_call_that_runs_is_answered_and_its_connection_closed() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        assert_eq!(peer.ask(ADD).body, SUM);
        peer.write(slow_call().as_bytes());
        thread::sleep(Duration::from_millis(100));
        server.stop();
        let response = peer.receive().unwrap();
        assert_eq!((response.status, response.body.as_str()), (200, r#"{"res":5}"#), "{model:?}");
        assert!(peer.is_ended());
        let begun = Instant::now();
        server.wait().unwrap();
        assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    });
}

#[test]
fn idle_connections_are_closed_at_once() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        assert_eq!(peer.ask(ADD).body, SUM);
        let begun = Instant::now();
        drop(server);
        assert!(peer.is_ended());
        assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    });
}

#[test]
fn a_request_that_has_begun_to_arrive_is_answered() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for kept in [false, true] {
            let server = if kept { &server } else { &model.start(RpcServer::exported()) };
            let mut peer = HttpPeer::connect(server.address());
            if kept {
                assert_eq!(peer.ask(ADD).body, SUM);
            }
            let request = HttpPeer::post("", ADD);
            peer.write(&request.as_bytes()[..20]);
            thread::sleep(Duration::from_millis(100));
            server.stop();
            thread::sleep(Duration::from_millis(100));
            peer.write(&request.as_bytes()[20..]);
            assert_eq!(peer.receive().unwrap().body, SUM, "{model:?}, {kept}");
            assert!(peer.is_ended());
        }
        server.wait().unwrap();
    });
}

#[test]
fn readiness_ends_first() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        peer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n");
        thread::sleep(Duration::from_millis(100));
        server.stop();
        let response = peer.exchange("\r\n");
        assert_eq!((response.status, response.body.as_str()), (503, "not ready for new work\n"));
        assert!(peer.is_ended(), "{model:?}");
    });
}

#[test]
fn processes_answer_what_runs_when_a_signal_stops_them() {
    for model in ["threads", "event-loop", "fork", "prefork", "prefork-event-loop"] {
        let mut server = Served::start(SERVER, &format!("--model {model}"));
        let mut idle = HttpPeer::connect(server.address());
        assert_eq!(idle.ask(ADD).body, SUM);
        let mut peer = HttpPeer::connect(server.address());
        peer.write(slow_call().as_bytes());
        thread::sleep(Duration::from_millis(150));
        server.process().signal("TERM");
        assert_eq!(peer.receive().unwrap().body, r#"{"res":5}"#, "{model}");
        assert!(peer.is_ended() && idle.is_ended(), "{model}");
        assert!(server.wait().success(), "{model}");
    }
}

#[test]
fn one_connection_too_many_is_told_so() {
    let threads = ThreadPerConnection { max_connections: 1 };
    let events = EventLoop { max_connections: 1, ..EventLoop::default() };
    for server in [
        RpcServer::exported().start_with("127.0.0.1:0", threads).unwrap(),
        RpcServer::exported().start_with("127.0.0.1:0", events).unwrap(),
    ] {
        let mut first = HttpPeer::connect(server.address());
        assert_eq!(first.ask(ADD).body, SUM);
        let mut second = HttpPeer::connect(server.address());
        let response = second.ask(ADD);
        assert_eq!(response.status, 503);
        assert_eq!(response.header("connection"), Some("close"));
        assert_eq!(response.header("retry-after"), Some("1"));
        let expected = r#"{"error":{"code":-32000,"message":"the server has 1 connections open, as many as its `max_connections` allows; try again later","data":{"retry_after_ms":1000}},"id":1}"#;
        assert_eq!(response.body, expected);
        assert!(second.is_ended());
        let mut third = HttpPeer::connect(server.address());
        let get = |path| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(third.exchange(&get("/healthz")).status, 200);
        assert_eq!(third.exchange(&get("/readyz")).status, 503);
        assert_eq!(first.ask(ADD).body, SUM);
        drop(first);
        until("a free place", || HttpPeer::connect(server.address()).ask(ADD).status == 200);
    }
    let server = Served::start(SERVER, "--model fork --max-children 1");
    let mut first = HttpPeer::connect(server.address());
    assert_eq!(first.ask(ADD).body, SUM);
    let refused = HttpPeer::connect(server.address()).ask(ADD);
    assert_eq!(refused.status, 503);
    assert!(refused.body.contains("-32000"), "{}", refused.body);
    let get = |path| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let health = HttpPeer::connect(server.address()).exchange(&get("/healthz"));
    assert_eq!((health.status, health.body.as_str()), (200, "alive\n"));
    assert_eq!(HttpPeer::connect(server.address()).exchange(&get("/readyz")).status, 503);
}
