//! Metadata as it is written, in messages and in headers, and what is no metadata.

#![allow(clippy::unwrap_used)]

use std::sync::mpsc;

use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::error::Misuse;
use rpc_core::protocol::{Framing, Limits};
use rpc_core::{Error, RpcClient, RpcServer, Stub, args};
use serde_json::{Value, json};
use tests::{EVERY_FRAMING, Fake, HttpPeer, Model, Peer, Running, curl, metadata, run};

/// Asks a server what it knows under a name, with a member that says it.
fn ask(peer: &mut Peer, name: &str, member: &str) -> Value {
    let name = json!(name);
    let call = format!(
        r#"{{"method_name":"metadata","method_args":[{name}],"id":1,"metadata":{member}}}"#
    );
    serde_json::from_str(&peer.ask(&call)).unwrap()
}

#[test]
fn an_object_of_strings_is_metadata_and_nothing_else_is() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        for (name, member, value) in [
            ("trace", r#"{"trace":"7"}"#, json!("7")),
            ("trace", r#"{ "a":"" , "trace" : "\u00e9\"\n" }"#, json!("\u{e9}\"\n")),
            ("trace", r#"{"tr\u0061ce":"7"}"#, json!("7")),
            ("", r#"{"":"nobody"}"#, json!("nobody")),
            ("a b\n\u{0}\u{e9}", r#"{"a b\n\u0000\u00e9":"7"}"#, json!("7")),
            ("trace", "{}", json!(null)),
            // Of several the first counts, as of several headers.
            ("trace", r#"{"trace":"1","trace":"2","TRACE":"3"}"#, json!("1")),
        ] {
            assert_eq!(ask(&mut peer, name, member), json!({"res": value, "id": 1}), "{member}");
        }
        for (member, what) in [
            ("5", "`metadata` must be an object of strings"),
            ("null", "`metadata` must be an object of strings"),
            (r#"["trace","7"]"#, "`metadata` must be an object of strings"),
            (r#""trace""#, "`metadata` must be an object of strings"),
            (r#"{"trace":7}"#, "`trace` in it is none"),
            (r#"{"a":"b","trace":null,"c":5}"#, "`trace` in it is none"),
            (r#"{"trace":{"a":"b"}}"#, "`trace` in it is none"),
            (r#"{"a":"b"},"metadata":{"a":"c"}"#, "`metadata` is given twice"),
        ] {
            let reply = ask(&mut peer, "trace", member);
            assert_eq!((&reply["error"]["code"], &reply["id"]), (&json!(-32600), &json!(1)));
            assert!(reply["error"]["message"].as_str().unwrap().contains(what), "{reply}");
        }
        // The connection lives on, and nothing is left of what was said before.
        let plain = r#"{"method_name":"metadata","method_args":["trace"],"id":1}"#;
        ask(&mut peer, "trace", r#"{"trace":"7"}"#);
        assert_eq!(peer.ask(plain), r#"{"res":null,"id":1}"#);
    });
}

#[test]
fn in_json_rpc_what_is_no_metadata_is_a_member_that_nobody_knows() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    let mut ask = |member: &str| -> Value {
        let call = format!(
            r#"{{"jsonrpc":"2.0","method":"metadata","params":["trace"],"metadata":{member},"id":1}}"#
        );
        serde_json::from_str::<Value>(&peer.ask(&call)).unwrap()["result"].take()
    };
    assert_eq!(ask(r#"{"trace":"7"}"#), "7");
    for member in ["5", "null", "[]", r#"{"trace":7}"#, r#"{"trace":"7","a":{}}"#] {
        assert_eq!(ask(member), Value::Null, "{member}");
    }
    let batch = r#"[
        {"jsonrpc":"2.0","method":"metadata","params":["trace"],"id":1,"metadata":{"trace":"1"}},
        {"jsonrpc":"2.0","method":"metadata","params":["trace"],"id":2},
        {"jsonrpc":"2.0","method":"metadata_later","params":["trace"],"id":3,"metadata":{"trace":"3"}}
    ]"#;
    let replies: Value = serde_json::from_str(&peer.ask(batch)).unwrap();
    let results: Vec<_> =
        replies.as_array().unwrap().iter().map(|reply| reply["result"].clone()).collect();
    assert_eq!(results, [json!("1"), json!(null), json!("3")]);
}

#[test]
fn metadata_twice_is_refused_in_every_dialect_that_has_any() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        for second in [r#"{"trace":"8"}"#, "5", "null", r#"{"trace":7}"#] {
            for members in [
                format!(r#""metadata":{{"trace":"7"}},"metadata":{second}"#),
                format!(r#""metadata":{second},"metadata":{{"trace":"7"}}"#),
            ] {
                let call = format!(
                    r#"{{"jsonrpc":"2.0","method":"metadata","params":["trace"],{members},"id":1}}"#
                );
                let refused: Value = serde_json::from_str(&peer.ask(&call)).unwrap();
                let error = &refused["error"];
                let expected = (&json!(-32600), &json!("member `metadata` is given twice"));
                assert_eq!((&error["code"], &error["data"]), expected, "{model:?} {members}");
                let batch: Value = serde_json::from_str(&peer.ask(&format!("[{call}]"))).unwrap();
                assert_eq!(batch[0], refused, "{model:?} {members}");
                let call = format!(
                    r#"{{"method_name":"metadata","method_args":["trace"],{members},"id":1}}"#
                );
                let refused: Value = serde_json::from_str(&peer.ask(&call)).unwrap();
                assert_eq!(refused["error"]["code"], -32600, "{model:?} {members}");
            }
        }
    });
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    let ping = r#"{"in":"metadata","params":"trace","metadata":{},"metadata":{"trace":"7"}}"#;
    assert_eq!(peer.ask(ping), r#"{"result":null,"out":"metadata"}"#);
}

#[test]
fn the_ping_dialect_has_none() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    let reply = peer.ask(r#"{"in":"metadata","params":"trace","metadata":{"trace":"7"}}"#);
    assert_eq!(reply, r#"{"result":null,"out":"metadata"}"#);
    // So it is ignored whatever it is, as what else the dialect does not know.
    for member in [r#""metadata":7"#, r#""metadata":{"a":1}"#, r#""notify":7,"timeout_ms":"x""#] {
        let reply = peer.ask(&format!(r#"{{"in":"metadata","params":"trace",{member}}}"#));
        assert_eq!(reply, r#"{"result":null,"out":"metadata"}"#, "{member}");
    }
}

#[test]
fn much_of_it_is_held_to_the_limit_of_messages() {
    let limits = Limits { max_message_bytes: 3_000_000, ..Limits::default() };
    let server = Model::ThreadPerConnection.start(RpcServer::exported().limits(limits));
    for framing in EVERY_FRAMING {
        let mut peer = Peer::connect(server.address(), framing);
        let long = "x".repeat(1_000_000);
        let reply = ask(&mut peer, "trace", &json!({"trace": long}).to_string());
        assert_eq!(reply["res"].as_str().map(str::len), Some(1_000_000));
        let many =
            (0..100_000).map(|n| format!(r#""key {n}":"{n}","#)).collect::<Vec<_>>().concat();
        let reply = ask(&mut peer, "TRACE", &format!(r#"{{{many}"trace":"7"}}"#));
        assert_eq!(reply["res"], "7");
    }
    let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
    let long = "x".repeat(3_000_000);
    let reply = ask(&mut peer, "trace", &json!({"trace": long}).to_string());
    assert_eq!(reply["error"]["code"], -32004, "{reply}");

    let client = RpcClient::builder().limits(limits).connect(server.address()).unwrap();
    let error = client.with_metadata("trace", long).metadata("trace").call().unwrap_err();
    assert!(matches!(error, Error::Misuse(Misuse::CallTooLarge { .. })), "{error}");
    assert_eq!(client.metadata("trace").call().unwrap(), None);
}

#[test]
fn it_is_written_as_documented_and_only_where_there_is_some() {
    let (says, said) = mpsc::channel();
    let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
        while let Some(call) = peer.receive() {
            says.send(call).unwrap();
            peer.send(r#"{"res":"x","id":0}"#);
        }
    });
    let call = |builder: ClientBuilder, own: bool| {
        let client = builder.connect(server.address()).unwrap();
        let _ = if own {
            client.with_metadata("a", "\u{e9}\"").metadata("x").call()
        } else {
            client.metadata("x").call()
        };
        said.recv().unwrap()
    };
    let native = ClientBuilder::default;
    let json_rpc = || native().dialect(Dialect::JsonRpc);
    assert_eq!(
        call(native(), false),
        r#"{"method_name":"metadata","method_args":["x"],"method_kwargs":{},"id":0}"#
    );
    assert_eq!(
        call(native().metadata("b", "2").metadata("A", "1"), true),
        "{\"method_name\":\"metadata\",\"method_args\":[\"x\"],\"method_kwargs\":{},\
         \"metadata\":{\"a\":\"\u{e9}\\\"\",\"b\":\"2\"},\"id\":0}"
    );
    let plain = r#"{"jsonrpc":"2.0","method":"metadata","params":["x"],"id":0}"#;
    assert_eq!(call(json_rpc(), false), plain);
    assert_eq!(
        call(json_rpc().metadata("b", "1").metadata("B", "2"), false),
        plain.replace(r#""id""#, r#""metadata":{"B":"2"},"id""#)
    );
}

#[test]
fn over_http_it_is_headers_and_the_body_stays_as_it_is() {
    let (says, said) = mpsc::channel();
    let server = Fake::start_http(move |mut peer| {
        while let Some((head, body)) = peer.receive_whole_request() {
            says.send((head, body)).unwrap();
            peer.respond(200, r#"{"jsonrpc":"2.0","result":"x","id":0}"#);
        }
    });
    let url = format!("http://{}/", server.address());
    let builder = RpcClient::builder().header("X-Team", "t").metadata("tenant", "acme");
    let client = builder.connect(&url).unwrap();
    let _ = client.metadata("x").call();
    let (plain, body) = said.recv().unwrap();
    assert!(plain.ends_with("\r\nX-Team: t\r\ntenant: acme\r\n"), "{plain}");
    let _ =
        client.with_metadata("traceparent", "7").with_metadata("Tenant", "b").metadata("x").call();
    let (head, own_body) = said.recv().unwrap();
    let expected = plain.replace("tenant: acme\r\n", "Tenant: b\r\ntraceparent: 7\r\n");
    assert_eq!((head, own_body.replace(r#""id":1"#, r#""id":0"#)), (expected, body));
}

#[test]
fn what_cannot_be_a_header_ends_the_call_before_it_is_sent() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let url = format!("http://{}", server.address());
    let client = RpcClient::connect(&url).unwrap();
    let check = |error: Error, name: &str| {
        assert!(matches!(error, Error::Misuse(Misuse::Metadata { .. })), "{error}");
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
        assert!(!error.may_have_run());
    };
    for (name, value) in [
        ("Content-Length", "5"),
        ("content-type", "text/plain"),
        ("Host", "evil.example"),
        ("Connection", "close"),
        ("Transfer-Encoding", "chunked"),
        ("Expect", "100-continue"),
        ("Sec-WebSocket-Key", "x"),
        ("a b", "x"),
        ("", "x"),
        ("{", "x"),
        ("\u{e9}", "x"),
        ("a:", "x"),
        ("a\r\nb", "x"),
        ("trace", "a\r\nHost: b"),
        ("trace", "\u{0}"),
        ("trace", " a"),
        ("trace", "a\t"),
    ] {
        let bad = client.with_metadata(name, value);
        check(bad.metadata("x").call().unwrap_err(), name);
        check(bad.metadata("x").notify().unwrap_err(), name);
        let told = client.batch_outcomes(|calls| {
            (calls.metadata("x").call(), calls.with_metadata(name, value).metadata("x").call())
        });
        assert_eq!(told.0.unwrap(), None);
        check(told.1.unwrap_err(), name);
        let builder = RpcClient::builder().metadata(name, value);
        check(builder.connect(&url).unwrap_err(), name);
        run(async {
            let client = rpc_core::AsyncRpcClient::connect(&url).await.unwrap();
            check(client.with_metadata(name, value).metadata("x").call().await.unwrap_err(), name);
            check(builder.connect_async(&url).await.unwrap_err(), name);
        });
        // In a message there is room for any of them.
        let client = RpcClient::connect(server.address()).unwrap();
        let told = client.with_metadata(name, value).metadata(name).call().unwrap();
        assert_eq!(told.as_deref(), Some(value));
    }
    assert_eq!(client.metadata("x").call().unwrap(), None);
    let values = ["", "a b", "{", "\u{e9}", "a\tb"];
    for value in values {
        let told = client.with_metadata("trace", value).metadata("trace").call().unwrap();
        assert_eq!(told.as_deref(), Some(value));
    }
}

#[test]
fn a_dialect_without_a_place_for_it_says_so() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let builder = RpcClient::builder().dialect(Dialect::Ping);
    let error = builder.clone().metadata("trace", "7").connect(server.address()).unwrap_err();
    assert!(matches!(error, Error::Misuse(Misuse::Metadata { .. })), "{error}");
    let client = builder.connect(server.address()).unwrap();
    let traced = client.with_metadata("trace", "7");
    let error = traced.call::<Value>("metadata", args!["trace"], ()).unwrap_err();
    assert!(error.to_string().contains("no place"), "{error}");
    run(async {
        let client = builder.connect_async(server.address()).await.unwrap();
        let traced = client.with_metadata("trace", "7");
        let error = traced.call::<Value>("metadata", args!["trace"], ()).await.unwrap_err();
        assert!(error.to_string().contains("no place"), "{error}");
    });
    let url = format!("http://{}", server.address());
    let client = builder.connect(url).unwrap().into_with_metadata("trace", "7");
    assert_eq!(client.call::<String>("metadata", args!["trace"], ()).unwrap(), "7");
}

#[test]
fn the_message_counts_before_the_headers() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = HttpPeer::connect(server.address());
    let body = json!({"method_name": "metadata", "method_args": ["trace"],
        "metadata": {"trace": "of the message", "other": "x"}});
    let headers = "Trace: of the request\r\n";
    let reply = peer.exchange(&HttpPeer::post(headers, &body.to_string())).body;
    assert_eq!(reply, r#"{"res":"of the message"}"#);
    let reply =
        peer.exchange(&HttpPeer::post(headers, &body.to_string().replace("\"trace\":", "\"a\":")));
    assert_eq!(reply.body, r#"{"res":"of the request"}"#);
}

#[test]
fn programs_of_others_say_it_with_headers() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let Some(mut curl) = curl() else { return };
    let body = r#"{"jsonrpc":"2.0","method":"metadata","params":["traceparent"],"id":1}"#;
    let command = curl.args(["--json", body, "-H", "traceparent: 00-4bf9-01"]);
    let lines = Running::lines(command.arg(format!("http://{}", server.address())));
    assert_eq!(lines, [r#"{"jsonrpc":"2.0","result":"00-4bf9-01","id":1}"#]);
}
