//! WebSockets on the port of everything else, in every model.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use examples::add;
use rpc_core::client::Dialect;
use rpc_core::protocol::{Limits, Protocol};
use rpc_core::server::ServerHandle;
use rpc_core::transport::Address;
use rpc_core::{AsyncRpcClient, RpcClient, RpcServer, Stub, args, call, kwargs};
use serde_json::{Value, json};
use tests::{DIALECTS, Frame, MemoryWatch, Model, Running, Served, WebSocket, node, python, run};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
/// Far below the defaults of half a minute, far above what a busy machine adds.
const AT_MOST: Duration = Duration::from_secs(8);

fn at(server: &ServerHandle) -> SocketAddr {
    server.address().socket_addr().unwrap()
}

fn open(server: &ServerHandle) -> WebSocket {
    WebSocket::connect(at(server))
}

fn call(id: u64, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params, "id": id}).to_string()
}

#[test]
fn every_model_answers_every_dialect() {
    let models = ["single", "threads", "event-loop"];
    let forking = ["fork", "prefork", "prefork-event-loop"];
    for model in models.into_iter().chain(forking.into_iter().filter(|_| cfg!(unix))) {
        let server = Served::start(SERVER, &format!("--model {model}"));
        let mut socket = WebSocket::connect(server.address().socket_addr().unwrap());
        for (message, reply) in [
            (
                r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":"a"}"#,
                r#"{"jsonrpc":"2.0","result":13,"id":"a"}"#,
            ),
            (r#"{"method_name":"add","method_args":[1,2],"id":7}"#, r#"{"res":13,"id":7}"#),
            (r#"{"method_name":"add","method_args":[1,2]}"#, r#"{"res":13}"#),
            (r#"{"in":"ping","params":"x"}"#, r#"{"result":"x","out":"pong"}"#),
            (
                r#"[{"jsonrpc":"2.0","method":"add","params":{"a":1,"b":2},"id":1},
                    {"jsonrpc":"2.0","method":"nothing"},
                    {"jsonrpc":"2.0","method":"nothing","id":2}]"#,
                r#"[{"jsonrpc":"2.0","result":13,"id":1},{"jsonrpc":"2.0","result":null,"id":2}]"#,
            ),
        ] {
            assert_eq!(socket.ask(message), reply, "{model}");
        }
        // A notification has no answer: the next is that of the next call.
        socket.send(r#"{"jsonrpc":"2.0","method":"nothing"}"#);
        assert!(socket.ask(r#"{"in":"ping","params":1}"#).contains("error"), "{model}");
        socket.send_frame(0x88, &1000_u16.to_be_bytes());
        socket.assert_closed_with(1000, model);
    }
}

#[test]
fn both_clients_speak_it_in_every_dialect_and_model() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let url = format!("ws://{}/rpc", server.address());
        for dialect in DIALECTS {
            let builder = RpcClient::builder().dialect(dialect);
            let client = builder.connect(&url).unwrap();
            assert_eq!(client.add(1, 2).c(3).call().unwrap(), 6, "{model:?} {dialect:?}");
            let text = "ü".repeat(300_000);
            let back: String = client.call("same", args![text.clone()], kwargs! {}).unwrap();
            assert_eq!(back, text);
            drop(client);
            run(async {
                let client = builder.connect_async(&url).await.unwrap();
                assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6);
                let back: String =
                    client.call("same", args![text.clone()], kwargs! {}).await.unwrap();
                assert_eq!(back, text);
            });
        }
    });
}

#[test]
fn a_thousand_calls_are_in_flight_at_one_time() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut socket = open(&server);
        let calls: Vec<_> = (0..1000)
            .flat_map(|id| {
                let text = call(id, "add", &json!([id, 1]));
                tests::web_socket_frame(0x81, text.as_bytes(), true)
            })
            .collect();
        socket.write(&calls);
        let mut ids = BTreeSet::new();
        for _ in 0..1000 {
            let reply = socket.receive_json();
            let id = reply["id"].as_u64().unwrap();
            assert_eq!(reply["result"], id + 11, "{model:?}");
            ids.insert(id);
        }
        assert_eq!(ids.len(), 1000);
        drop(socket);
        let url = format!("ws://{}", server.address());
        let client = RpcClient::connect(&url).unwrap();
        let burst = client.burst();
        let calls: Vec<_> = (0..1000).map(|n| client.add(n, 1).start().unwrap()).collect();
        drop(burst);
        for (n, call) in (0..).zip(calls) {
            assert_eq!(call.wait().unwrap(), n + 11);
        }
    });
}

#[test]
fn large_and_fragmented_messages_are_whole_ones() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut socket = open(&server);
        let text = "ü🦀".repeat(1024 * 1024 / 6);
        let message = call(1, "same", &json!([text]));
        let expected = json!({"jsonrpc": "2.0", "result": text, "id": 1});
        socket.send(&message);
        assert_eq!(socket.receive_json(), expected, "{model:?}");
        let chunks: Vec<_> = message.as_bytes().chunks(100_003).collect();
        for (n, chunk) in chunks.iter().enumerate() {
            let first = u8::from(n == 0);
            let last = if n + 1 == chunks.len() { 0x80 } else { 0x00 };
            socket.send_frame(first | last, chunk);
            if last == 0 {
                socket.send_frame(0x89, b"between");
            }
        }
        let mut pongs = 0;
        let reply = loop {
            match socket.receive().unwrap() {
                Frame::Pong(payload) => {
                    assert_eq!(payload, b"between");
                    pongs += 1;
                }
                Frame::Text(reply) => break reply,
                other => panic!("{other:?}"),
            }
        };
        // Pings that come together have one pong.
        assert!(pongs >= 1, "{model:?}");
        assert_eq!(serde_json::from_str::<Value>(&reply).unwrap(), expected);
    });
}

#[test]
fn on_an_event_loop_calls_overtake_and_pings_are_answered_meanwhile() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut socket = open(&server);
    socket.send(&call(1, "hold_ms", &json!([400, 5])));
    socket.send(&call(2, "add", &json!([1, 2])));
    socket.send_frame(0x89, b"still there?");
    assert_eq!(socket.receive_json()["id"], 2);
    assert_eq!(socket.receive(), Some(Frame::Pong(b"still there?".to_vec())));
    assert_eq!(socket.receive_json(), json!({"jsonrpc": "2.0", "result": 5, "id": 1}));
}

#[test]
fn a_close_is_answered_behind_the_replies_of_calls_that_run() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut socket = open(&server);
        socket.send(&call(1, "hold_ms", &json!([200, 5])));
        socket.send_frame(0x88, &[&4000_u16.to_be_bytes()[..], b"enough"].concat());
        assert_eq!(socket.receive_json()["result"], 5, "{model:?}");
        socket.assert_closed_with(4000, &format!("{model:?}"));
    });
}

#[test]
fn what_breaks_the_protocol_is_answered_once_and_closed_with_its_code() {
    Model::each(|model| {
        let limits = Limits { max_message_bytes: 1000, ..Limits::default() };
        let server = model.start(RpcServer::exported().limits(limits));
        let frame = tests::web_socket_frame;
        for (bytes, fault, code) in [
            (frame(0x81, b"{}", false), -32700, 1002),
            (frame(0x83, b"{}", true), -32700, 1002),
            (frame(0x80, b"{}", true), -32700, 1002),
            (frame(0xC1, b"{}", true), -32700, 1002),
            (frame(0x88, &1005_u16.to_be_bytes(), true), -32700, 1002),
            (frame(0x82, b"{}", true), -32700, 1003),
            (frame(0x81, b"{\"\xff\"}", true), -32700, 1007),
            (frame(0x81, b"nonsense", true), -32700, 1008),
            (frame(0x81, b"", true), -32700, 1008),
            (frame(0x81, &[b' '; 1001], true), -32004, 1009),
            (frame(0x81, "[".repeat(500).as_bytes(), true), -32004, 1008),
        ] {
            let mut socket = open(&server);
            // What follows is not looked at.
            let after = frame(0x81, call(1, "add", &json!([1, 2])).as_bytes(), true);
            socket.write(&[bytes.clone(), after].concat());
            let reply = socket.receive_json();
            assert_eq!(reply["error"]["code"], fault, "{model:?} {bytes:?}: {reply}");
            assert_eq!((&reply["jsonrpc"], &reply["id"]), (&json!("2.0"), &Value::Null), "{reply}");
            socket.assert_closed_with(code, &format!("{model:?} {bytes:?}"));
        }
        // JSON that is no call harms nothing.
        let mut socket = open(&server);
        socket.send("[]");
        assert_eq!(socket.receive_json()["error"]["code"], -32600);
        assert!(socket.ask(&call(1, "add", &json!([1, 2]))).contains("13"));
    });
}

#[test]
fn a_server_that_stops_answers_what_has_arrived_and_goes_away() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut socket = open(&server);
        socket.send(&call(1, "add", &json!([1, 2])));
        assert_eq!(socket.receive_json()["result"], 13);
        socket.send(&call(2, "hold_ms", &json!([300, 5])));
        // Until the call runs.
        thread::sleep(Duration::from_millis(100));
        server.stop();
        assert_eq!(socket.receive_json()["result"], 5, "{model:?}");
        socket.assert_closed_with(1001, &format!("{model:?}"));
        drop(socket);
        let begun = Instant::now();
        server.wait().unwrap();
        assert!(begun.elapsed() < AT_MOST, "{model:?}");
    });
}

#[test]
fn a_peer_that_understands_it_is_told_that_the_server_stops() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut socket = open(&server);
        let call = r#"{"method_name":"add","method_args":[1,2],"id":7}"#;
        assert_eq!(socket.ask(call), r#"{"res":13,"id":7}"#);
        server.stop();
        assert_eq!(socket.receive_text(), r#"{"notice":"draining"}"#, "{model:?}");
        assert_eq!(socket.ask(call), r#"{"res":13,"id":7}"#);
        // It is silent from then on.
        let waiting = thread::spawn(move || server.wait());
        socket.assert_closed_with(1001, &format!("{model:?}"));
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn a_silent_peer_is_asked_and_stays_while_it_answers() {
    let timeout = Duration::from_millis(600);
    Model::each(|model| {
        let server = model.start(RpcServer::exported().idle_timeout(timeout));
        let begun = Instant::now();
        let mut socket = open(&server);
        for _ in 0..4 {
            assert_eq!(socket.receive(), Some(Frame::Ping(vec![])), "{model:?}");
            socket.send_frame(0x8A, b"");
        }
        assert!(begun.elapsed() > timeout, "{model:?}");
        assert!(socket.ask(&call(1, "add", &json!([1, 2]))).contains("13"));
        assert_eq!(socket.receive(), Some(Frame::Ping(vec![])), "{model:?}");
        socket.assert_closed_with(1000, &format!("{model:?}"));
        assert!(begun.elapsed() < AT_MOST, "{model:?}");
    });
}

#[test]
fn a_message_that_stops_halfway_is_answered_and_closed() {
    Model::each(|model| {
        let timeout = Duration::from_millis(200);
        let server = model.start(RpcServer::exported().message_timeout(timeout));
        for bytes in [
            &tests::web_socket_frame(0x81, b"{}", true)[..7],
            &tests::web_socket_frame(0x01, b"{", true),
            &tests::web_socket_frame(0x01, b"", true),
        ] {
            let mut socket = open(&server);
            socket.write(bytes);
            assert_eq!(socket.receive_json()["error"]["code"], -32001, "{model:?}");
            socket.assert_closed_with(1008, &format!("{model:?}"));
        }
        // Before it is a WebSocket too.
        let mut peer = std::net::TcpStream::connect(at(&server)).unwrap();
        peer.set_read_timeout(Some(AT_MOST)).unwrap();
        std::io::Write::write_all(&mut peer, b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n").unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut peer, &mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    });
}

#[test]
fn what_is_sent_with_the_handshake_is_not_lost() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut socket = WebSocket::ask_at_once(at(&server), &call(1, "add", &json!([1, 2])));
        assert_eq!(socket.receive_json()["result"], 13, "{model:?}");
    });
}

#[test]
fn a_peer_that_never_reads_takes_little_memory_and_is_closed() {
    for model in Model::ALL {
        let mut watch = MemoryWatch::begin();
        let server = model.start(RpcServer::exported().write_timeout(Duration::from_millis(500)));
        let mut socket = open(&server);
        let flood = [
            tests::web_socket_frame(0x89, &[b'p'; 125], true),
            tests::web_socket_frame(
                0x81,
                call(1, "repeat", &json!(["x", 10_000])).as_bytes(),
                true,
            ),
        ];
        let flood = flood.concat().repeat(100);
        watch.from_here();
        let begun = Instant::now();
        while socket.try_write(&flood).is_ok() {
            let growth = watch.growth();
            assert!(growth < 64 << 20, "{model:?}: {growth}");
            assert!(begun.elapsed() < AT_MOST, "{model:?}");
        }
    }
}

#[test]
fn pages_of_others_open_no_websocket() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported().allow_origin("https://app.example"));
        let address = at(&server);
        for origin in ["https://evil.example", "null", "http://localhost:1"] {
            let head = WebSocket::open(address, &format!("Origin: {origin}\r\n")).unwrap_err();
            assert!(head.starts_with("HTTP/1.1 403 "), "{model:?} {origin}: {head}");
        }
        for origin in ["https://app.example", "http://localhost"] {
            let mut socket = WebSocket::open(address, &format!("Origin: {origin}\r\n")).unwrap();
            assert!(socket.ask(&call(1, "add", &json!([1, 2]))).contains("13"));
        }
    });
}

#[test]
fn requests_that_ask_for_it_wrongly_are_told_what_is_wrong() {
    let server = Model::EventLoop.start(RpcServer::exported().docs_page(false));
    for (from, to, status) in [
        ("Version: 13", "Version: 8", "426"),
        ("Connection: keep-alive, Upgrade", "Connection: keep-alive", "400"),
        ("Sec-WebSocket-Key: dGhl", "Sec-WebSocket-Key: dGh", "400"),
        ("Host: localhost", "Host: evil.example", "403"),
        ("Upgrade: websocket", "Upgrade: h2c", "405"),
    ] {
        let head = WebSocket::open_with(at(&server), |request| request.replace(from, to));
        let head = head.unwrap_err();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{to}: {head}");
        if status == "426" {
            assert!(head.to_lowercase().contains("sec-websocket-version: 13"), "{head}");
        }
    }
    let disabled = Model::EventLoop.start(RpcServer::exported().disable(Protocol::WebSocket));
    let head = WebSocket::open(at(&disabled), "").unwrap_err();
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    let error = RpcClient::connect(format!("ws://{}", disabled.address())).unwrap_err();
    let said = "it answers 403 Forbidden: WebSocket is disabled on this server";
    assert!(error.to_string().contains(said), "{error}");
}

#[test]
fn clients_of_a_server_that_stops_move_on() {
    Model::each(|model| {
        // A peer whose dialect has no notice learns from the close that its call has not run.
        let server = model.start(RpcServer::exported());
        let address = server.address();
        let url = format!("ws://{address}");
        let builder = RpcClient::builder()
            .dialect(Dialect::JsonRpc)
            .connect_timeout(Duration::from_millis(300));
        let client = builder.connect(&url).unwrap();
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
        server.stop();
        server.wait().unwrap();
        let error = client.add(1, 2).call().unwrap_err();
        assert!(!error.may_have_run(), "{model:?}: {error}");
        let again = loop {
            // The port is free again in a moment.
            match model.start_at(&*address.to_string(), RpcServer::exported()) {
                Ok(server) => break server,
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        };
        assert_eq!(client.add(1, 2).call().unwrap(), 13, "{model:?}");
        drop(again);
    });
}

#[test]
fn a_client_written_in_plain_python_is_served() {
    for model in Model::ALL {
        let Some(mut command) = python("websocket_client.py") else { return };
        let server = model.start(RpcServer::exported());
        let lines = Running::lines(command.arg(at(&server).port().to_string()));
        assert_eq!(lines, ["101", "13", "pong hello", "1048576", "close 1000"], "{model:?}");
    }
}

#[test]
fn the_websocket_of_node_is_served_as_that_of_browsers_is() {
    for model in Model::ALL {
        let Some(mut command) = node("websocket_client.mjs") else { return };
        let server = model.start(RpcServer::exported());
        let lines = Running::lines(command.arg(at(&server).port().to_string()));
        assert_eq!(lines, ["13", "100 110", "500000", "-32601", "close 1000 true"], "{model:?}");
    }
}

#[test]
fn the_asynchronous_client_has_many_calls_in_flight() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let address: Address = server.address();
    run(async {
        let client = AsyncRpcClient::connect(format!("ws://{address}")).await.unwrap();
        let calls: Vec<_> = (0..1000).map(|n| client.add(n, 1).start().unwrap()).collect();
        for (n, call) in (0..).zip(calls) {
            assert_eq!(call.await.unwrap(), n + 11);
        }
    });
}
