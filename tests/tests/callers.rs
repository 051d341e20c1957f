//! Functions and layers know their callers: headers, what a connection keeps, extensions.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::process;

use http_body_util::BodyExt;
use hyper::Request;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rpc_core::client::Dialect;
use rpc_core::error::Misuse;
use rpc_core::server::InMemory;
use rpc_core::transport::Address;
use rpc_core::{
    AsyncRpcClient, CallContext, Error, FunctionRegistry, JsonRpc, RpcClient, RpcServer, Stub,
    TcpServer, args, rpc_export,
};
use serde_json::{Value, json};
use tests::{
    CountCalls, Folder, HttpPeer, Model, Running, Served, WebSocket, call_number, credentials,
    curl, header, headers, run,
};
use tokio::net::TcpStream;

/// The six ways to serve, as the server of the tests is told them.
const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

fn start(options: &str) -> Served {
    Served::start(env!("CARGO_BIN_EXE_model_server"), options)
}

#[test]
fn the_peer_of_a_unix_socket_is_known_in_every_model() {
    let folder = Folder::new();
    let me = fs::metadata("/proc/self").unwrap();
    let expected = Some((me.uid(), me.gid(), Some(process::id())));
    for model in MODELS {
        let path = folder.file(model);
        let server = start(&format!("--model {model} --listen unix:{}", path.display()));
        let client = server.client();
        assert_eq!(client.credentials().call().unwrap(), expected, "{model}");
        drop(client);
        // HTTP and WebSocket leave it as it was.
        let Some(mut curl) = curl() else { continue };
        let body = r#"{"jsonrpc":"2.0","method":"credentials","id":1}"#;
        let command = curl.args(["--unix-socket", path.to_str().unwrap(), "--json", body]);
        let lines = Running::lines(command.arg("http://localhost/"));
        let reply: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(reply["result"][0], me.uid(), "{model}: {reply}");
        assert_ne!(reply["result"][2], process::id(), "{model}: {reply}");
    }
}

#[test]
fn over_tcp_and_within_a_process_nobody_vouches_for_a_peer() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let client = RpcClient::connect(server.address()).unwrap();
        assert_eq!(client.credentials().call().unwrap(), None);
        assert_eq!(client.header("host").call().unwrap(), None);
        assert_eq!(client.headers().call().unwrap(), []);
    });
    let registry = FunctionRegistry::exported();
    assert_eq!(registry.credentials().call().unwrap(), None);
    assert_eq!(CountCalls(registry).0.call_number().call().unwrap(), None);
}

#[test]
fn a_connection_keeps_a_value_for_its_calls_alone_in_every_model() {
    for model in MODELS {
        let server = start(&format!("--model {model}"));
        let number = |client: &RpcClient| client.call_number().call().unwrap();
        let first = server.client();
        assert_eq!([number(&first), number(&first)], [Some(1), Some(2)], "{model}");
        let both = first.batch(|calls| (calls.call_number().call(), calls.call_number().call()));
        assert_eq!(both.unwrap(), (Some(3), Some(4)), "{model}");
        let second = server.client();
        assert_eq!([number(&second), number(&first)], [Some(1), Some(5)], "{model}");
    }
}

const CALL_NUMBER: &str = r#"{"jsonrpc":"2.0","method":"call_number","id":1}"#;

/// Calls `call_number` twice over one HTTP/2 connection.
async fn numbers_by_http_2(address: SocketAddr) -> [String; 2] {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (client, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let call = || async {
        let request = Request::post("http://localhost/").header("content-type", "application/json");
        let request = request.body(CALL_NUMBER.to_owned()).unwrap();
        let response = client.clone().send_request(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    };
    [call().await, call().await]
}

#[test]
fn requests_of_one_http_connection_share_what_it_keeps_in_every_model() {
    let reply = |number| format!(r#"{{"jsonrpc":"2.0","result":{number},"id":1}}"#);
    for model in MODELS {
        let server = start(&format!("--model {model}"));
        let Address::Tcp(address) = server.address() else { unreachable!() };
        for _ in 0..2 {
            let mut peer = HttpPeer::connect(address);
            for number in 1..=3 {
                assert_eq!(peer.ask(CALL_NUMBER).body, reply(number), "{model}");
            }
            drop(peer);
            assert_eq!(run(numbers_by_http_2(address)), [reply(1), reply(2)], "{model}");
        }
    }
}

#[test]
fn a_web_socket_keeps_what_its_connection_had_and_the_headers_that_opened_it() {
    for model in MODELS {
        let server = start(&format!("--model {model}"));
        let Address::Tcp(address) = server.address() else { unreachable!() };
        let mut socket = WebSocket::open(address, "X-Team: analysis\r\nX-Bad: \u{e9}\r\n").unwrap();
        let ask = |socket: &mut WebSocket, method: &str, params: Value| -> Value {
            let call = json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1});
            serde_json::from_str::<Value>(&socket.ask(&call.to_string())).unwrap()["result"].take()
        };
        assert_eq!(ask(&mut socket, "header", json!(["x-team"])), "analysis", "{model}");
        assert_eq!(ask(&mut socket, "header", json!(["X-TEAM"])), "analysis", "{model}");
        assert_eq!(ask(&mut socket, "call_number", json!([])), 3, "{model}");
        // The headers are the connection's, not what a call says.
        assert_eq!(ask(&mut socket, "metadata", json!(["x-team"])), Value::Null, "{model}");
        let url = format!("ws://{address}/");
        let client = RpcClient::builder().header("X-Team", "ours").connect(&url).unwrap();
        assert_eq!(client.header("x-team").call().unwrap().as_deref(), Some("ours"), "{model}");
        assert_eq!(client.call_number().call().unwrap(), Some(2), "{model}");
        run(async {
            let builder = RpcClient::builder().header("X-Team", "theirs");
            let client = builder.connect_async(&url).await.unwrap();
            let team = client.header("x-team").call().await.unwrap();
            assert_eq!(team.as_deref(), Some("theirs"), "{model}");
        });
    }
}

#[test]
fn headers_are_those_of_the_request_in_which_the_call_came() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        let mut ask = |headers: &str, name: &str| {
            let body = json!({"method_name": "header", "method_args": [name]}).to_string();
            peer.exchange(&HttpPeer::post(headers, &body)).body
        };
        assert_eq!(ask("X-Team: one\r\nX-Team: two\r\n", "x-team"), r#"{"res":"one"}"#);
        assert_eq!(ask("", "x-team"), r#"{"res":null}"#);
        assert_eq!(ask("X-Team: \u{e9}\r\n", "X-Team"), "{\"res\":\"\u{e9}\"}");
        assert_eq!(ask("X-Team:\r\n", "x-team"), r#"{"res":""}"#);
        for odd in ["", "x team", "x-team:", "\u{e9}", "\n"] {
            assert_eq!(ask("X-Team: one\r\n", odd), r#"{"res":null}"#, "{odd:?}");
        }
        let body = r#"{"method_name":"headers"}"#;
        let listed = peer.exchange(&HttpPeer::post("B: 1\r\nA: 2\r\nB: 3\r\n", body)).body;
        for pair in [r#"["b","1"]"#, r#"["a","2"]"#, r#"["b","3"]"#, r#"["host","localhost"]"#] {
            assert!(listed.contains(pair), "{listed}");
        }
    });
}

#[test]
fn a_header_that_is_not_utf_8_is_passed_over() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = HttpPeer::connect(server.address());
    let body = r#"{"method_name":"headers"}"#;
    let request = HttpPeer::post("X-Latin: @\r\nX-Team: a\r\n", body);
    let bytes: Vec<u8> =
        request.bytes().map(|byte| if byte == b'@' { 0xe9 } else { byte }).collect();
    peer.write(&bytes);
    let listed = peer.receive().unwrap().body;
    assert!(listed.contains("x-team") && !listed.contains("x-latin"), "{listed}");
    let body = r#"{"method_name":"header","method_args":["x-latin"]}"#;
    let request = HttpPeer::post("X-Latin: @\r\n", body);
    let bytes: Vec<u8> =
        request.bytes().map(|byte| if byte == b'@' { 0xe9 } else { byte }).collect();
    peer.write(&bytes);
    assert_eq!(peer.receive().unwrap().body, r#"{"res":null}"#);
}

#[test]
fn xml_rpc_callers_have_headers_too() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let builder = RpcClient::builder().dialect(Dialect::XmlRpc).header("X-Team", "analysis");
    let client = builder.connect(format!("http://{}", server.address())).unwrap();
    assert_eq!(client.call::<String>("header", args!["x-team"], ()).unwrap(), "analysis");
}

#[test]
fn a_header_where_there_are_none_is_an_error_and_not_silence() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let address = server.address().to_string();
    let builder = RpcClient::builder().header("X-Team", "analysis");
    let check = |error: Error| {
        assert!(matches!(error, Error::Misuse(Misuse::NoHeader { .. })), "{error}");
        assert!(error.to_string().contains("`X-Team`"), "{error}");
    };
    check(builder.connect(&address).unwrap_err());
    check(builder.connect(format!("tcp://{address}")).unwrap_err());
    check(builder.clone().dialect(Dialect::JsonRpc).connect("unix:/nowhere").unwrap_err());
    let memory = || InMemory::new(JsonRpc::new(FunctionRegistry::exported()));
    check(builder.connect_over(memory()).unwrap_err());
    run(async {
        check(builder.connect_async(&address).await.unwrap_err());
        check(builder.connect_async_over(memory()).await.unwrap_err());
    });
    for name in ["Sec-WebSocket-Key", "Upgrade", "A B", ""] {
        let builder = RpcClient::builder().header(name, "x");
        let error = builder.connect(format!("ws://{address}/")).unwrap_err();
        assert!(error.to_string().contains("no header that can be added"), "{error}");
    }
}

#[test]
fn pages_may_send_the_headers_that_were_allowed() {
    let origin = "Origin: https://app.example";
    let preflight = format!(
        "OPTIONS / HTTP/1.1\r\nHost: localhost\r\n{origin}\r\n\
         Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: traceparent\r\n\r\n"
    );
    let server = RpcServer::exported()
        .allow_origin("https://app.example")
        .allow_headers(["Authorization", "traceparent"])
        .allow_headers(vec!["x-team".to_owned()]);
    let server = Model::EventLoop.start(server);
    let mut peer = HttpPeer::connect(server.address());
    let response = peer.exchange(&preflight);
    let allowed = "content-type, authorization, traceparent, x-team";
    assert_eq!(response.header("access-control-allow-headers"), Some(allowed));
    // Other pages are granted nothing.
    let response = peer.exchange(&preflight.replace("app.example", "evil.example"));
    assert_eq!(response.header("access-control-allow-headers"), None);

    let server = RpcServer::exported().allow_headers(["x team"]);
    let error = server.start("127.0.0.1:0").unwrap_err();
    assert!(error.to_string().contains("`x team` is no header"), "{error}");
}

/// What a connection keeps, from inside.
#[rpc_export]
fn keep(context: &CallContext) -> Vec<String> {
    let Some(values) = context.connection() else { return Vec::new() };
    let mut told = Vec::new();
    let mut tell = |value: Option<std::sync::Arc<u8>>| told.push(format!("{value:?}"));
    tell(values.get());
    tell(values.insert(1));
    tell(values.insert(2));
    tell(Some(values.get_or_init(|| 3)));
    tell(values.remove());
    tell(values.remove());
    tell(Some(values.get_or_init(|| values.get::<u8>().map_or(4, |value| *value))));
    assert_eq!(values.get::<u16>(), None);
    told
}

#[test]
fn one_value_of_each_type_is_kept_and_can_be_replaced_and_removed() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let client = RpcClient::connect(server.address()).unwrap();
    let told = client.keep().call().unwrap();
    assert_eq!(told, ["None", "None", "Some(1)", "Some(2)", "Some(2)", "None", "Some(4)"]);
    assert_eq!(client.keep().call().unwrap()[0], "Some(4)");
}

#[test]
fn streams_within_a_process_keep_values_too() {
    let stack = || InMemory::new(JsonRpc::new(CountCalls(FunctionRegistry::exported())));
    let client = RpcClient::builder().connect_over(stack()).unwrap();
    assert_eq!(client.call_number().call().unwrap(), Some(1));
    assert_eq!(client.call_number().call().unwrap(), Some(2));
    run(async {
        let client = AsyncRpcClient::builder().connect_async_over(stack()).await.unwrap();
        assert_eq!(client.call_number().call().await.unwrap(), Some(1));
    });
}

#[test]
fn calls_side_by_side_share_one_value() {
    let server = TcpServer::of(CountCalls(FunctionRegistry::exported()));
    let server = Model::EventLoop.start(server);
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let calls = |_: &_| (0..100).map(|_| client.call_number().call()).collect::<Vec<_>>();
        let mut numbers = client.batch(calls).await.unwrap();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=100).map(Some).collect::<Vec<_>>());
    });
}
