//! HTTP as others write it: what HTTP allows is taken, and what could be read in two ways is refused.

#![allow(clippy::unwrap_used)]

use examples::add;
use rpc_core::error::Misuse;
use rpc_core::{AsyncRpcClient, Error, RpcClient, RpcServer, Stub, call};
use tests::{HttpPeer, Model, Running, python, run};

const ADD: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const SUM: &str = r#"{"res":13}"#;

#[test]
fn a_transfer_coding_other_than_chunked_is_refused_and_ends_the_connection() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for (lines, status) in [
            ("Transfer-Encoding: chunked\r\n", 200),
            ("transfer-encoding: Chunked\r\n", 200),
            ("Transfer-Encoding: gzip, chunked\r\n", 501),
            ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501),
            ("Transfer-Encoding: chunked, chunked\r\n", 501),
            ("Transfer-Encoding: xchunked, chunked\r\n", 501),
            ("Transfer-Encoding: identity, chunked\r\n", 501),
        ] {
            let length = ADD.len();
            let request = format!(
                "POST / HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n{length:x}\r\n{ADD}\r\n0\r\n\r\n"
            );
            let mut peer = HttpPeer::connect(server.address());
            let response = peer.exchange(&request);
            assert_eq!(response.status, status, "{model:?}: {lines}");
            if status == 200 {
                assert_eq!(response.body, SUM);
            } else {
                assert!(response.body.contains("Transfer-Encoding: chunked"), "{response:?}");
                assert_eq!(response.header("connection"), Some("close"));
                assert!(peer.is_ended());
            }
        }
    });
}

#[test]
fn a_body_whose_end_nobody_knows_is_a_bad_request() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    for coding in ["identity", "gzip", "unknown", "chunked, gzip"] {
        let mut peer = HttpPeer::connect(server.address());
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: ";
        let response = peer.exchange(&format!("{head}{coding}\r\n\r\n{ADD}"));
        assert_eq!((response.status, response.header("connection")), (400, Some("close")));
        assert!(peer.is_ended(), "{coding}");
    }
    let mut peer = HttpPeer::connect(server.address());
    assert_eq!(peer.exchange(&HttpPeer::post(&"X: a\r\n".repeat(100), ADD)).status, 431);
}

#[test]
fn the_dot_of_the_root_names_the_same_host() {
    let server = RpcServer::exported().allow_host("rpc.example.").allow_host("api.example");
    let server = server.start("127.0.0.1:0").unwrap();
    let mut peer = HttpPeer::connect(server.address());
    for (host, status) in [
        ("localhost.", 200),
        ("LocalHost.:5000", 200),
        ("127.0.0.1.", 200),
        ("rpc.example", 200),
        ("rpc.example.:80", 200),
        ("api.example.", 200),
        ("localhost..", 403),
        ("evil.example.", 403),
        ("localhost.evil.example", 403),
    ] {
        let request = HttpPeer::post("", ADD).replace("Host: localhost", &format!("Host: {host}"));
        assert_eq!(peer.exchange(&request).status, status, "{host}");
    }
}

#[test]
fn a_target_may_be_a_query_alone_as_python_writes_it() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for target in ["?k=v", "/?k=v", "?", "/a?b"] {
            let request = HttpPeer::post("", ADD).replacen('/', target, 1);
            assert_eq!(peer.exchange(&request).body, SUM, "{model:?}: {target}");
        }
        // Nothing else is forgiven, and a body is not touched.
        let echo = r#"{"method_name":"echo","method_args":["POST ?"]}"#;
        assert_eq!(peer.ask(echo).body, r#"{"res":"POST ?"}"#);
        let request = HttpPeer::post("", ADD).replacen('/', "k=v", 1);
        assert_eq!(peer.exchange(&request).status, 403);
        drop(peer);
        let Some(mut client) = python("odd_http_client.py") else { return };
        let lines = Running::lines(client.arg(server.address().to_string()));
        assert_eq!(lines, ["passed"], "{model:?}");
    });
}

#[test]
fn an_empty_line_may_stand_before_a_request() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let request = format!("\r\n{}", HttpPeer::post("", ADD));
        for step in [1, 3, 5, request.len()] {
            let mut peer = HttpPeer::connect(server.address());
            for piece in request.as_bytes().chunks(step) {
                peer.write(piece);
            }
            assert_eq!(peer.receive().unwrap().body, SUM, "{model:?}, {step}");
            assert_eq!(peer.exchange(&request).body, SUM, "{model:?}, {step}");
        }
    });
}

#[test]
fn a_fragment_of_an_address_is_not_sent() {
    let server = Model::EventLoop.start(RpcServer::exported());
    for scheme in ["http", "ws"] {
        for path in ["#part", "/rpc#part", "/rpc?a=b#/part?"] {
            let url = format!("{scheme}://{}{path}", server.address());
            let client = RpcClient::connect(url.as_str()).unwrap();
            assert_eq!(call!(client.add(1, 2)).unwrap(), 13, "{url}");
            run(async {
                let client = AsyncRpcClient::connect(url.as_str()).await.unwrap();
                assert_eq!(call!(client.add(1, 2)).await.unwrap(), 13, "{url}");
            });
        }
    }
}

#[test]
fn metadata_that_a_server_does_not_take_is_named_in_the_error() {
    let large = "x".repeat(70_000);
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let url = format!("http://{}", server.address());
        let client = RpcClient::connect(url.as_str()).unwrap();
        let error = call!(client.with_metadata("trace", &large).add(1, 2)).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("status 431") && said.contains("metadata"), "{model:?}: {said}");
        assert_eq!(call!(client.add(1, 2)).unwrap(), 13);
        drop(client);
        run(async {
            let client = AsyncRpcClient::connect(url.as_str()).await.unwrap();
            let error = call!(client.with_metadata("trace", &large).add(1, 2)).await.unwrap_err();
            let said = error.to_string();
            assert!(said.contains("status 431") && said.contains("metadata"), "{model:?}: {said}");
        });
    });
}

#[test]
fn of_the_subprotocols_the_first_is_chosen_that_is_known() {
    let server = RpcServer::exported().allow_subprotocol("sums.example");
    let server = server.start("127.0.0.1:0").unwrap();
    let open = |offered: &str| {
        let mut peer = HttpPeer::connect(server.address());
        let response = peer.exchange(&format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offered}\r\n"
        ));
        assert_eq!(response.status, 101, "{offered}");
        response.header("sec-websocket-protocol").map(str::to_owned)
    };
    for (offered, chosen) in [
        ("", None),
        ("chat", None),
        ("jsonrpc", Some("jsonrpc")),
        ("chat, json-rpc, jsonrpc", Some("json-rpc")),
        ("sums.example, jsonrpc2.0", Some("sums.example")),
        ("jsonrpc2.0,sums.example", Some("jsonrpc2.0")),
        // Names are told apart by case: another spelling is another name.
        ("JSONRPC", None),
        ("Sums.example", None),
    ] {
        let header = format!("Sec-WebSocket-Protocol: {offered}\r\n");
        let header = if offered.is_empty() { "" } else { &header };
        assert_eq!(open(header).as_deref(), chosen, "{offered}");
    }
    let lines = "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: sums.example\r\n";
    assert_eq!(open(lines).as_deref(), Some("sums.example"));

    let wrong = RpcServer::exported().allow_subprotocol("two words").start("127.0.0.1:0");
    let is_named = |name: &str| name == "two words";
    assert!(
        matches!(&wrong, Err(Error::Misuse(Misuse::Header { name })) if is_named(name)),
        "{:?}",
        wrong.err()
    );
}
