//! A call with arguments by position and by name reaches servers whose dialect has but one of the two.

#![allow(clippy::unwrap_used)]

use std::sync::mpsc::channel;
use std::time::Duration;

use examples::add;
use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::error::{IoErrorKind, Misuse};
use rpc_core::protocol::Framing;
use rpc_core::{AsyncRpcClient, Error, RpcClient, RpcServer, Stub, args, call, kwargs};
use serde_json::{Value, json};
use tests::{Fake, Model, Running, python, run, weigh};

/// What a client that speaks so is connected to: a server of ours, by this kind of address.
fn ways() -> [(ClientBuilder, &'static str); 5] {
    let builder = |dialect| RpcClient::builder().dialect(dialect);
    [
        (builder(Dialect::JsonRpc), "tcp"),
        (builder(Dialect::JsonRpc).framing(Framing::Raw), "tcp"),
        (RpcClient::builder(), "ws"),
        (RpcClient::builder(), "http"),
        (builder(Dialect::XmlRpc), "http"),
    ]
}

#[test]
fn positions_and_names_are_folded_by_the_servers_description() {
    for model in [Model::ThreadPerConnection, Model::EventLoop] {
        let server = model.start(RpcServer::exported());
        for (builder, scheme) in ways() {
            let url = format!("{scheme}://{}/", server.address());
            let url = url.strip_prefix("tcp://").map_or(&*url, |url| url.trim_end_matches('/'));
            let client = builder.connect(url).unwrap();
            let place = format!("{model:?}, {scheme}, {builder:?}");
            for _ in 0..2 {
                let sum = client.call::<i64>("add", args![1, 2], kwargs! { c: 3 });
                assert_eq!(sum.unwrap(), 6, "{place}");
                let sum = client.call::<i64>("add", args![1], kwargs! { c: 3, b: 2 });
                assert_eq!(sum.unwrap(), 6, "{place}");
            }
            // Stubs know the names themselves.
            assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6, "{place}");
            assert_eq!(client.add(1, 2).call().unwrap(), 13, "{place}");
            let started = client.batch(|calls| {
                let by_name = calls.call::<i64>("add", args![1, 2], kwargs! { c: 3 });
                (by_name, calls.add(1, 2).c(3).call())
            });
            assert_eq!(started.unwrap(), (6, 6), "{place}");
            let twice = client.call::<i64>("add", args![1, 2], kwargs! { b: 3 }).unwrap_err();
            assert!(twice.to_string().contains("`b` is given twice"), "{place}: {twice}");

            run(async {
                let client = builder.connect_async(url).await.unwrap();
                for _ in 0..2 {
                    let sum = client.call::<i64>("add", args![1, 2], kwargs! { c: 3 });
                    assert_eq!(sum.await.unwrap(), 6, "{place}");
                }
                assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6, "{place}");
                let other = builder.connect_async(url).await.unwrap();
                let calls: Vec<_> = (0..5)
                    .map(|n| tokio::spawn(other.call::<i64>("add", args![n, 2], kwargs! { c: 3 })))
                    .collect();
                for (n, call) in (5..).zip(calls) {
                    assert_eq!(call.await.unwrap().unwrap(), n, "{place}");
                }
            });
        }
    }
}

#[test]
fn where_there_are_positions_only_what_has_none_goes_as_keywords() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let builder = RpcClient::builder().dialect(Dialect::XmlRpc);
    let client = builder.connect(format!("http://{}/", server.address())).unwrap();
    assert_eq!(call!(client.weigh(1, b = 2, c = 3)).unwrap(), 123);
    assert_eq!(call!(client.weigh(1, b = 2)).unwrap(), 123);
    assert_eq!(call!(client.weigh(1, c = 4)).unwrap(), 104);
    let by_name = client.call::<i64>("math.weigh", args![1], kwargs! { c: 4 });
    assert_eq!(by_name.unwrap(), 104);
    let unknown = client.call::<i64>("math.weigh", args![1], kwargs! { d: 3 }).unwrap_err();
    assert!(unknown.to_string().contains("no parameter `d`"), "{unknown}");
}

#[test]
fn the_server_is_asked_once_for_each_function() {
    let (heard, log) = channel();
    let server = Fake::start(Framing::Raw, move |mut peer| {
        while let Some(message) = peer.receive() {
            let call: Value = serde_json::from_str(&message).unwrap();
            let describe = json!({"parameters": [
                {"name": "a", "kind": "required"}, {"name": "b", "kind": "default"},
                {"name": "rest", "kind": "args"}, {"name": "c", "kind": "optional"},
            ]});
            let is_question = call["method"] == "system.describe";
            let result = if is_question { describe } else { call["params"].clone() };
            peer.send(&json!({"jsonrpc": "2.0", "id": call["id"], "result": result}).to_string());
            heard.send(call["method"].as_str().unwrap().to_owned()).unwrap();
        }
    });
    let builder = RpcClient::builder().framing(Framing::Raw).dialect(Dialect::JsonRpc);
    let client = builder.connect(server.address()).unwrap();
    for _ in 0..3 {
        let folded: Value = client.call("f", args![1, 2], kwargs! { c: 3 }).unwrap();
        assert_eq!(folded, json!({"a": 1, "b": 2, "c": 3}));
    }
    let folded: Value = client.call("f", args![1, 2, 3, 4], kwargs! { c: 3 }).unwrap();
    assert_eq!(folded, json!({"a": 1, "b": 2, "rest": [3, 4], "c": 3}));
    // What has one kind needs no names.
    assert_eq!(client.call::<Value>("g", args![1, 2], kwargs! {}).unwrap(), json!([1, 2]));
    drop(client);
    run(async {
        let client = builder.connect_async(server.address()).await.unwrap();
        for _ in 0..3 {
            let folded = client.call::<Value>("f", args![1, 2], kwargs! { c: 3 }).await;
            assert_eq!(folded.unwrap(), json!({"a": 1, "b": 2, "c": 3}));
        }
    });
    drop(server);
    let asked = ["system.describe", "f", "f", "f", "f", "g", "system.describe", "f", "f", "f"];
    assert_eq!(log.try_iter().collect::<Vec<_>>(), asked);
}

#[test]
fn a_server_that_does_not_describe_its_functions_is_named_as_the_reason() {
    let Some(mut command) = python("http_server.py") else { return };
    let mut server = Running::start(command.arg("HTTP/1.1"));
    let url = format!("http://127.0.0.1:{}/length", server.line());
    let client = RpcClient::connect(&url).unwrap();
    for _ in 0..3 {
        let error = client.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).unwrap_err();
        assert!(!error.may_have_run() && matches!(error, Error::Misuse(Misuse::Argument(_))));
        let error = error.to_string();
        assert!(error.contains("give all of them in one way"), "{error}");
        assert!(
            error.contains("asking the server for its parameters: no 'system.describe'"),
            "{error}"
        );
    }
    assert_eq!(client.call::<i64>("add", (), kwargs! { a: 1, b: 2, c: 3 }).unwrap(), 6);
    assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6);
    let [_, calls] = client.call::<[u64; 2]>("counts", (), ()).unwrap();
    assert_eq!(calls, 4, "it was asked once");
    run(async {
        let client = AsyncRpcClient::connect(&url).await.unwrap();
        for _ in 0..2 {
            let call = client.call::<i64>("add", args![1, 2], kwargs! { c: 3 });
            call.await.unwrap_err();
        }
    });
    let [_, calls] = client.call::<[u64; 2]>("counts", (), ()).unwrap();
    assert_eq!(calls, 6);
}

#[test]
fn the_question_is_asked_within_the_calls_time_and_its_end_is_not_the_calls() {
    let server = Fake::start(Framing::Raw, |mut peer| while peer.receive().is_some() {});
    let builder = RpcClient::builder().framing(Framing::Raw).dialect(Dialect::JsonRpc);
    let builder = builder.call_timeout(Duration::from_millis(50));
    let check = |error: Error| {
        let is_late =
            matches!(&error, Error::Io(error) if matches!(error.kind(), IoErrorKind::TimedOut(_)));
        assert!(is_late && !error.may_have_run(), "{error}");
    };
    let client = builder.connect(server.address()).unwrap();
    check(client.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).unwrap_err());
    drop(client);
    run(async {
        let client = builder.connect_async(server.address()).await.unwrap();
        check(client.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).await.unwrap_err());
        check(client.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).await.unwrap_err());
    });
}
