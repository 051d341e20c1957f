//! JSON-RPC 2.0, whole: the specification's own examples, what it says of ids, notifications and
//! batches, and the limits of these.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rpc_core::protocol::{Framing, Limits};
use rpc_core::{FunctionRegistry, RpcServer, rpc_export};
use serde_json::{Value, json};
use tests::{EVERY_FRAMING, Model, Peer, frame};

/// Waits without blocking, then answers with the number.
#[rpc_export]
async fn later(ms: u64, number: u64) -> u64 {
    pause(ms).await;
    number
}

/// Waits without blocking, then panics.
#[rpc_export]
async fn fail_later(ms: u64) {
    pause(ms).await;
    panic!("the secret");
}

/// Waits whether there is a runtime or none.
async fn pause(ms: u64) {
    let until = Instant::now() + Duration::from_millis(ms);
    std::future::poll_fn(|task| {
        if Instant::now() >= until {
            return std::task::Poll::Ready(());
        }
        let waker = task.waker().clone();
        std::thread::spawn(move || {
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
            waker.wake();
        });
        std::task::Poll::Pending
    })
    .await;
}

/// Panics on a thread that may be blocked.
#[rpc_export(blocking)]
fn fail_blocking() {
    panic!("the secret");
}

/// Says the dialect it was called in.
#[rpc_export]
fn dialect(context: &rpc_core::CallContext) -> String {
    context.protocol().to_owned()
}

/// The functions of the specification's examples; `subtract`, whose parameters are named there, is an
/// exported one.
fn with_examples() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported();
    registry.register("sum", |a: i64, b: i64, c: i64| a + b + c).unwrap();
    registry.register("update", |_: i64, _: i64, _: i64, _: i64, _: i64| ()).unwrap();
    registry.register("notify_hello", |_: i64| ()).unwrap();
    registry.register("notify_sum", |_: i64, _: i64, _: i64| ()).unwrap();
    registry.register("get_data", || json!(["hello", 5])).unwrap();
    registry
}

/// The examples of section 7, as they stand there: what is sent, and what is answered, if anything.
const EXAMPLES: [(&str, Option<&str>); 15] = [
    (
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#,
        Some(r#"{"jsonrpc": "2.0", "result": 19, "id": 1}"#),
    ),
    (
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}"#,
        Some(r#"{"jsonrpc": "2.0", "result": -19, "id": 2}"#),
    ),
    (
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#,
        Some(r#"{"jsonrpc": "2.0", "result": 19, "id": 3}"#),
    ),
    (
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}"#,
        Some(r#"{"jsonrpc": "2.0", "result": 19, "id": 4}"#),
    ),
    (r#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#, None),
    (r#"{"jsonrpc": "2.0", "method": "foobar"}"#, None),
    (
        r#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#,
        Some(
            r#"{"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "1"}"#,
        ),
    ),
    (
        r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#,
        Some(
            r#"{"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null}"#,
        ),
    ),
    (
        r#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#,
        Some(
            r#"{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}"#,
        ),
    ),
    (
        r#"[
  {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
  {"jsonrpc": "2.0", "method"
]"#,
        Some(
            r#"{"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null}"#,
        ),
    ),
    (
        "[]",
        Some(
            r#"{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}"#,
        ),
    ),
    (
        "[1]",
        Some(
            r#"[{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}]"#,
        ),
    ),
    (
        "[1,2,3]",
        Some(
            r#"[
  {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},
  {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},
  {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}
]"#,
        ),
    ),
    (
        r#"[
        {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
        {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
    ]"#,
        Some(
            r#"[
        {"jsonrpc": "2.0", "result": 7, "id": "1"},
        {"jsonrpc": "2.0", "result": 19, "id": "2"},
        {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},
        {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "5"},
        {"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"}
    ]"#,
        ),
    ),
    (
        r#"[
        {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}
    ]"#,
        None,
    ),
];

/// A reply without the data that the specification leaves to servers.
fn without_data(reply: &str) -> Value {
    fn strip(reply: &mut Value) {
        match reply {
            Value::Array(replies) => replies.iter_mut().for_each(strip),
            reply => {
                if let Some(error) = reply.get_mut("error").and_then(Value::as_object_mut) {
                    error.remove("data");
                }
            }
        }
    }
    let mut reply = serde_json::from_str(reply).unwrap();
    strip(&mut reply);
    reply
}

#[test]
fn the_examples_of_the_specification_are_answered_as_it_says() {
    Model::each(|model| {
        let server = model.start(RpcServer::of(with_examples()));
        for framing in EVERY_FRAMING {
            for (call, reply) in EXAMPLES {
                for in_bytes in [false, true] {
                    let mut peer = Peer::connect(server.address(), framing);
                    let message = frame(framing, call.as_bytes());
                    if in_bytes {
                        for byte in message {
                            peer.write(&[byte]);
                        }
                    } else {
                        peer.write(&message);
                    }
                    peer.finish();
                    let place = format!("{call} in {framing:?} with {model:?}");
                    let replies: Vec<_> =
                        peer.receive_all().iter().map(|reply| without_data(reply)).collect();
                    let expected: Vec<_> = reply.into_iter().map(without_data).collect();
                    assert_eq!(replies, expected, "{place}");
                }
            }
        }
    });
}

#[test]
fn calls_and_notifications_of_a_connection_are_run_in_order() {
    Model::each(|model| {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let mut registry = FunctionRegistry::new();
        registry.register("count", move || counter.fetch_add(1, Ordering::SeqCst)).unwrap();
        let server = model.start(RpcServer::of(registry));
        for framing in EVERY_FRAMING {
            let before = count.load(Ordering::SeqCst);
            let mut peer = Peer::connect(server.address(), framing);
            for _ in 0..10 {
                peer.send(r#"{"jsonrpc":"2.0","method":"count"}"#);
                peer.send(r#"{"jsonrpc":"2.0","method":"nobody"}"#);
                peer.send(r#"{"jsonrpc":"2.0","method":"count","params":[1]}"#);
            }
            let reply = peer.ask(r#"{"jsonrpc":"2.0","method":"count","id":"last"}"#);
            let result = before + 10;
            assert_eq!(reply, format!(r#"{{"jsonrpc":"2.0","result":{result},"id":"last"}}"#));
        }
    });
}

#[test]
fn a_function_is_told_the_dialect_it_is_called_in() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    let reply = peer.ask(r#"[{"jsonrpc":"2.0","method":"dialect","id":1}]"#);
    assert_eq!(reply, r#"[{"jsonrpc":"2.0","result":"json-rpc","id":1}]"#);
    let reply = peer.ask(r#"{"jsonrpc":"2.0","method":"dialect","id":1}"#);
    assert_eq!(reply, r#"{"jsonrpc":"2.0","result":"json-rpc","id":1}"#);
}

fn call(method: &str, params: &str, id: impl std::fmt::Display) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params},"id":{id}}}"#)
}

fn result(result: impl std::fmt::Display, id: impl std::fmt::Display) -> String {
    format!(r#"{{"jsonrpc":"2.0","result":{result},"id":{id}}}"#)
}

fn fault(code: i64, message: &str, data: &str, id: impl std::fmt::Display) -> String {
    let data = if data.is_empty() { String::new() } else { format!(r#","data":"{data}""#) };
    format!(
        r#"{{"jsonrpc":"2.0","error":{{"code":{code},"message":"{message}"{data}}},"id":{id}}}"#
    )
}

#[test]
fn a_batch_of_functions_of_every_kind_is_answered_in_the_order_of_its_calls() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let calls = [
            call("later", "[30,1]", 1),
            call("add", "[1,2]", 2),
            call("hold_ms", "[20,3]", 3),
            call("fail_later", "[5]", 4),
            r#"{"jsonrpc":"2.0","method":"later","params":[1,0]}"#.to_owned(),
            call("fail_blocking", "[]", 5),
            call("fail", "[\"the secret\"]", 6),
            r#"{"jsonrpc":"2.0","method":"hold_ms","params":[1,0]}"#.to_owned(),
            r#"{"jsonrpc":"2.0","method":"fail_later","params":[1]}"#.to_owned(),
            call("later", "[1,7]", "\"7\""),
            call("later", "[]", 8),
        ];
        let panicked = |method: &str, id| {
            fault(
                -32603,
                "Internal error",
                &format!("`{method}` panicked; the server's log says why"),
                id,
            )
        };
        let replies = [
            result(1, 1),
            result(13, 2),
            result(3, 3),
            panicked("fail_later", 4),
            panicked("fail_blocking", 5),
            panicked("fail", 6),
            result(7, "\"7\""),
            fault(
                -32602,
                "Invalid params",
                "`later` is missing arguments `ms` and `number`; it is called as later(ms: u64, number: u64) -> u64",
                8,
            ),
        ];
        for framing in EVERY_FRAMING {
            let mut peer = Peer::connect(server.address(), framing);
            let batch = format!("[{}]", calls.join(" ,\n"));
            assert_eq!(peer.ask(&batch), format!("[{}]", replies.join(",")), "{model:?}");
            // Where none of those that take time wants a reply, there is none for them.
            let quiet = format!("[{},{}]", calls[4], calls[7]);
            peer.send(&quiet);
            assert_eq!(peer.ask(&call("add", "[1,2]", 9)), result(13, 9), "{model:?}");
        }
    });
}

#[test]
fn the_calls_of_a_batch_that_take_time_run_side_by_side() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    let calls: Vec<_> = (0..40)
        .map(|id| call(if id % 2 == 0 { "later" } else { "hold_ms" }, &format!("[500,{id}]"), id))
        .collect();
    let replies: Vec<_> = (0..40).map(|id| result(id, id)).collect();
    let begun = Instant::now();
    // What comes behind a batch need not wait for it.
    peer.send(&format!("[{}]", calls.join(",")));
    assert_eq!(peer.ask(&call("add", "[1,2]", 1)), result(13, 1));
    assert_eq!(peer.receive().unwrap(), format!("[{}]", replies.join(",")));
    // One after another they would take 20 s.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn the_calls_of_a_batch_are_run_once_each() {
    Model::each(|model| {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let mut registry = FunctionRegistry::exported();
        registry.register("count", move || counter.fetch_add(1, Ordering::SeqCst)).unwrap();
        let server = model.start(RpcServer::of(registry));
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        let calls: Vec<_> = (0..100)
            .map(|id| match id % 3 {
                0 => call("count", "[]", id),
                1 => call("hold_ms", "[0,1]", id),
                _ => call("later", "[0,1]", id),
            })
            .collect();
        let reply: Vec<Value> =
            serde_json::from_str(&peer.ask(&format!("[{}]", calls.join(",")))).unwrap();
        let ids: Vec<_> = reply.iter().map(|reply| reply["id"].as_u64().unwrap()).collect();
        assert_eq!(ids, (0..100).collect::<Vec<_>>());
        assert_eq!(count.load(Ordering::SeqCst), 34);
    });
}

#[test]
fn a_batch_over_the_limit_is_refused_whole_and_none_of_it_is_run() {
    let limits = Limits { max_batch_calls: 3, ..Limits::default() };
    Model::each(|model| {
        let server = model.start(RpcServer::exported().limits(limits));
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        let batch = |calls: usize| format!("[{}]", vec![call("add", "[1,2]", 1); calls].join(","));
        assert_eq!(peer.ask(&batch(3)), format!("[{}]", vec![result(13, 1); 3].join(",")));
        let refusal = fault(
            -32600,
            "Invalid Request",
            "a batch of 4 calls is over the limit of 3; send fewer at a time, or raise `Limits::max_batch_calls`",
            "null",
        );
        assert_eq!(peer.ask(&batch(4)), refusal);
        assert_eq!(peer.ask(&batch(1)), format!("[{}]", result(13, 1)));
    });
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
    let batch = |calls: usize| format!("[{}]", vec![call("add", "[1,2]", 1); calls].join(","));
    assert_eq!(peer.ask(&batch(1000)).matches("result").count(), 1000);
    assert!(peer.ask(&batch(1001)).contains("a batch of 1001 calls is over the limit of 1000"));
}

#[test]
fn the_replies_of_a_batch_find_room_or_are_refused_one_by_one() {
    let limits = Limits { max_message_bytes: 20_000, ..Limits::default() };
    for model in Model::ALL {
        let server = model.start(RpcServer::exported().limits(limits));
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        let calls = [
            call("repeat", r#"["x",15000]"#, 1),
            call("repeat", r#"["x",15000]"#, 2),
            call("refuse", &format!(r#"[5,"{}"]"#, "x".repeat(6000)), 3),
            call("add", "[1,2]", 4),
            call("repeat", r#"["x",1000]"#, 5),
        ];
        let reply = peer.ask(&format!("[{}]", calls.join(",")));
        assert!(reply.len() <= limits.max_message_bytes, "{}", reply.len());
        let replies: Vec<Value> = serde_json::from_str(&reply).unwrap();
        assert_eq!(replies[0]["result"], "x".repeat(15_000), "{model:?}");
        for (index, method) in [(1, "`repeat`"), (2, "`refuse`")] {
            assert_eq!(replies[index]["error"]["code"], -32006);
            let message = replies[index]["error"]["message"].as_str().unwrap();
            assert!(message.starts_with(&format!("{method} has run")), "{message}");
            assert!(message.contains("finds no room: those of a batch take"), "{message}");
            assert!(message.contains("20000"), "{message}");
        }
        assert_eq!(replies[3]["result"], 13);
        assert_eq!(replies[4]["result"], "x".repeat(1000));
        assert_eq!(peer.ask(&call("add", "[1,2]", 6)), result(13, 6));
    }
}

#[test]
fn a_text_that_does_not_parse_is_answered_in_the_dialect_it_was_to_be_in() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let connect = || Peer::connect(server.address(), Framing::LengthPrefix);
    let native = r#"{"error":{"code":-32700"#;
    let json_rpc = r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error""#;
    for (text, expected) in [
        ("{", native),
        ("{\"method_name\"", native),
        ("[1", json_rpc),
        (" [", json_rpc),
        (r#"{"jsonrpc":"2.0","method":add}"#, json_rpc),
    ] {
        let mut peer = connect();
        peer.send(text);
        peer.finish();
        let replies = peer.receive_all();
        assert!(replies.len() == 1 && replies[0].starts_with(expected), "{replies:?} to {text}");
    }
    // On a connection that has spoken, in the dialect it spoke last.
    let mut peer = connect();
    assert_eq!(peer.ask(&call("add", "[1,2]", 1)), result(13, 1));
    peer.send("{");
    assert!(peer.receive().unwrap().starts_with(json_rpc));
    let mut peer = connect();
    assert_eq!(peer.ask(&call("add", "[1,2]", 1)), result(13, 1));
    assert_eq!(peer.ask(r#"{"method_name":"nothing"}"#), r#"{"res":null}"#);
    peer.send("[");
    assert!(peer.receive().unwrap().starts_with(native));
}
