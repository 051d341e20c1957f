//! The items of a call over HTTP: events or lines that come as they are made, or an array.

#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::thread;

use rpc_core::server::Tools;
use rpc_core::{Error, RpcServer};
use serde_json::{Value, json};
use tests::{Gate, HttpPeer, ItemReader, McpPeer, Model, OwnStream, Response, run};

const EVENTS: &str = "text/event-stream";
const LINES: &str = "application/x-ndjson";

fn json_rpc(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "method": method, "params": params, "id": 7 }).to_string()
}

fn native(method: &str, args: &Value) -> String {
    json!({ "method_name": method, "method_args": args }).to_string()
}

/// A call whose reply is of a known length.
fn ask(peer: &mut HttpPeer, accept: &str, body: &str) -> Response {
    let headers = format!("Content-Type: application/json\r\nAccept: {accept}\r\n");
    peer.exchange(&HttpPeer::post(&headers, body))
}

#[test]
fn items_come_as_events_or_lines_and_the_reply_is_last() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let call = json_rpc("items_down", &json!([3]));
        let mut events = ItemReader::call(server.address(), EVENTS, &call);
        for said in [
            "http/1.1 200 ok\r\n",
            "content-type: text/event-stream\r\n",
            "cache-control: no-store\r\n",
        ] {
            assert!(events.head().contains(said), "{model:?}: {}", events.head());
        }
        let expected = "id: 1\ndata: 3\n\nid: 2\ndata: 2\n\nid: 3\ndata: 1\n\n\
                        event: end\ndata: {\"jsonrpc\":\"2.0\",\"result\":null,\"id\":7}\n\n";
        assert_eq!(events.rest(), (expected.to_owned(), true), "{model:?}");
        for name in [LINES, "application/jsonl"] {
            let mut lines = ItemReader::call(server.address(), name, &call);
            assert!(
                lines.head().contains(&format!("content-type: {name}\r\n")),
                "{}",
                lines.head()
            );
            let expected = "{\"item\":3}\n{\"item\":2}\n{\"item\":1}\n\
                            {\"jsonrpc\":\"2.0\",\"result\":null,\"id\":7}\n";
            assert_eq!(lines.rest(), (expected.to_owned(), true), "{model:?}");
        }
        let mut native =
            ItemReader::call(server.address(), LINES, &native("items_down", &json!([1])));
        assert_eq!(native.rest().0, "{\"item\":1}\n{\"res\":null}\n");
    });
}

#[test]
fn what_ends_items_is_in_the_reply() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for (call, items, end) in [
            (json_rpc("items_down", &json!([0])), 0, r#""result":null"#),
            (json_rpc("items_or_error", &json!([true])), 0, r#""result":null"#),
            (json_rpc("items_or_error", &json!([false])), 0, "not now"),
            (json_rpc("items_until_error", &json!([2])), 2, "no more"),
            (json_rpc("items_until_error", &json!([0])), 0, "no more"),
            (json_rpc("items_until_panic", &json!([3])), 3, "-32603"),
            (native("items_until_error", &json!([1])), 1, r#"{"error":{"#),
        ] {
            let (lines, is_whole) = ItemReader::call(server.address(), LINES, &call).rest();
            assert!(is_whole, "{model:?}, {call}: {lines}");
            let lines: Vec<_> = lines.lines().collect();
            let (last, before) = lines.split_last().unwrap();
            assert!(last.contains(end), "{model:?}, {call}: {lines:?}");
            let expected: Vec<_> = (1..=items).map(|n| format!("{{\"item\":{n}}}")).collect();
            assert_eq!(before, expected, "{model:?}, {call}");
            let (events, _) = ItemReader::call(server.address(), EVENTS, &call).rest();
            let (_, end) = events.rsplit_once("event: end\ndata: ").unwrap();
            assert_eq!(end, format!("{last}\n\n"));
            assert_eq!(events.matches("id: ").count(), items, "{events}");
        }
        let call = json_rpc("items_on_two_lines", &json!([]));
        let (lines, _) = ItemReader::call(server.address(), LINES, &call).rest();
        assert!(lines.starts_with("{\"item\":[1, 2]}\n"), "{lines}");
    });
}

#[test]
fn what_does_not_begin_is_answered_as_ever() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for accept in [EVENTS, LINES] {
            for (call, expected) in [
                (json_rpc("items_doan", &json!([1])), "-32601"),
                (json_rpc("items_down", &json!(["x"])), "-32602"),
                (json_rpc("add", &json!([1, 2])), r#"{"jsonrpc":"2.0","result":13,"id":7}"#),
                (json_rpc("pass_gate_later", &json!([opened(), 5])), r#""result":5"#),
                (native("system.listMethods", &json!([])), "items_down"),
                (
                    format!("[{}]", json_rpc("items_down", &json!([2]))),
                    r#"[{"jsonrpc":"2.0","result":[2,1],"id":7}]"#,
                ),
                ("{".to_owned(), "-32700"),
            ] {
                let response = ask(&mut peer, accept, &call);
                assert!(response.body.contains(expected), "{model:?}, {call}: {response:?}");
                assert_eq!(response.header("content-type"), Some("application/json"));
            }
            let notification = r#"{"jsonrpc":"2.0","method":"items_down","params":[1]}"#;
            assert_eq!(ask(&mut peer, accept, notification).body, "");
        }
    });
}

/// A gate that lets everybody pass.
fn opened() -> u64 {
    let gate = Gate::closed();
    gate.open();
    gate.number()
}

#[test]
fn an_array_is_for_whoever_does_not_ask_for_more() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for accept in [
            "*/*",
            "application/json",
            "application/json, text/event-stream",
            "text/event-stream;q=0",
        ] {
            for (call, expected) in [
                (json_rpc("items_down", &json!([2])), r#"{"jsonrpc":"2.0","result":[2,1],"id":7}"#),
                (native("items_down", &json!([2])), r#"{"res":[2,1]}"#),
                (
                    r#"{"method_name":"items_down","method_args":[2],"id":1,"stream":{"items":9}}"#
                        .to_owned(),
                    r#"{"res":[2,1],"id":1}"#,
                ),
            ] {
                assert_eq!(ask(&mut peer, accept, &call).body, expected, "{model:?}, {accept}");
            }
        }
    });
}

#[test]
fn clients_of_mcp_and_of_xml_rpc_are_answered_as_ever() {
    let server = RpcServer::exported().mcp(Tools::all()).start("127.0.0.1:0").unwrap();
    let mut peer = McpPeer::connect(server.address());
    let result = peer.call("items_down", &json!({ "from": 2 }));
    assert!(result.to_string().contains("[2,1]"), "{result}");
    let mut peer = HttpPeer::connect(server.address());
    let call = "<methodCall><methodName>items_down</methodName><params><param><value><int>2</int>\
                </value></param></params></methodCall>";
    let headers = format!("Content-Type: text/xml\r\nAccept: {EVENTS}\r\n");
    let response = peer.exchange(&HttpPeer::post(&headers, call));
    assert!(response.body.contains("<array>"), "{response:?}");
}

#[test]
fn what_has_been_made_is_not_held_back_for_what_takes_its_time() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for name in ["items_past_gate", "items_past_gate_blocking", "items_past_gate_later"] {
            for (accept, first) in [(EVENTS, "id: 1\ndata: 1\n\n"), (LINES, "{\"item\":1}\n")] {
                let gate = Gate::closed();
                let call = json_rpc(name, &json!([gate.number()]));
                let mut reader = ItemReader::call(server.address(), accept, &call);
                assert_eq!(reader.until("\n"), first, "{model:?}, {name}");
                gate.open();
                let (rest, is_whole) = reader.rest();
                assert!(is_whole && rest.contains("\"result\":null"), "{model:?}, {name}: {rest}");
            }
        }
    });
}

#[test]
fn a_connection_goes_on_behind_items() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        let call = json_rpc("items_down", &json!([1]));
        for _ in 0..3 {
            let headers = format!("Content-Type: application/json\r\nAccept: {LINES}\r\n");
            peer.write(HttpPeer::post(&headers, &call).as_bytes());
            let response = peer.receive().unwrap();
            assert_eq!(response.header("transfer-encoding"), Some("chunked"), "{model:?}");
            let mut body = String::new();
            while !body.ends_with("0\r\n\r\n") {
                body += &peer.text();
            }
            assert!(body.contains("{\"item\":1}\n"), "{body}");
        }
        assert!(ask(&mut peer, "*/*", &call).body.contains("[1]"));
    });
}

#[test]
fn what_reads_until_the_end_of_the_connection_has_all() {
    use std::io::{Read, Write};
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
        let call = native("items_down", &json!([2]));
        let request =
            HttpPeer::post(&format!("Accept: {LINES}\r\n"), &call).replace("HTTP/1.1", "HTTP/1.0");
        stream.write_all(request.as_bytes()).unwrap();
        let mut received = String::new();
        stream.read_to_string(&mut received).unwrap();
        let (_, body) = received.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, "{\"item\":2}\n{\"item\":1}\n{\"res\":null}\n", "{model:?}");
    });
}

#[test]
fn items_are_not_compressed_and_pages_that_may_call_may_read_them() {
    let server =
        RpcServer::exported().allow_origin("https://app.example").start("127.0.0.1:0").unwrap();
    let headers =
        format!("Accept: {EVENTS}\r\nAccept-Encoding: gzip\r\nOrigin: https://app.example\r\n");
    let call = json_rpc("items_down", &json!([5000]));
    let mut reader = ItemReader::call_with(server.address(), &headers, &call);
    assert!(!reader.head().contains("content-encoding"), "{}", reader.head());
    assert!(reader.head().contains("access-control-allow-origin: https://app.example\r\n"));
    let (events, _) = reader.rest();
    assert_eq!(events.matches("\ndata: ").count(), 5001);
    assert!(events.contains("id: 5000\ndata: 1\n\nevent: end\n"));
}

#[test]
fn items_come_over_any_stream() {
    for is_own in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let server = RpcServer::exported();
            if is_own {
                server.serve_stream(OwnStream(stream))
            } else {
                server.serve_stream(stream)
            }
        });
        let gate = Gate::closed();
        let call = json_rpc("items_past_gate_blocking", &json!([gate.number()]));
        let mut reader = ItemReader::call(address, LINES, &call);
        assert_eq!(reader.until("\n"), "{\"item\":1}\n");
        gate.open();
        assert!(reader.rest().0.starts_with("{\"item\":2}\n{\"jsonrpc\""));
        drop(reader);
        server.join().unwrap().unwrap();
    }
}

#[test]
fn a_mounted_service_has_items_too() -> Result<(), Error> {
    let service = RpcServer::exported().into_service()?;
    run(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = axum::Router::new().route_service("/", service);
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        let call = json_rpc("items_down", &json!([2]));
        let reading = move || ItemReader::call(address, LINES, &call).rest().0;
        let lines = tokio::task::spawn_blocking(reading).await.unwrap();
        assert!(lines.starts_with("{\"item\":2}\n{\"item\":1}\n{\"jsonrpc\""), "{lines}");
        server.abort();
    });
    Ok(())
}
