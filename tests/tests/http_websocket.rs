//! Asking for a WebSocket over HTTP: what must be said, and what is answered where it is not.

#![allow(clippy::unwrap_used)]

use rpc_core::RpcServer;
use rpc_core::protocol::Protocol;
use tests::{HttpPeer, Model};

/// The example of RFC 6455, section 1.2.
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const ASK: [&str; 4] =
    ["Connection: keep-alive, Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Version: 13", KEY];

fn request(headers: &[&str]) -> String {
    let headers: String = headers.iter().flat_map(|header| [*header, "\r\n"]).collect();
    format!("GET /socket HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
}

#[test]
fn what_is_missing_is_said() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let ask = |headers: &[&str]| HttpPeer::connect(server.address()).exchange(&request(headers));
    assert_eq!(ask(&ASK).status, 101);
    let with = |header| [&ASK[..], &[header]].concat();
    assert_eq!(ask(&with("Origin: http://localhost")).status, 101);
    assert_eq!(ask(&with("Origin: http://evil.example")).status, 403);
    assert_eq!(ask(&with("Origin: null")).status, 403);
    assert_eq!(ask(&with("Sec-Fetch-Site: cross-site")).status, 403);
    let chosen = ask(&with("Sec-WebSocket-Protocol: chat, jsonrpc2.0"));
    assert_eq!(chosen.header("sec-websocket-protocol"), Some("jsonrpc2.0"));
    assert_eq!(ask(&ASK[1..]).status, 400);
    assert_eq!(ask(&ASK[..3]).status, 400);
    let version = ask(&[ASK[0], ASK[1], "Sec-WebSocket-Version: 8", KEY]);
    assert_eq!((version.status, version.header("sec-websocket-version")), (426, Some("13")));
    assert_eq!(ask(&[ASK[0], "Upgrade: h2c"]).status, 405);
    let shut = Model::EventLoop.start(RpcServer::exported().disable(Protocol::WebSocket));
    let response = HttpPeer::connect(shut.address()).exchange(&request(&ASK));
    assert_eq!(response.status, 403);
    assert!(response.body.contains("WebSocket is disabled"), "{response:?}");
}
