//! A record of every call: who, from where, what, how it ended; arguments where they are kept, and secrets nowhere.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rpc_core::protocol::Framing;
use rpc_core::server::KeptArguments;
use rpc_core::{FunctionRegistry, RpcServer};
use serde_json::{Value, json};
use tests::{Folder, HttpPeer, McpPeer, Peer, Served, WebSocket, at_once, until};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// What must stand in no record.
const SECRETS: [&str; 5] = ["hunter2", "s3cret", "wr0ng", "open sesame", "YWRhOm9wZW4gc2VzYW1l"];

/// A server and the file that it writes its records to.
struct Audited {
    server: Served,
    file: PathBuf,
    read: usize,
}

impl Audited {
    fn start(folder: &Folder, model: &str) -> Self {
        let file = folder.file(model);
        let options = format!("{model} {}", file.display());
        let server = Served::start(env!("CARGO_BIN_EXE_audit_server"), &options);
        Self { server, file, read: 0 }
    }

    fn address(&self) -> SocketAddr {
        self.server.address().socket_addr().unwrap()
    }

    /// So many further records, in which the times have been looked at and taken out.
    fn records(&mut self, count: usize) -> Vec<Value> {
        let read = self.read;
        let lines = || records_in(&self.file).split_off(read);
        until("so many records", || lines().len() >= count);
        let mut records = lines();
        assert_eq!(records.len(), count, "{records:#?}");
        self.read += count;
        for record in &mut records {
            let members = record.as_object_mut().unwrap();
            let began = members.remove("began").unwrap();
            let began = began.as_str().unwrap();
            assert!(began.starts_with("20") && began.ends_with('Z'), "{began}");
            assert_eq!((began.len(), &began[4..5], &began[10..11]), (27, "-", "T"), "{began}");
            assert!(members.remove("duration_us").unwrap().is_u64());
            let peer: SocketAddr = serde_json::from_value(members.remove("peer").unwrap()).unwrap();
            assert!(peer.ip().is_loopback() && peer.port() != 0);
            assert_eq!(members.remove("caller_address"), Some(json!("127.0.0.1")));
        }
        records
    }

    /// The one further record.
    fn record(&mut self) -> Value {
        self.records(1).remove(0)
    }
}

fn records_in(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap_or_default();
    // One that is written meanwhile is not whole.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn call(id: u64, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params, "id": id})
}

/// A record without arguments.
fn record(function: &str, protocol: &str, id: Value, identity: &str, outcome: &str) -> Value {
    let mut record = json!({"function": function, "protocol": protocol, "outcome": outcome});
    if !id.is_null() {
        record["id"] = id;
    }
    if !identity.is_empty() {
        record["identity"] = identity.into();
    }
    record
}

/// The same of a call that has failed.
fn failed(mut record: Value, code: i64) -> Value {
    record["code"] = code.into();
    record["may_have_run"] = (record["outcome"] == "failed").into();
    record
}

/// The same with the arguments of a transfer.
fn with(mut record: Value, sum: u64) -> Value {
    let arguments = format!(r#"{{"account":"a","password":"withheld","sum":{sum}}}"#);
    record["arguments"] = arguments.into();
    record
}

fn transfer(sum: u64) -> Value {
    json!({"account": "a", "password": "hunter2", "sum": sum})
}

#[test]
fn every_call_is_told_with_who_made_it_and_how_it_ended_by_every_model_and_protocol() {
    let folder = Folder::new();
    at_once(MODELS, |model| {
        let mut audited = Audited::start(&folder, model);
        over_tcp(&mut audited);
        over_http(&mut audited);
        over_mcp(&mut audited);
        let text = fs::read_to_string(&audited.file).unwrap();
        for secret in SECRETS {
            assert!(!text.contains(secret), "{model}: {secret}: {text}");
        }
    });
}

fn over_tcp(audited: &mut Audited) {
    let mut peer = Peer::connect(audited.address(), Framing::Raw);
    peer.ask(&call(1, "rpc.authenticate", json!(["Bearer s3cret"])).to_string());
    let greeting = record("rpc.authenticate", "json-rpc", json!(1), "ada", "returned");
    assert_eq!(audited.record(), greeting);

    peer.ask(&call(7, "transfer", transfer(5)).to_string());
    let done = record("transfer", "json-rpc", json!(7), "ada", "returned");
    assert_eq!(audited.record(), with(done.clone(), 5));

    // By position, in the other dialect.
    peer.ask(r#"{"method_name":"transfer","method_args":["a","hunter2",200],"id":"x"}"#);
    let poor = record("transfer", "native", json!("x"), "ada", "failed");
    assert_eq!(audited.record(), failed(with(poor, 200), 402));

    peer.ask(&call(2, "transfer", transfer(13)).to_string());
    let panicked = record("transfer", "json-rpc", json!(2), "ada", "failed");
    assert_eq!(audited.record(), failed(with(panicked, 13), -32603));

    peer.ask(&call(2, "keep_quiet", json!(["hunter2"])).to_string());
    assert_eq!(audited.record(), record("keep_quiet", "json-rpc", json!(2), "ada", "returned"));

    for (method, params, code) in [
        ("reset", json!([]), -32005),
        ("nothing", json!(["hunter2"]), -32601),
        ("keep_quiet", json!([7]), -32602),
        // The secret may have come to stand in another place.
        ("transfer", json!(["hunter2", "5"]), -32602),
        ("keep_quiet", json!({"sceret": "hunter2"}), -32602),
    ] {
        peer.ask(&call(3, method, params).to_string());
        let refused = record(method, "json-rpc", json!(3), "ada", "refused");
        assert_eq!(audited.record(), failed(refused, code));
    }

    peer.ask(r#"{"method_name":"wait_for_ever","method_args":["hunter2"],"timeout_ms":30,"id":4}"#);
    let mut cancelled = record("wait_for_ever", "native", json!(4), "ada", "cancelled");
    cancelled["arguments"] = r#"{"password":"withheld"}"#.into();
    assert_eq!(audited.record(), cancelled);

    let batch = json!([call(1, "transfer", transfer(5)), call(2, "reset", json!([])), {"jsonrpc": "2.0", "id": 3}]);
    peer.ask(&batch.to_string());
    let done = |id: u64| with(record("transfer", "json-rpc", json!(id), "ada", "returned"), 5);
    let reset = failed(record("reset", "json-rpc", json!(2), "ada", "refused"), -32005);
    let nothing = failed(record("", "json-rpc", json!(3), "", "refused"), -32600);
    assert_eq!(audited.records(3), [done(1), reset, nothing]);
    peer.ask(&json!(vec![call(1, "transfer", transfer(5)); 4]).to_string());
    let too_many = failed(record("", "json-rpc", Value::Null, "", "refused"), -32600);
    assert_eq!(audited.record(), too_many);

    let calls =
        json!([[{"methodName": "transfer", "params": ["a", "hunter2", 5]}, {"methodName": 7}]]);
    peer.ask(&call(8, "system.multicall", calls).to_string());
    let none = failed(record("system.multicall", "json-rpc", json!(8), "ada", "refused"), -32600);
    let inner = with(record("transfer", "json-rpc", Value::Null, "ada", "returned"), 5);
    assert_eq!(audited.records(2), [inner, none]);

    let mut stranger = Peer::connect(audited.address(), Framing::Raw);
    stranger.ask(&call(1, "rpc.authenticate", json!(["Bearer wr0ng"])).to_string());
    let greeting = record("rpc.authenticate", "json-rpc", json!(1), "", "refused");
    assert_eq!(audited.record(), failed(greeting, -32007));
    stranger.ask(&call(2, "transfer", transfer(5)).to_string());
    let refused = failed(record("transfer", "json-rpc", json!(2), "", "refused"), -32007);
    assert_eq!(audited.record(), refused);
    stranger.ask("no JSON");
    let unread = failed(record("", "json-rpc", Value::Null, "", "refused"), -32700);
    assert_eq!(audited.record(), unread);
}

/// A caller that does not wait, or no longer, hides nothing of what it has been told.
#[test]
fn a_time_that_is_up_hides_no_refusal_and_no_failure() {
    let folder = Folder::new();
    at_once(MODELS, |model| {
        let mut audited = Audited::start(&folder, model);
        let mut nobody = Peer::connect(audited.address(), Framing::Raw);
        let at_once = |method: &str, params: &Value| {
            json!({"method_name": method, "method_args": params, "timeout_ms": 0, "id": 1})
                .to_string()
        };
        let refused = |method: &str, identity: &str, code: i64| {
            failed(record(method, "native", json!(1), identity, "refused"), code)
        };
        nobody.ask(&at_once("reset", &json!([])));
        assert_eq!(audited.record(), refused("reset", "", -32007), "{model}");
        nobody.ask(&at_once("rpc.authenticate", &json!(["Bearer wr0ng"])));
        assert_eq!(audited.record(), refused("rpc.authenticate", "", -32007), "{model}");

        let mut peer = Peer::connect(audited.address(), Framing::Raw);
        peer.ask(&at_once("rpc.authenticate", &json!(["Bearer s3cret"])));
        let greeting = record("rpc.authenticate", "native", json!(1), "ada", "returned");
        assert_eq!(audited.record(), greeting, "{model}");
        for (method, params, code) in [
            ("reset", json!([]), -32005),
            ("nothing", json!(["hunter2"]), -32601),
            ("transfer", json!(["hunter2"]), -32602),
            // It has not begun, so nobody has looked at its arguments.
            ("transfer", json!(["a", "hunter2", 5]), -32001),
            ("transfer", json!(["hunter2", "a", "5"]), -32001),
            ("wait_for_ever", json!(["hunter2"]), -32001),
            ("overrun_aside", json!(["return"]), -32001),
        ] {
            let reply = peer.ask(&at_once(method, &params));
            assert!(reply.contains(&format!(r#""code":{code},"#)), "{model}: {reply}");
            assert_eq!(audited.record(), refused(method, "ada", code), "{model}");
        }

        for (end, code) in [("fail", Some(402)), ("panic", Some(-32603)), ("return", None)] {
            let call =
                json!({"method_name": "overrun", "method_args": [end], "timeout_ms": 20, "id": 2});
            peer.ask(&call.to_string());
            let outcome = if code.is_some() { "failed" } else { "cancelled" };
            let record = record("overrun", "native", json!(2), "ada", outcome);
            let expected = code.map_or(record.clone(), |code| failed(record, code));
            assert_eq!(audited.record(), expected, "{model}");
        }
        let text = fs::read_to_string(&audited.file).unwrap();
        assert!(!text.contains("hunter2"), "{model}: {text}");
    });
}

/// It has run, whatever another that it called said.
#[test]
fn a_function_that_says_the_refusal_of_another_has_run() {
    let folder = Folder::new();
    at_once(MODELS, |model| {
        let mut audited = Audited::start(&folder, model);
        let mut peer = Peer::connect(audited.address(), Framing::Raw);
        for method in ["reset_within", "reset_later", "reset_in_closure"] {
            for (refused, code) in [("reset", -32007), ("nothing", -32601), ("transfer", -32602)] {
                let reply = peer.ask(&call(1, method, json!([refused])).to_string());
                assert!(reply.contains(&format!(r#""code":{code},"#)), "{model}: {reply}");
                let record = record(method, "json-rpc", json!(1), "", "failed");
                assert_eq!(audited.record(), failed(record, code), "{model}");
            }
        }
    });
}

fn over_http(audited: &mut Audited) {
    let mut peer = HttpPeer::connect(audited.address());
    let mut post = |headers: &str, body: &str| {
        let headers = format!("Content-Type: application/json\r\n{headers}");
        peer.exchange(&HttpPeer::post(&headers, body)).status
    };
    let body = call(7, "transfer", transfer(5)).to_string();
    for authorization in ["Bearer s3cret", "Basic YWRhOm9wZW4gc2VzYW1l"] {
        assert_eq!(post(&format!("Authorization: {authorization}\r\n"), &body), 200);
        let done = record("transfer", "json-rpc", json!(7), "ada", "returned");
        assert_eq!(audited.record(), with(done, 5));
    }
    assert_eq!(post("Authorization: Bearer wr0ng\r\n", &body), 401);
    let refused = failed(record("transfer", "json-rpc", json!(7), "", "refused"), -32007);
    assert_eq!(audited.record(), refused);
    // Whatever page that is, its body is not looked at.
    assert_eq!(post("Origin: https://evil.example\r\n", &body), 403);
    let page = failed(record("", "native", Value::Null, "", "refused"), -32600);
    assert_eq!(audited.record(), page);

    let mut peer = HttpPeer::connect(audited.address());
    let value = |value: &str| format!("<param><value>{value}</value></param>");
    let params = ["a", "hunter2", "<int>5</int>"].map(value).concat();
    let xml = format!(
        "<methodCall><methodName>transfer</methodName><params>{params}</params></methodCall>"
    );
    let headers = "Content-Type: text/xml\r\nAuthorization: Bearer s3cret\r\n";
    let response = peer.exchange(&HttpPeer::post(headers, &xml));
    assert!(response.body.contains("95"), "{}", response.body);
    let done = record("transfer", "xml-rpc", Value::Null, "ada", "returned");
    assert_eq!(audited.record(), with(done, 5));
    peer.exchange(&HttpPeer::post(headers, "<methodCall>hunter2"));
    let broken = audited.record();
    assert_eq!((&broken["protocol"], &broken["outcome"]), (&json!("xml-rpc"), &json!("refused")));

    let mut socket =
        WebSocket::open(audited.address(), "Authorization: Bearer s3cret\r\n").unwrap();
    socket.ask(&body);
    let done = record("transfer", "json-rpc", json!(7), "ada", "returned");
    assert_eq!(audited.record(), with(done, 5));
}

fn over_mcp(audited: &mut Audited) {
    let mut peer = McpPeer::connect(audited.address());
    let params = json!({"name": "transfer", "arguments": transfer(5), "_meta": McpPeer::meta()});
    let body = McpPeer::body("tools/call", &params);
    let mut post = |authorization: &str, name: &str| {
        let headers = McpPeer::headers("tools/call", Some(name));
        let headers = format!("{headers}Authorization: Bearer {authorization}\r\n");
        peer.post(&headers, &body).status
    };
    assert_eq!(post("s3cret", "transfer"), 200);
    let done = record("transfer", "mcp", json!(1), "ada", "returned");
    assert_eq!(audited.record(), with(done, 5));
    assert_eq!(post("s3cret", "reset"), 400);
    let differs = record("transfer", "mcp", json!(1), "ada", "refused");
    assert_eq!(audited.record(), failed(differs, -32020));
    assert_eq!(post("wr0ng", "transfer"), 401);
    let refused = record("transfer", "mcp", json!(1), "", "refused");
    assert_eq!(audited.record(), failed(refused, -32007));
}

#[test]
fn a_call_that_is_cut_off_at_the_stop_timeout_is_told_once() {
    let folder = Folder::new();
    at_once(MODELS, |model| {
        let mut audited = Audited::start(&folder, model);
        let runs = folder.file(&format!("{model} runs"));
        let mut peer = Peer::connect(audited.address(), Framing::Raw);
        peer.send(&call(1, "hang", json!([runs, "hunter2"])).to_string());
        until("a call that runs", || runs.exists());
        audited.server.process().signal("TERM");
        assert!(audited.server.wait().success(), "{model}");
        let mut record = audited.record();
        let arguments = record["arguments"].take();
        let expected = json!({"path": runs, "password": "withheld"});
        assert_eq!(serde_json::from_str::<Value>(arguments.as_str().unwrap()).unwrap(), expected);
        assert_eq!(
            (&record["function"], &record["code"]),
            (&json!("hang"), &json!(-32003)),
            "{model}"
        );
        assert_eq!((&record["outcome"], &record["may_have_run"]), (&json!("failed"), &json!(true)));
    });
}

#[test]
fn arguments_of_a_function_that_there_is_none_of_keep_a_server_from_starting() {
    let mut registry = FunctionRegistry::new();
    registry.register("withdraw", |sum: u64| sum).unwrap();
    let server =
        RpcServer::of(registry).keep_arguments(KeptArguments::of(["withdraw", "withdrow"]));
    let error = server.start("127.0.0.1:0").unwrap_err().to_string();
    assert!(error.contains("`withdrow`") && error.contains("KeptArguments::of"), "{error}");
}

#[test]
fn an_id_and_a_name_that_are_odd_make_no_other_line() {
    let folder = Folder::new();
    let mut audited = Audited::start(&folder, "threads");
    let mut peer = Peer::connect(audited.address(), Framing::Raw);
    peer.ask(r#"{"jsonrpc":"2.0","method":"a\nb\u2028","id":"\n\"}"}"#);
    let record = audited.record();
    assert_eq!((&record["function"], &record["id"]), (&json!("a\nb\\u2028"), &json!("\n\"}")));
    let names: BTreeSet<_> = record.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        BTreeSet::from(["code", "function", "id", "may_have_run", "outcome", "protocol"])
    );
    let long = "m".repeat(300);
    peer.ask(&format!(r#"{{"jsonrpc":"2.0","method":"{long}","id":1.50}}"#));
    let record = audited.record();
    let cut = format!("{}…", "m".repeat(256));
    assert_eq!((&record["function"], &record["id"]), (&json!(cut), &json!("1.50")));

    peer.ask(&call(1, "rpc.authenticate", json!(["Bearer s3cret"])).to_string());
    audited.record();
    let arguments = json!({"account": "a\u{202e}\u{7f}", "password": "hunter2", "sum": 5});
    peer.ask(&call(2, "transfer", arguments).to_string());
    let arguments = audited.record()["arguments"].take();
    let expected = r#"{"account":"a\u202e\u007f","password":"withheld","sum":5}"#;
    assert_eq!(arguments, json!(expected));
    let text = fs::read_to_string(&audited.file).unwrap();
    assert!(!text.contains(['\u{202e}', '\u{2028}', '\u{7f}']), "{text}");
}
