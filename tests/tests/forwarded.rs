//! What a proxy says of whom it calls for, over HTTP and where it opens a WebSocket.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rpc_core::identity::{Credentials, Unauthenticated};
use rpc_core::server::ForwardingHeader;
use rpc_core::{CallContext, RpcServer, rpc_export};
use serde_json::{Value, json};
use tests::{HttpPeer, Model, Response, WebSocket, run};

/// Whom a function finds at the other end, and who is behind.
#[rpc_export]
fn seen(context: &CallContext) -> (String, String) {
    let peer = context.peer().unwrap().ip().to_string();
    (peer, context.caller_address().unwrap().to_string())
}

const CALL: &str = r#"{"jsonrpc":"2.0","method":"seen","id":1}"#;

/// What headers a proxy sends, and the address that counts.
const FORWARDED: [(&str, &str); 9] = [
    ("", "127.0.0.1"),
    ("X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7"),
    ("Forwarded: for=192.0.2.7;proto=https\r\n", "192.0.2.7"),
    ("Forwarded: for=\"[2001:db8::7]:4711\"\r\n", "2001:db8::7"),
    // What the caller said stands on the left, and is not believed.
    ("X-Forwarded-For: 198.51.100.1, 192.0.2.7\r\n", "192.0.2.7"),
    // A second proxy that is trusted is stepped over.
    ("X-Forwarded-For: 192.0.2.7, 10.1.2.3\r\n", "192.0.2.7"),
    ("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7"),
    ("X-Forwarded-For: 192.0.2.7, nobody\r\n", "127.0.0.1"),
    ("Forwarded: for=192.0.2.7\r\nX-Forwarded-For: 192.0.2.8\r\n", "127.0.0.1"),
];

fn post(peer: &mut HttpPeer, headers: &str, body: &str) -> Response {
    peer.exchange(&HttpPeer::post(&format!("Content-Type: application/json\r\n{headers}"), body))
}

fn result(body: &str) -> Value {
    serde_json::from_str::<Value>(body).unwrap()["result"].take()
}

#[test]
fn a_proxy_that_is_named_says_who_calls() {
    Model::each(|model| {
        let server = model
            .start(RpcServer::exported().trusted_proxies(["127.0.0.1", "10.0.0.0/8"]).unwrap());
        // Each request of a connection has a caller of its own.
        let mut peer = HttpPeer::connect(server.address());
        for (headers, address) in FORWARDED {
            let response = post(&mut peer, headers, CALL);
            let expected = json!(["127.0.0.1", address]);
            assert_eq!(result(&response.body), expected, "{model:?} {headers}");
        }
        let at = server.address().socket_addr().unwrap();
        for (headers, address) in FORWARDED {
            let mut socket = WebSocket::open(at, headers).unwrap();
            let expected = json!(["127.0.0.1", address]);
            assert_eq!(result(&socket.ask(CALL)), expected, "{model:?} {headers}");
        }
    });
}

/// What requests of one connection find over HTTP/2, made at the same time.
async fn find_by_http2(address: SocketAddr, requests: &[&str]) -> Vec<Value> {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let send = |headers: &&str| {
        let mut request =
            Request::post(format!("http://{address}/")).header("content-type", "application/json");
        for line in headers.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            request = request.header(name, value);
        }
        let mut sender = sender.clone();
        tokio::spawn(async move {
            let request = request.body(Full::new(Bytes::from(CALL))).unwrap();
            let response = sender.send_request(request).await.unwrap();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            result(std::str::from_utf8(&body).unwrap())
        })
    };
    let mut found = Vec::new();
    for response in requests.iter().map(send).collect::<Vec<_>>() {
        found.push(response.await.unwrap());
    }
    found
}

#[test]
fn each_stream_of_http2_has_a_caller_of_its_own() {
    let requests = FORWARDED.map(|(headers, _)| headers);
    Model::each(|model| {
        let trusting = RpcServer::exported().trusted_proxies(["127.0.0.1", "10.0.0.0/8"]).unwrap();
        let server = model.start(trusting);
        let address = server.address().socket_addr().unwrap();
        let found = run(find_by_http2(address, &requests));
        let expected = FORWARDED.map(|(_, address)| json!(["127.0.0.1", address]));
        assert_eq!(found, expected, "{model:?}");

        let server = model.start(RpcServer::exported());
        let address = server.address().socket_addr().unwrap();
        let found = run(find_by_http2(address, &requests));
        let expected = FORWARDED.map(|_| json!(["127.0.0.1", "127.0.0.1"]));
        assert_eq!(found, expected, "{model:?}");
    });
}

#[test]
fn where_a_header_is_chosen_the_other_counts_for_nothing() {
    const BOTH: &str = "Forwarded: for=192.0.2.7\r\nX-Forwarded-For: 192.0.2.8\r\n";
    Model::each(|model| {
        for (header, expected) in [
            (ForwardingHeader::Forwarded, ["192.0.2.7", "192.0.2.7", "127.0.0.1"]),
            (ForwardingHeader::XForwardedFor, ["192.0.2.8", "127.0.0.1", "192.0.2.7"]),
        ] {
            let before = RpcServer::exported().forwarding_header(header);
            let after = RpcServer::exported().trusted_proxies(["127.0.0.1"]).unwrap();
            for server in
                [before.trusted_proxies(["127.0.0.1"]).unwrap(), after.forwarding_header(header)]
            {
                let server = model.start(server);
                let mut peer = HttpPeer::connect(server.address());
                let all = [BOTH, "Forwarded: for=192.0.2.7\r\n", "X-Forwarded-For: 192.0.2.7\r\n"];
                for (headers, address) in all.into_iter().zip(expected) {
                    let response = post(&mut peer, headers, CALL);
                    let expected = json!(["127.0.0.1", address]);
                    assert_eq!(result(&response.body), expected, "{model:?} {header:?} {headers}");
                }
            }
        }
    });
}

#[test]
fn nobody_else_is_believed() {
    Model::each(|model| {
        for server in [
            RpcServer::exported(),
            RpcServer::exported().trusted_proxies(["10.0.0.0/8", "::1"]).unwrap(),
        ] {
            let server = model.start(server);
            let mut peer = HttpPeer::connect(server.address());
            for (headers, _) in FORWARDED {
                let response = post(&mut peer, headers, CALL);
                let expected = json!(["127.0.0.1", "127.0.0.1"]);
                assert_eq!(result(&response.body), expected, "{model:?} {headers}");
            }
        }
    });
}

#[test]
fn wrong_credentials_are_counted_by_whom_the_proxy_names() {
    let server = RpcServer::exported()
        .authenticate(|_: &Credentials<'_>| Err(Unauthenticated::new("no such token")))
        .slow_failed_logins(2, std::time::Duration::from_secs(600))
        .trusted_proxies(["127.0.0.1"])
        .unwrap();
    let server = Model::EventLoop.start(server);
    let mut peer = HttpPeer::connect(server.address());
    let mut status = |address: &str| {
        let headers = format!("Authorization: Bearer wrong\r\nX-Forwarded-For: {address}\r\n");
        post(&mut peer, &headers, CALL).status
    };
    assert_eq!([status("192.0.2.7"), status("192.0.2.7")], [401, 401]);
    assert_eq!(status("192.0.2.7"), 429);
    assert_eq!(status("192.0.2.8"), 401);
}
