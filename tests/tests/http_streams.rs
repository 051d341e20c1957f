//! HTTP/2: many requests side by side on one connection.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rpc_core::protocol::Limits;
use rpc_core::{CallContext, RpcServer, rpc_export};
use tests::{Model, run};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(20);

type Client = SendRequest<Full<Bytes>>;

async fn connect(address: SocketAddr) -> Client {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (client, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn call(mut client: Client, body: impl Into<Bytes>) -> (StatusCode, String) {
    let request = Request::post("http://localhost/").header("content-type", "application/json");
    let response =
        client.send_request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Calls that are waiting now.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Notes that a call waits for as long as this lives.
struct Waiting;

impl Waiting {
    fn new() -> Self {
        WAITING.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits for ever, or until nobody waits for it.
#[rpc_export]
async fn wait_for_ever() {
    let _waiting = Waiting::new();
    std::future::pending::<()>().await;
}

/// The same for a function that blocks its thread.
#[rpc_export(blocking)]
fn block_while_wanted(context: &CallContext) {
    let _waiting = Waiting::new();
    while !context.is_cancelled() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn streams_run_side_by_side() {
    let server = Model::EventLoop.start(RpcServer::exported());
    run(async {
        let client = connect(server.address().socket_addr().unwrap()).await;
        let begun = Instant::now();
        let mut calls = JoinSet::new();
        for n in 0..20 {
            let body = format!(r#"{{"method_name":"hold_ms","method_args":[500,{n}]}}"#);
            let client = client.clone();
            calls.spawn(async move {
                let expected = (StatusCode::OK, format!(r#"{{"res":{n}}}"#));
                assert_eq!(call(client, body).await, expected);
            });
        }
        let slowest = calls.join_all();
        timeout(PATIENCE, slowest).await.unwrap();
        // One after another they would take twice as long.
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_message_that_is_too_large_ends_its_stream_alone() {
    let limits = Limits { max_message_bytes: 100, ..Limits::default() };
    Model::each(|model| {
        let server = model.start(RpcServer::exported().limits(limits));
        run(async {
            let client = connect(server.address().socket_addr().unwrap()).await;
            let (status, body) = call(client.clone(), " ".repeat(101)).await;
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
            assert!(body.contains("-32004"), "{body}");
            let add = r#"{"method_name":"add","method_args":[1,2]}"#;
            assert_eq!(call(client, add).await.1, r#"{"res":13}"#);
        });
    });
}

#[test]
fn large_replies_arrive_whole_beside_small_ones() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        run(async {
            let client = connect(server.address().socket_addr().unwrap()).await;
            let mut calls = JoinSet::new();
            for n in 0..20 {
                let times = if n % 2 == 0 { 3_000_000 } else { n };
                let body = format!(r#"{{"method_name":"repeat","method_args":["x",{times}]}}"#);
                let client = client.clone();
                calls.spawn(async move {
                    let (status, body) = call(client, body).await;
                    let size = times + r#"{"res":""}"#.len();
                    assert_eq!((status, body.len()), (StatusCode::OK, size));
                });
            }
            timeout(PATIENCE, calls.join_all()).await.unwrap();
        });
    });
}

#[test]
fn a_call_that_nobody_waits_for_any_more_ends() {
    let server = Model::EventLoop.start(RpcServer::exported());
    run(async {
        let until = async |count| {
            let wait = async {
                while WAITING.load(Ordering::SeqCst) != count {
                    sleep(Duration::from_millis(5)).await;
                }
            };
            timeout(PATIENCE, wait).await.unwrap();
        };
        let address = server.address().socket_addr().unwrap();
        for name in ["wait_for_ever", "block_while_wanted"] {
            let body = format!(r#"{{"method_name":"{name}"}}"#);
            // A stream is reset, while its connection lives on.
            let client = connect(address).await;
            let calling = tokio::spawn(call(client.clone(), body.clone()));
            until(1).await;
            calling.abort();
            until(0).await;
            let add = r#"{"method_name":"add","method_args":[1,2]}"#;
            assert_eq!(call(client, add).await.1, r#"{"res":13}"#);
            // A connection of HTTP/1.1 is closed.
            let mut peer = tests::HttpPeer::connect(address);
            peer.write(tests::HttpPeer::post("", &body).as_bytes());
            until(1).await;
            drop(peer);
            until(0).await;
        }
        // Where a connection has a thread, the function has it, and looks for itself.
        let server = Model::ThreadPerConnection.start(RpcServer::exported());
        let mut peer = tests::HttpPeer::connect(server.address());
        let body = r#"{"method_name":"block_while_wanted"}"#;
        peer.write(tests::HttpPeer::post("", body).as_bytes());
        until(1).await;
        drop(peer);
        until(0).await;
    });
}

#[test]
fn a_peer_that_opens_no_window_is_closed() {
    use std::io::{Read, Write};

    let server = RpcServer::exported().write_timeout(Duration::from_millis(200));
    let server = Model::EventLoop.start(server);
    let mut peer = std::net::TcpStream::connect(server.address()).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    // The settings say that streams begin without room for any data.
    peer.write_all(&[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]).unwrap();
    let body = br#"{"method_name":"add","method_args":[1,2]}"#;
    for stream in [1_u8, 3, 5] {
        // POST, http, /, and `:authority: localhost`, by the static table of HPACK.
        let head = [&[0x83, 0x86, 0x84, 0x41, 9][..], b"localhost"].concat();
        let size = u8::try_from(head.len()).unwrap();
        peer.write_all(&[&[0, 0, size, 1, 4, 0, 0, 0, stream], &head[..]].concat()).unwrap();
        let size = u8::try_from(body.len()).unwrap();
        peer.write_all(&[&[0, 0, size, 0, 1, 0, 0, 0, stream], &body[..]].concat()).unwrap();
    }
    let begun = Instant::now();
    let mut received = Vec::new();
    let _ = peer.read_to_end(&mut received);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(!received.windows(4).any(|window| window == b"13}" || window == b"res\""));
}
