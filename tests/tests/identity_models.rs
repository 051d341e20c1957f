//! Who calls is known in all six models, over every transport and in every dialect.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;

use rpc_core::protocol::Framing;
use rpc_core::transport::Address;
use serde_json::{Value, json};
use tests::{EVERY_FRAMING, Folder, HttpPeer, McpPeer, Peer, Served, WebSocket};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// Runs a test with a server in each model, whose authenticator answers at once or later.
fn each(test: impl Fn(&str, SocketAddr)) {
    for how in ["now", "later"] {
        for model in MODELS {
            let options = format!("--model {model} --identities {how}");
            let server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
            let Address::Tcp(address) = server.address() else { panic!("no TCP") };
            test(&format!("{model}, {how}"), address);
        }
    }
}

fn json_rpc(method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).to_string()
}

fn native(method: &str, arguments: Value) -> String {
    json!({"method_name": method, "method_args": arguments}).to_string()
}

#[test]
fn over_a_stream_by_a_greeting() {
    each(|model, address| {
        for framing in EVERY_FRAMING {
            let mut peer = Peer::connect(address, framing);
            assert_eq!(peer.ask(&native("whoami", json!([]))), r#"{"res":null}"#, "{model}");
            let greeted = peer.ask(&native("rpc.authenticate", json!(["Bearer s3cret"])));
            assert_eq!(greeted, r#"{"res":"ada"}"#, "{model}");
            for method in ["whoami", "whoami_later", "whoami_blocking"] {
                assert_eq!(peer.ask(&native(method, json!([]))), r#"{"res":"ada"}"#, "{model}");
            }
            let name: Value =
                serde_json::from_str(&peer.ask(&json_rpc("whoami", json!([])))).unwrap();
            assert_eq!(name["result"], "ada", "{model}");
            let refused: Value = serde_json::from_str(
                &peer.ask(&json_rpc("rpc.authenticate", json!(["Bearer wrong"]))),
            )
            .unwrap();
            assert_eq!(refused["error"]["code"], -32007, "{model}");
            let refused: Value =
                serde_json::from_str(&peer.ask(&native("whoami", json!([])))).unwrap();
            assert_eq!(refused["error"]["code"], -32007, "{model}");
            let said = refused["error"]["message"].as_str().unwrap();
            assert!(said.contains("`whoami`") && said.contains("no such token"), "{said}");
        }
    });
}

#[test]
fn over_http_by_a_header_in_every_dialect() {
    let xml = "<methodCall><methodName>whoami_later</methodName></methodCall>";
    each(|model, address| {
        let mut peer = HttpPeer::connect(address);
        let mut ask = |token: &str, content_type: &str, body: &str| {
            let token = if token.is_empty() {
                String::new()
            } else {
                format!("Authorization: Bearer {token}\r\n")
            };
            let headers = format!("Content-Type: {content_type}\r\n{token}");
            peer.exchange(&HttpPeer::post(&headers, body))
        };
        let json = "application/json";
        for (content_type, body) in [
            (json, native("whoami", json!([]))),
            (json, json_rpc("whoami_blocking", json!([]))),
            (json, format!("[{}]", json_rpc("whoami", json!([])))),
            ("text/xml", xml.to_owned()),
        ] {
            let nobody = ask("", content_type, &body);
            assert_eq!(nobody.status, 200, "{model}: {body}");
            assert!(!nobody.body.contains("ada"), "{model}: {nobody:?}");
            for _ in 0..2 {
                let ada = ask("s3cret", content_type, &body);
                assert_eq!(ada.status, 200, "{model}: {ada:?}");
                assert!(ada.body.contains("ada"), "{model}: {ada:?}");
            }
            let wrong = ask("wrong", content_type, &body);
            assert_eq!(wrong.status, 401, "{model}: {wrong:?}");
            assert_eq!(wrong.header("www-authenticate"), Some("Bearer"), "{model}");
            assert!(wrong.body.contains("-32007"), "{model}: {wrong:?}");
        }
        let mut mcp = McpPeer::connect(address);
        let headers = "Authorization: Bearer wrong\r\n";
        let body = json_rpc("initialize", json!({"protocolVersion": "2025-06-18"}));
        let wrong = mcp.post(headers, &body);
        assert_eq!(wrong.status, 401, "{model}: {wrong:?}");
        assert_eq!(wrong.header("www-authenticate"), Some("Bearer"), "{model}");
        assert_eq!(mcp.post("", &body).status, 200, "{model}");
        assert_eq!(mcp.post(&headers.replace("wrong", "s3cret"), &body).status, 200, "{model}");
    });
}

#[test]
fn over_a_web_socket_by_the_header_that_opened_it_or_a_greeting() {
    each(|model, address| {
        let whoami = json_rpc("whoami", json!([]));
        let open = |token: &str| {
            WebSocket::open(address, &format!("Authorization: Bearer {token}\r\n")).unwrap()
        };
        let mut ada = open("s3cret");
        for _ in 0..2 {
            ada.send(&whoami);
            assert_eq!(ada.receive_json()["result"], "ada", "{model}");
        }
        ada.send(&json_rpc("rpc.authenticate", json!({"authorization": "Bearer bob"})));
        assert_eq!(ada.receive_json()["result"], "bob", "{model}");
        ada.send(&whoami);
        assert_eq!(ada.receive_json()["result"], "bob", "{model}");

        let mut wrong = open("wrong");
        for _ in 0..2 {
            wrong.send(&whoami);
            assert_eq!(wrong.receive_json()["error"]["code"], -32007, "{model}");
        }
        let mut nobody = WebSocket::connect(address);
        nobody.send(&whoami);
        assert_eq!(nobody.receive_json()["result"], Value::Null, "{model}");
    });
}

#[test]
fn over_a_unix_socket_without_a_word() {
    let folder = Folder::new();
    let me = format!("uid {}", fs::metadata("/proc/self").unwrap().uid());
    for how in ["now", "later"] {
        for model in MODELS {
            let path = folder.file(&format!("{model}-{how}"));
            let options =
                format!("--model {model} --identities {how} --listen unix:{}", path.display());
            let server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
            let mut peer = Peer::connect(server.address(), Framing::Raw);
            let whoami = native("whoami", json!([]));
            for _ in 0..2 {
                assert_eq!(peer.ask(&whoami), json!({"res": me}).to_string(), "{model}, {how}");
            }
            peer.ask(&native("rpc.authenticate", json!(["Bearer s3cret"])));
            assert_eq!(peer.ask(&whoami), r#"{"res":"ada"}"#, "{model}, {how}");
        }
    }
}
