//! How items over HTTP end before their function does, and what a slow reader costs.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rpc_core::RpcServer;
use rpc_core::protocol::Limits;
use serde_json::{Value, json};
use tests::{
    Folder, Gate, HttpPeer, ItemReader, Model, Running, Served, curl, items_made, node, run, until,
};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const MODELS: [&str; 6] =
    ["single", "threads", "fork", "prefork", "event-loop", "prefork-event-loop"];
const EVENTS: &str = "text/event-stream";
const LINES: &str = "application/x-ndjson";

fn call(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "method": method, "params": params, "id": 7 }).to_string()
}

/// A connection of HTTP/2.
async fn connect(address: impl ToString) -> SendRequest<Full<Bytes>> {
    let stream = tokio::net::TcpStream::connect(address.to_string()).await.unwrap();
    let (sender, connection) =
        Builder::new(TokioExecutor::new()).handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// A call that asks for lines over it.
async fn ask(sender: &mut SendRequest<Full<Bytes>>, call: String) -> Response<Incoming> {
    let request = Request::post("http://localhost/")
        .header("content-type", "application/json")
        .header("accept", LINES)
        .body(Full::new(Bytes::from(call)))
        .unwrap();
    sender.send_request(request).await.unwrap()
}

/// The next part of a body.
async fn part(response: &mut Response<Incoming>) -> String {
    let frame = response.frame().await.unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

#[test]
fn a_function_learns_that_its_caller_has_left() {
    thread::scope(|scope| {
        for model in MODELS {
            scope.spawn(move || {
                let server = Served::start(SERVER, &format!("--model {model}"));
                let folder = Folder::new();
                for name in ["items_until_left", "items_until_left_blocking", "item_and_silence"] {
                    let left = folder.file(&format!("{name}.1"));
                    let said = call(name, &json!([left]));
                    let mut reader = ItemReader::call(server.address().to_string(), EVENTS, &said);
                    reader.until("data: 1\n\n");
                    assert!(!left.exists(), "{model}, {name}");
                    drop(reader);
                    until("the function has learnt it", || left.exists());

                    let left = folder.file(&format!("{name}.2"));
                    let said = call(name, &json!([left]));
                    run(async {
                        let mut sender = connect(server.address()).await;
                        let mut response = ask(&mut sender, said).await;
                        assert!(part(&mut response).await.starts_with("{\"item\":1}\n"), "{model}");
                        drop(response);
                        let path = left.clone();
                        let learns = move || until("it has learnt it", || path.exists());
                        tokio::task::spawn_blocking(learns).await.unwrap();
                        // The connection lives on.
                        let said = call("add", &json!([1, 2]));
                        let mut response = ask(&mut sender, said).await;
                        assert!(part(&mut response).await.contains(":13,"), "{model}");
                    });
                }
            });
        }
    });
}

/// A number of its own for each stream of endless items.
fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Kilobytes that may be on their way: in the buffers of two sockets, hyper's and a client's.
const ON_THEIR_WAY: u64 = 24 * 1024;

#[test]
fn no_more_is_made_than_is_read() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let number = number();
        let said = call("endless_items", &json!([number]));
        let mut reader = ItemReader::call(server.address(), LINES, &said);
        let mut read = 0;
        // As much as nobody could mistake for a buffer.
        while read < 4 * ON_THEIR_WAY * 1024 {
            read += reader.some().len() as u64;
            let made = items_made(number);
            assert!(made < read / 1024 + ON_THEIR_WAY, "{model:?}: {made} KiB, {read} bytes read");
            if read % (1024 * 1024) < 1024 {
                thread::sleep(Duration::from_millis(5));
            }
        }
    });
}

#[test]
fn no_more_is_made_than_there_is_window_for() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let number = number();
        run(async {
            let mut sender = connect(server.address()).await;
            let mut response = ask(&mut sender, call("endless_items", &json!([number]))).await;
            let mut read = 0;
            while read < 2 * ON_THEIR_WAY * 1024 {
                read += part(&mut response).await.len() as u64;
                let made = items_made(number);
                assert!(made < read / 1024 + ON_THEIR_WAY, "{model:?}: {made} KiB, {read} bytes");
            }
        });
    });
}

#[test]
fn who_reads_slowly_and_goes_on_is_not_late() {
    let limit = Duration::from_secs(2);
    Model::each(|model| {
        let server = model.start(RpcServer::exported().write_timeout(limit).idle_timeout(limit));
        let said = call("endless_items", &json!([number()]));
        let mut reader = ItemReader::call(server.address(), LINES, &said);
        let begun = Instant::now();
        while begun.elapsed() < 3 * limit {
            for _ in 0..8 {
                assert!(!reader.some().is_empty(), "{model:?}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    });
}

#[test]
fn who_takes_nothing_is_late() {
    Model::each(|model| {
        let told = Arc::new(Mutex::new(Vec::new()));
        let telling = Arc::clone(&told);
        let server = RpcServer::exported()
            .write_timeout(Duration::from_millis(300))
            .on_call(move |call| telling.lock().unwrap().push(call.ended().to_string()));
        let server = model.start(server);
        let said = call("endless_items", &json!([number()]));
        let _reader = ItemReader::call(server.address(), LINES, &said);
        until("the call is given up", || told.lock().unwrap().len() == 1);
        run(async {
            let mut sender = connect(server.address()).await;
            let _response = ask(&mut sender, said).await;
            let known = Arc::clone(&told);
            let given_up = move || until("it is given up", || known.lock().unwrap().len() == 2);
            tokio::task::spawn_blocking(given_up).await.unwrap();
        });
        assert_eq!(*told.lock().unwrap(), ["cancelled", "cancelled"], "{model:?}");
    });
}

#[test]
fn a_silent_stream_is_no_idle_connection_and_says_that_it_is_there() {
    Model::each(|model| {
        let limit = Duration::from_millis(500);
        let server = model.start(RpcServer::exported().idle_timeout(limit).message_timeout(limit));
        let gate = Gate::closed();
        let said = call("items_past_gate_later", &json!([gate.number()]));
        let mut reader = ItemReader::call(server.address(), EVENTS, &said);
        assert_eq!(reader.until("\n\n"), "id: 1\ndata: 1\n\n", "{model:?}");
        assert_eq!(reader.until("\n\n"), ":\n\n", "{model:?}");
        gate.open();
        let (rest, is_whole) = reader.rest();
        assert!(
            is_whole && rest.starts_with("id: 2\ndata: 2\n\nevent: end\n"),
            "{model:?}: {rest}"
        );
    });
}

#[test]
fn a_time_that_the_caller_sets_is_for_all_items() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let gate = Gate::closed();
        let number = gate.number();
        let said = format!(
            r#"{{"method_name":"items_past_gate_later","method_args":[{number}],"id":7,"timeout_ms":200}}"#
        );
        let (lines, is_whole) = ItemReader::call(server.address(), LINES, &said).rest();
        assert!(is_whole, "{model:?}: {lines}");
        let last = lines.lines().last().unwrap();
        assert!(last.contains(r#""code":-32001"#) && last.contains(r#""id":7"#), "{lines}");
    });
}

#[test]
fn what_flows_when_the_server_is_told_to_stop_may_end() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let gate = Gate::closed();
        let said = call("items_past_gate_later", &json!([gate.number()]));
        let mut reader = ItemReader::call(server.address(), LINES, &said);
        reader.until("{\"item\":1}\n");
        server.stop();
        gate.open();
        let (rest, is_whole) = reader.rest();
        assert!(is_whole && rest.contains("\"result\":null"), "{model:?}: {rest}");
        server.wait().unwrap();
    });
}

#[test]
fn what_flows_at_the_stop_timeout_is_cut_and_has_no_end() {
    thread::scope(|scope| {
        for model in MODELS {
            scope.spawn(move || {
                let options = format!("--model {model} --stop-timeout-ms 300");
                let mut server = Served::start(SERVER, &options);
                let folder = Folder::new();
                for name in ["item_and_silence", "items_until_left"] {
                    let said = call(name, &json!([folder.file(name)]));
                    let address = server.address().to_string();
                    let mut reader = ItemReader::call(address, LINES, &said);
                    reader.until("{\"item\":1}\n");
                    if name == "item_and_silence" {
                        continue;
                    }
                    server.process().signal("TERM");
                    let (rest, _) = reader.rest();
                    assert!(!rest.contains("result"), "{model}: {rest}");
                }
                assert!(server.wait().success(), "{model}");
            });
        }
    });
}

#[test]
fn a_connection_has_as_many_streams_as_it_may() {
    Model::each(|model| {
        let limits = Limits { max_streams: 2, ..Limits::default() };
        let server = model.start(RpcServer::exported().limits(limits));
        run(async {
            let mut sender = connect(server.address()).await;
            let gate = Gate::closed();
            let said = || call("items_past_gate_later", &json!([gate.number()]));
            let mut first = ask(&mut sender, said()).await;
            let mut second = ask(&mut sender, said()).await;
            let mut third = ask(&mut sender, said()).await;
            assert_eq!(third.headers()["content-type"], "application/json", "{model:?}");
            let refused = part(&mut third).await;
            assert!(refused.contains("-32000") && refused.contains("max_streams"), "{refused}");
            assert_eq!(part(&mut first).await, "{\"item\":1}\n", "{model:?}");
            drop(first);
            gate.open();
            while !part(&mut second).await.contains("\"result\":null") {}
            loop {
                let mut again = ask(&mut sender, said()).await;
                if again.headers()["content-type"] == LINES {
                    break assert!(part(&mut again).await.starts_with("{\"item\":1}\n"));
                }
            }
        });
    });
}

#[test]
fn a_stream_is_a_call_in_flight_until_it_ends() {
    Model::each(|model| {
        // One connection after another would have the second wait.
        if model == Model::SingleThread {
            return;
        }
        let server = model.start(RpcServer::exported().limit_calls_in_flight_per_address(1));
        let folder = Folder::new();
        let said = call("item_and_silence", &json!([folder.file("left")]));
        let mut reader = ItemReader::call(server.address(), LINES, &said);
        reader.until("{\"item\":1}\n");
        let mut peer = HttpPeer::connect(server.address());
        let add = call("add", &json!([1, 2]));
        assert_eq!(peer.ask(&add).status, 429, "{model:?}");
        drop(reader);
        until("the place is free", || peer.ask(&add).status == 200);
    });
}

#[test]
fn the_end_is_counted_and_told() {
    Model::each(|model| {
        let told = Arc::new(Mutex::new(Vec::new()));
        let telling = Arc::clone(&told);
        let server = RpcServer::exported().on_call(move |call| {
            telling.lock().unwrap().push(format!("{} {}", call.method(), call.ended()));
        });
        let server = model.start(server);
        for (name, argument) in [("items_down", 3), ("items_until_error", 3)] {
            let said = call(name, &json!([argument]));
            ItemReader::call(server.address(), LINES, &said).rest();
        }
        let folder = Folder::new();
        let said = call("item_and_silence", &json!([folder.file("left")]));
        ItemReader::call(server.address(), LINES, &said).until("{\"item\":1}\n");
        until("all are told of", || told.lock().unwrap().len() == 3);
        let expected =
            ["items_down null", "items_until_error no more", "item_and_silence cancelled"];
        assert_eq!(*told.lock().unwrap(), expected, "{model:?}");
    });
}

#[test]
fn curl_reads_items_in_every_model() {
    let folder = Folder::new();
    let body = folder.file("call");
    fs::write(&body, call("items_down", &json!([1000]))).unwrap();
    for model in MODELS {
        let server = Served::start(SERVER, &format!("--model {model}"));
        for version in ["--http1.1", "--http1.0", "--http2-prior-knowledge"] {
            let Some(mut curl) = curl() else { return };
            curl.args([version, "--no-buffer", "--header", "Content-Type: application/json"]);
            curl.args(["--header", &format!("Accept: {LINES}")]);
            curl.arg("--data").arg(format!("@{}", body.display()));
            let lines = Running::lines(curl.arg(format!("http://{}", server.address())));
            assert_eq!(lines.len(), 1001, "{model}, {version}");
            assert_eq!(lines[0], "{\"item\":1000}", "{model}, {version}");
            assert_eq!(lines[1000], r#"{"jsonrpc":"2.0","result":null,"id":7}"#);
        }
    }
}

#[test]
fn pages_read_items_as_the_guide_says() {
    let script = include_str!("../node/items.mjs");
    let shown = &script[script.find("async function*").unwrap()..script.find("const all").unwrap()];
    let guide = include_str!("../../docs/http.md");
    assert!(guide.contains(shown.trim_end()), "docs/http.md shows something else");
    let folder = Folder::new();
    for model in ["threads", "event-loop"] {
        let server = Served::start(SERVER, &format!("--model {model}"));
        let left = folder.file(model);
        let Some(mut node) = node("items.mjs") else { return };
        let address = server.address().to_string();
        let (_, port) = address.rsplit_once(':').unwrap();
        let lines = Running::lines(node.arg(port).arg(&left));
        let expected = ["5000 5000 1", "items_until_error 2 1", "items_doan 0 -32601", "1"];
        assert_eq!(lines, expected, "{model}");
        until("the function has learnt it", || Path::new(&left).exists());
    }
}

#[test]
fn a_page_of_another_origin_has_none() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let mut peer = HttpPeer::connect(server.address());
    for origin in ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site"] {
        let headers = format!("Content-Type: application/json\r\nAccept: {EVENTS}\r\n{origin}\r\n");
        let said = HttpPeer::post(&headers, &call("items_down", &json!([1])));
        assert_eq!(peer.exchange(&said).status, 403, "{origin}");
    }
}
