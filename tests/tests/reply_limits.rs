//! Whatever a function comes to, its reply keeps to the limits, so that a peer with the same limits can
//! read it and loses no other call.

#![allow(clippy::unwrap_used, clippy::unused_async)]

use std::collections::BTreeMap;

use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::protocol::{Framing, Limits, code};
use rpc_core::server::ServerHandle;
use rpc_core::{Error, RpcClient, RpcServer, Stub, args, rpc_export};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tests::{DIALECTS, Model, Peer};

/// Fails with a text of so many letters.
#[rpc_export]
fn fail_at_length(length: usize) -> Result<(), String> {
    Err("x".repeat(length))
}

/// Does the same, some time.
#[rpc_export]
async fn fail_later(length: usize) -> Result<(), String> {
    Err("x".repeat(length))
}

/// Fails with data that nests so deep.
#[rpc_export]
fn fail_deep(levels: usize) -> Result<(), rpc_core::Fault> {
    Err(rpc_core::Fault::new(402, "deep").with_data(&nested(levels)))
}

/// A value that nests so deep.
#[rpc_export]
fn deep(levels: usize) -> Value {
    nested(levels)
}

/// The same some time.
#[rpc_export]
async fn deep_later(levels: usize) -> Value {
    nested(levels)
}

/// The same from a thread that may be blocked.
#[rpc_export(blocking)]
fn deep_blocking(levels: usize) -> Value {
    nested(levels)
}

/// The same as text that is JSON already.
#[rpc_export]
fn deep_text(levels: usize) -> Box<RawValue> {
    RawValue::from_string("[".repeat(levels) + &"]".repeat(levels)).unwrap()
}

/// Half of a surrogate pair, which `serde_json` lets pass in a text that it does not decode.
#[rpc_export]
fn half() -> Box<RawValue> {
    RawValue::from_string(r#""\ud800""#.to_owned()).unwrap()
}

fn nested(levels: usize) -> Value {
    (1..levels).fold(json!([]), |inner, _| json!([inner]))
}

/// Every way to a server, with the dialect spoken.
fn everyhow() -> Vec<(Dialect, ClientBuilder, &'static str)> {
    let way = |dialect, scheme| (dialect, RpcClient::builder().dialect(dialect), scheme);
    let mut ways = Vec::new();
    for dialect in DIALECTS {
        ways.push(way(dialect, ""));
        ways.push((dialect, RpcClient::builder().dialect(dialect).framing(Framing::Raw), ""));
    }
    for dialect in [Dialect::Native, Dialect::JsonRpc] {
        ways.extend([way(dialect, "http://"), way(dialect, "ws://")]);
    }
    ways.push(way(Dialect::XmlRpc, "http://"));
    ways
}

/// The address with a scheme.
fn at(scheme: &str, server: &ServerHandle) -> String {
    let path = if scheme.is_empty() { "" } else { "/" };
    format!("{scheme}{}{path}", server.address())
}

/// Has every kind of client call a server of each model.
fn everywhere(limits: Limits, test: impl Fn(&RpcClient, Dialect) + Sync) {
    Model::each(|model| {
        for (dialect, builder, scheme) in everyhow() {
            let server = model.start(RpcServer::exported().limits(limits));
            let client = builder.limits(limits).connect(at(scheme, &server)).unwrap();
            test(&client, dialect);
        }
    });
}

fn add(client: &RpcClient) {
    assert_eq!(client.call::<i64>("add", args![1, 2], ()).unwrap(), 13);
}

#[test]
fn an_error_over_the_limit_is_a_small_one_that_says_so() {
    let limits = Limits { max_message_bytes: 3000, ..Limits::default() };
    everywhere(limits, |client, dialect| {
        for method in ["fail_at_length", "fail_later"] {
            let kept = client.call::<()>(method, args![1000], ()).unwrap_err();
            assert_eq!(kept.fault().unwrap().message().len(), 1000);
            let refused = client.call::<()>(method, args![4000], ()).unwrap_err();
            assert_eq!(refused.code(), Some(code::REPLY_TOO_LARGE), "{dialect:?}: {refused}");
            let said = refused.to_string();
            assert!(said.starts_with(&format!("`{method}` has run and failed (code 1), but its")));
            assert!(said.contains("bytes, over the limit of 3000"), "{said}");
            assert!(refused.may_have_run() && said.len() < 300, "{said}");
            add(client);
        }
    });
}

#[test]
fn what_nests_too_deep_for_its_reply_is_a_fault_and_other_calls_go_on() {
    everywhere(Limits::default(), |client, dialect| {
        // With the levels of the message that is around it.
        let most = if dialect == Dialect::XmlRpc { 126 } else { 127 };
        for method in ["deep", "deep_later", "deep_blocking", "deep_text"] {
            let result = client.call::<Value>(method, args![most], ()).unwrap();
            assert_eq!(result, nested(most), "{dialect:?}");
            for levels in [most + 1, 128, 129] {
                let refused = client.call::<Value>(method, args![levels], ()).unwrap_err();
                assert_eq!(refused.code(), Some(code::REPLY_TOO_LARGE), "{dialect:?}: {refused}");
                let said = refused.to_string();
                assert!(said.starts_with("the function has run, but its result"), "{said}");
                assert!(said.contains(&format!("deeper than {most} levels")), "{said}");
                add(client);
            }
        }
        let refused = client.call::<Value>("half", (), ()).unwrap_err();
        assert!(refused.to_string().contains("surrogate"), "{refused}");
        add(client);
    });
}

#[test]
fn data_that_nests_too_deep_for_its_reply_is_a_fault_and_other_calls_go_on() {
    everywhere(Limits::default(), |client, dialect| {
        if matches!(dialect, Dialect::XmlRpc) {
            return;
        }
        let kept = client.call::<()>("fail_deep", args![126], ()).unwrap_err();
        assert_eq!(kept.fault().unwrap().data(), Some(nested(126).to_string().as_str()));
        for levels in [127, 128] {
            let refused = client.call::<()>("fail_deep", args![levels], ()).unwrap_err();
            assert_eq!(refused.code(), Some(code::REPLY_TOO_LARGE), "{dialect:?}: {refused}");
            assert_eq!(
                refused.fault().unwrap().message(),
                "`fail_deep` has run and failed (code 402), but its error nests its data deeper than \
                 126 levels, which is what `Limits::max_depth` leaves"
            );
            add(client);
        }
    });
}

#[test]
fn a_lower_limit_of_depth_holds_both_ways() {
    let limits = Limits { max_depth: 8, ..Limits::default() };
    everywhere(limits, |client, dialect| {
        let most = if dialect == Dialect::XmlRpc { 6 } else { 7 };
        assert_eq!(client.call::<Value>("deep", args![most], ()).unwrap(), nested(most));
        let refused = client.call::<Value>("deep", args![most + 1], ()).unwrap_err();
        assert_eq!(refused.code(), Some(code::REPLY_TOO_LARGE), "{dialect:?}: {refused}");
        add(client);
    });
}

/// The members of replies, which serde_json would not read whole: it has 127 levels.
type Reply = BTreeMap<String, Box<RawValue>>;

/// Asks several calls in one message.
fn ask_batch(peer: &mut Peer, batch: &Value) -> (usize, Vec<Reply>) {
    let text = peer.ask(&batch.to_string());
    (depth(&text), serde_json::from_str(&text).unwrap())
}

fn member(reply: &Reply, name: &str) -> Value {
    serde_json::from_str(reply[name].get()).unwrap()
}

/// How deep a text without brackets in its strings nests.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[test]
fn in_a_batch_and_in_a_call_of_several_the_arrays_around_a_result_count() {
    let call = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let several = |levels: usize| {
        let one = |method| json!({ "methodName": method, "params": [levels] });
        let calls = ["deep", "deep_later", "deep_blocking"].map(one);
        call("system.multicall", json!([calls]))
    };
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for framing in [Framing::Raw, Framing::LengthPrefix] {
            let mut peer = Peer::connect(server.address(), framing);
            for method in ["deep", "deep_later", "deep_blocking", "deep_text"] {
                let batch = json!([
                    call(method, json!([126])),
                    call(method, json!([127])),
                    call("fail_deep", json!([125])),
                    call("fail_deep", json!([126])),
                    several(124),
                    several(125),
                ]);
                let (depth, replies) = ask_batch(&mut peer, &batch);
                assert_eq!(depth, 128);
                let of = |index: usize, name| member(&replies[index], name);
                assert_eq!(of(0, "result"), nested(126));
                assert_eq!(of(1, "error")["code"], code::REPLY_TOO_LARGE);
                assert_eq!(of(2, "error")["data"], nested(125));
                assert_eq!(of(3, "error")["code"], code::REPLY_TOO_LARGE);
                for part in 0..3 {
                    assert_eq!(of(4, "result")[part][0], nested(124));
                    assert_eq!(of(5, "result")[part]["faultCode"], code::REPLY_TOO_LARGE);
                }
            }
            let mut ask = |levels| -> Reply {
                serde_json::from_str(&peer.ask(&several(levels).to_string())).unwrap()
            };
            assert_eq!(member(&ask(125), "result")[2][0], nested(125));
            assert_eq!(member(&ask(126), "result")[2]["faultCode"], code::REPLY_TOO_LARGE);
        }
    });
}

#[test]
fn in_a_batch_by_http_the_others_have_their_replies() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let client = RpcClient::builder().dialect(Dialect::JsonRpc);
        let client = client.connect(format!("http://{}/", server.address())).unwrap();
        let (deepest, too_deep, error, sum) = client.batch_outcomes(|calls| {
            (
                calls.call::<Value>("deep", args![126], ()),
                calls.call::<Value>("deep", args![127], ()),
                calls.call::<()>("fail_deep", args![128], ()),
                calls.call::<i64>("add", args![1, 2], ()),
            )
        });
        assert_eq!(deepest.unwrap(), nested(126));
        assert_eq!(too_deep.unwrap_err().code(), Some(code::REPLY_TOO_LARGE));
        assert_eq!(error.unwrap_err().code(), Some(code::REPLY_TOO_LARGE));
        assert_eq!(sum.unwrap(), 13);
    });
}

#[test]
fn a_call_that_the_server_finds_too_large_has_not_run_and_its_caller_knows() {
    let limits = Limits { max_message_bytes: 3000, ..Limits::default() };
    Model::each(|model| {
        for (_, builder, scheme) in everyhow() {
            let server = model.start(RpcServer::exported().limits(limits));
            let client = builder.connect(at(scheme, &server)).unwrap();
            let refused = client.call::<String>("echo", args!["x".repeat(5000)], ()).unwrap_err();
            assert!(matches!(refused, Error::Fault(_)), "{scheme} {refused:?}");
            assert_eq!(refused.code(), Some(code::TOO_LARGE), "{refused}");
            assert!(!refused.may_have_run());
            let refused = client.call::<String>("repeat", args!["x", 5000], ()).unwrap_err();
            assert_eq!(refused.code(), Some(code::REPLY_TOO_LARGE), "{refused}");
            assert!(refused.may_have_run());
        }
    });
}
