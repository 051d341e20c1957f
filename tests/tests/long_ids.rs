//! An id of more than a KiB is refused: it would be kept for as long as its call runs.

#![allow(clippy::unwrap_used)]

use rpc_core::RpcServer;
use rpc_core::protocol::Limits;
use rpc_core::server::Tools;
use serde_json::{Value, json};
use tests::{EVERY_FRAMING, HttpPeer, McpPeer, Model, Peer, WebSocket};

/// Ids of so many bytes, with and without escapes: a text, another text, a number.
fn ids(size: usize) -> [String; 3] {
    let (text, escaped) = ("x".repeat(size - 2), "\\u0061".repeat((size - 2) / 6));
    let rest = "x".repeat(size - 2 - escaped.len());
    [format!("\"{text}\""), format!("\"{escaped}{rest}\""), "7".repeat(size)]
}

/// Calls with an id, by both dialects that have ids, of functions that take time and of one that takes none.
fn calls(id: &str) -> Vec<String> {
    ["after_ms", "hold_ms", "add"]
        .into_iter()
        .flat_map(|function| {
            [
                format!(r#"{{"method_name":"{function}","method_args":[1,2],"method_kwargs":{{}},"id":{id}}}"#),
                format!(r#"{{"id":{id},"method_name":"{function}","method_args":[1,2]}}"#),
                format!(r#"{{"jsonrpc":"2.0","method":"{function}","params":[1,2],"id":{id}}}"#),
                format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{function}","params":[1,2]}}"#),
            ]
        })
        .collect()
}

/// What is said of an id, in whatever dialect.
fn refusal(reply: &str) -> String {
    let reply: Value = serde_json::from_str(reply).unwrap();
    assert_eq!((&reply["error"]["code"], &reply["id"]), (&json!(-32600), &Value::Null), "{reply}");
    reply["error"]["data"].as_str().or(reply["error"]["message"].as_str()).unwrap().to_owned()
}

fn assert_refused(reply: &str) {
    let said = refusal(reply);
    assert!(said.starts_with("member `id` takes 1025 bytes"), "{said}");
    assert!(said.contains("the limit of 1024 (`Limits::MAX_ID_BYTES`)"), "{said}");
}

#[test]
fn it_is_refused_by_every_protocol_and_the_connection_lives_on() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let at = server.address().socket_addr().unwrap();
        for framing in EVERY_FRAMING {
            let mut peer = Peer::connect(at, framing);
            converse(|call| peer.ask(call));
        }
        let mut peer = HttpPeer::connect(at);
        converse(|call| peer.ask(call).body);
        drop(peer);
        let mut socket = WebSocket::connect(at);
        converse(|call| socket.ask(call));
    });
}

fn converse(mut ask: impl FnMut(&str) -> String) {
    for id in ids(Limits::MAX_ID_BYTES) {
        for call in calls(&id) {
            let reply = ask(&call);
            assert!(reply.contains(&id) && !reply.contains("error"), "{reply}");
        }
    }
    for id in ids(Limits::MAX_ID_BYTES + 1) {
        for call in calls(&id) {
            assert_refused(&ask(&call));
        }
        let good = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;
        let batch = calls(&id).into_iter().filter(|call| call.contains("jsonrpc"));
        let batch: Vec<_> = batch.chain([good.to_owned()]).collect();
        let replies: Vec<Value> =
            serde_json::from_str(&ask(&format!("[{}]", batch.join(",")))).unwrap();
        assert_eq!(replies.len(), batch.len());
        let (last, refused) = replies.split_last().unwrap();
        assert_eq!(last["id"], 1);
        for reply in refused {
            assert_refused(&reply.to_string());
        }
    }
}

#[test]
fn the_ping_dialect_has_no_ids_and_ignores_it() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), EVERY_FRAMING[0]);
    for id in ids(Limits::MAX_ID_BYTES + 1) {
        let reply = peer.ask(&format!(r#"{{"in":"add","params":[1,2],"id":{id}}}"#));
        assert!(reply.contains(r#""out":"add""#), "{reply}");
    }
}

#[test]
fn so_it_is_for_language_models() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported().mcp(Tools::all()));
        let mut peer = McpPeer::connect(server.address());
        let ask = |peer: &mut McpPeer, id: &str| {
            let params = json!({"name": "after_ms", "arguments": {"ms": 1, "number": 2}, "_meta": McpPeer::meta()});
            let body =
                format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{params}}}"#);
            peer.post(&McpPeer::headers("tools/call", Some("after_ms")), &body).body
        };
        for id in ids(Limits::MAX_ID_BYTES + 1) {
            assert_refused(&ask(&mut peer, &id));
        }
        let [id, ..] = ids(Limits::MAX_ID_BYTES);
        let reply = ask(&mut peer, &id);
        assert!(reply.contains(&id) && !reply.contains("error"), "{reply}");
    });
}
