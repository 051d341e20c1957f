//! What is too large or too slow over HTTP costs a server no more than its limits.

#![allow(clippy::unwrap_used)]

use std::thread;
use std::time::{Duration, Instant};

use rpc_core::RpcServer;
use rpc_core::protocol::Limits;
use rpc_core::server::ServerHandle;
use tests::{HttpPeer, Model};

const TIMEOUT: Duration = Duration::from_millis(200);
/// Far below the default of half a minute, far above what a busy machine adds.
const AT_MOST: Duration = Duration::from_secs(8);

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;

fn impatient(model: Model) -> ServerHandle {
    model.start(RpcServer::exported().idle_timeout(TIMEOUT).message_timeout(TIMEOUT))
}

fn in_time(test: impl FnOnce()) {
    let begun = Instant::now();
    test();
    assert!(begun.elapsed() < AT_MOST, "{:?}", begun.elapsed());
}

#[test]
fn a_body_over_the_limit_is_refused_before_it_is_read() {
    Model::each(|model| {
        let limits = Limits { max_message_bytes: 100, ..Limits::default() };
        let server = model.start(RpcServer::exported().limits(limits));
        let whole = format!("{ADD:100}");
        let mut peer = HttpPeer::connect(server.address());
        assert_eq!(peer.ask(&whole).body, SUM);
        drop(peer); // one model serves one at a time
        let large = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n";
        for head in [large.to_owned(), format!("{large}Expect: 100-continue\r\n")] {
            let mut peer = HttpPeer::connect(server.address());
            let response = peer.exchange(&format!("{head}\r\n"));
            assert_eq!(response.status, 413, "{response:?}");
            assert!(response.body.contains(r#""code":-32004"#), "{response:?}");
            assert!(response.body.contains("101 bytes is over the limit of 100"), "{response:?}");
            assert_eq!(response.header("connection"), Some("close"));
            assert!(peer.is_ended());
        }
        let mut peer = HttpPeer::connect(server.address());
        let chunked = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        peer.write(format!("{chunked}64\r\n{whole}\r\n").as_bytes());
        peer.write(b"1\r\n \r\n");
        assert_eq!(peer.receive().unwrap().status, 413);
        assert!(peer.is_ended());
    });
}

#[test]
fn a_body_that_is_expected_is_asked_for() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = HttpPeer::connect(server.address());
    let request = HttpPeer::post("Expect: 100-continue\r\n", ADD);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(peer.exchange(&format!("{head}\r\n\r\n")).status, 100);
    assert_eq!(peer.exchange(body).body, SUM);
}

#[test]
fn a_head_has_bounds_too() {
    const TOO_LARGE: &str =
        "the head of the request has more than 65536 bytes or 100 headers; send less\n";
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let line = format!("X: {}\r\n", "x".repeat(1000));
        for headers in [line.repeat(100), "X: a\r\n".repeat(100)] {
            let mut peer = HttpPeer::connect(server.address());
            let _ = peer.try_write(HttpPeer::post(&headers, ADD).as_bytes());
            let response = peer.receive().unwrap();
            assert_eq!((response.status, &*response.body), (431, TOO_LARGE), "{model:?}");
            assert_eq!(response.header("connection"), Some("close"));
            assert!(peer.is_ended());
        }
        let mut peer = HttpPeer::connect(server.address());
        assert_eq!(peer.exchange(&HttpPeer::post(&line.repeat(10), ADD)).body, SUM);
    });
}

#[test]
fn a_request_that_cannot_be_read_is_told_why_behind_the_replies_of_others() {
    let bad = [
        ("POST / HTTP/1.1\r\nHost localhost\r\n\r\n", "invalid HTTP header parsed"),
        ("POST / HTTP/7.1\r\n\r\n", "invalid HTTP version parsed"),
        ("P@ST( / HTTP/1.1\r\n\r\n", "invalid HTTP method parsed"),
        ("POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", "invalid content-length parsed"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "invalid transfer-encoding parsed"),
    ];
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for (request, why) in bad {
            let mut peer = HttpPeer::connect(server.address());
            peer.write(format!("{0}{0}{request}", HttpPeer::post("", ADD)).as_bytes());
            for _ in 0..2 {
                assert_eq!(peer.receive().unwrap().body, SUM, "{model:?}");
            }
            let response = peer.receive().unwrap();
            let sentence = format!("the head of the request is not as RFC 9112 has it: {why}\n");
            assert_eq!((response.status, response.body), (400, sentence), "{model:?}");
            assert!(peer.is_ended());
        }
    });
}

#[test]
fn a_silent_peer_is_closed_without_a_word() {
    Model::each(|model| {
        let server = impatient(model);
        in_time(|| {
            let mut peer = HttpPeer::connect(server.address());
            assert_eq!(peer.ask(ADD).body, SUM);
            assert!(peer.is_ended());
        });
    });
}

#[test]
fn a_slow_request_is_answered_and_its_connection_closed() {
    let request = HttpPeer::post("", ADD);
    Model::each(|model| {
        let server = impatient(model);
        for length in [5, 20, request.find("\r\n\r\n").unwrap()] {
            in_time(|| {
                let mut peer = HttpPeer::connect(server.address());
                assert_eq!(peer.ask(ADD).body, SUM);
                peer.write(&request.as_bytes()[..length]);
                let response = peer.receive().unwrap();
                assert_eq!(response.status, 408);
                assert!(response.body.contains("`message_timeout`"), "{response:?}");
                assert!(peer.is_ended());
            });
        }
        in_time(|| {
            let mut peer = HttpPeer::connect(server.address());
            peer.write(&request.as_bytes()[..request.len() - 1]);
            let response = peer.receive().unwrap();
            assert_eq!(response.status, 408);
            assert!(response.body.contains(r#""code":-32001"#), "{response:?}");
            assert!(
                response.body.contains(
                    "not finished within 200ms; be faster, or raise the server's `message_timeout`"
                ),
                "{response:?}"
            );
            assert!(peer.is_ended());
        });
    });
}

#[test]
fn a_trickle_of_bytes_does_not_keep_a_connection() {
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\n".to_owned();
    let body = HttpPeer::post("", &" ".repeat(2000));
    Model::each(|model| {
        let server = impatient(model);
        for request in [head.clone() + &"X: y\r\n".repeat(400), body.clone()] {
            in_time(|| {
                let mut peer = HttpPeer::connect(server.address());
                let mut bytes = request.bytes();
                while peer.try_write(&[bytes.next().unwrap()]).is_ok() {
                    thread::sleep(TIMEOUT / 20);
                }
            });
        }
    });
}

#[test]
fn a_peer_that_keeps_calling_is_never_too_slow() {
    let timeout = TIMEOUT * 3;
    Model::each(|model| {
        let server = RpcServer::exported().idle_timeout(timeout).message_timeout(timeout);
        let server = model.start(server);
        let mut peer = HttpPeer::connect(server.address());
        let request = HttpPeer::post("", ADD);
        let head = request.len() - ADD.len();
        for _ in 0..3 {
            for part in [&request[..20], &request[20..head + 5], &request[head + 5..]] {
                thread::sleep(timeout / 4);
                peer.write(part.as_bytes());
            }
            assert_eq!(peer.receive().unwrap().body, SUM);
        }
    });
}

#[test]
fn a_function_may_take_longer_than_any_timeout() {
    Model::each(|model| {
        let server = impatient(model);
        let mut peer = HttpPeer::connect(server.address());
        for function in ["after_ms", "hold_ms"] {
            let call = format!(r#"{{"method_name":"{function}","method_args":[600,5]}}"#);
            assert_eq!(peer.ask(&call).body, r#"{"res":5}"#);
        }
        assert_eq!(peer.ask(ADD).body, SUM);
    });
}

#[test]
fn timeouts_may_be_for_ever() {
    let ever = Duration::MAX;
    Model::each(|model| {
        let server =
            RpcServer::exported().idle_timeout(ever).message_timeout(ever).write_timeout(ever);
        let server = model.start(server);
        let mut peer = HttpPeer::connect(server.address());
        let call = r#"{"method_name":"repeat","method_args":["x",8000000]}"#;
        peer.write(HttpPeer::post("", call).as_bytes());
        // More than a socket holds, so it is written in parts.
        thread::sleep(TIMEOUT / 4);
        assert_eq!(peer.receive().unwrap().body.len(), 8_000_000 + r#"{"res":""}"#.len());
        assert_eq!(peer.ask(ADD).body, SUM);
    });
}

#[test]
fn a_peer_that_takes_its_replies_too_slowly_is_closed() {
    for model in [Model::SingleThread, Model::EventLoop] {
        let server = model.start(RpcServer::exported().write_timeout(TIMEOUT));
        in_time(|| {
            let mut slow = HttpPeer::connect(server.address());
            let call = r#"{"method_name":"repeat","method_args":["x",9000000]}"#;
            slow.write(HttpPeer::post("", call).as_bytes());
            // Far less than is sent, for far longer than the server waits.
            for _ in 0..20 {
                slow.skip(1000);
                thread::sleep(TIMEOUT / 10);
            }
            assert_eq!(HttpPeer::connect(server.address()).ask(ADD).body, SUM);
            thread::sleep(TIMEOUT);
            let left = 9_000_000 - 20_000;
            slow.skip(left);
            assert!(slow.is_ended(), "{model:?}");
        });
    }
}
