//! What a client is asked, it asks: typed, proxied and by name, in every framing and dialect.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap};
use std::net::TcpListener;

use examples::{add, echo, fail, greet, sleep_ms};
use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::error::{IoErrorKind, Misuse};
use rpc_core::protocol::{Framing, Limits, code};
use rpc_core::{CallError, Error, Fault, RpcClient, RpcServer, Stub, args, call, kwargs};
use serde_json::{Map, Value, json};
use tests::{DIALECTS, EVERY_FRAMING, Model, Refusal, divide, note, same, weigh, withdraw};

/// Every way for a client to speak.
fn everyhow() -> impl Iterator<Item = ClientBuilder> {
    EVERY_FRAMING.into_iter().flat_map(move |framing| {
        DIALECTS.map(|dialect| RpcClient::builder().framing(framing).dialect(dialect))
    })
}

/// Runs a test with a client for every model and way to speak.
fn everywhere(test: impl Fn(&RpcClient)) {
    for model in Model::ALL {
        let server = model.start(RpcServer::exported());
        for builder in everyhow() {
            test(&builder.connect(server.address()).unwrap());
            test(&builder.one_call_per_connection().connect(server.address()).unwrap());
        }
    }
}

#[test]
fn typed_calls_take_any_argument_by_position_or_by_name() {
    everywhere(|client| {
        assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6);
        assert_eq!(call!(client.add(1, 2, 3)).unwrap(), 6);
        assert_eq!(call!(client.add(c = 3, a = 1, b = 2)).unwrap(), 6);
        assert_eq!(call!(client.add(1, 2)).unwrap(), 13);
        assert_eq!(client.add(1, 2).c(3).call().unwrap(), 6);
        assert_eq!(client.add(1, 2).start().unwrap().wait().unwrap(), 13);
        assert_eq!(call!(client.greet("Ada", excited = true)).unwrap(), "Hello, Ada!");
        assert_eq!(client.echo("\"}{\n🦀").call().unwrap(), "\"}{\n🦀");
        assert_eq!(call!(client.note("x", importance = 2)).unwrap(), "x, Some(2), None");
        assert_eq!(
            call!(client.note("x", tags = vec!["a".into()])).unwrap(),
            r#"x, None, Some(["a"])"#
        );
        assert_eq!(call!(client.weigh(1, c = 5)).unwrap(), 105);
        let value = json!({"a": [1, null, {"b": "c"}], "d": -1.5});
        assert_eq!(client.same(value.clone()).call().unwrap(), value);
        client.sleep_ms(0).call().unwrap();
    });
}

#[test]
fn calls_by_name_take_what_can_be_written_and_give_what_can_be_read() {
    everywhere(|client| {
        let sum: i64 = client.call("add", args![1, 2], kwargs! {}).unwrap();
        assert_eq!(sum, 13);
        let sum: Value = client.call("add", args![], kwargs! { c: 3, b: 2, a: 1 }).unwrap();
        assert_eq!(sum, json!(6));
        assert_eq!(client.call::<u8>("add", vec![1, 2], ()).unwrap(), 13);
        assert_eq!(client.call::<Option<i64>>("add", [1, 2], ()).unwrap(), Some(13));
        assert_eq!(client.call::<i64>("add", &[1, 2][..], ()).unwrap(), 13);
        let names = [("a", 1), ("b", 2)];
        assert_eq!(client.call::<i64>("add", (), HashMap::from(names)).unwrap(), 13);
        assert_eq!(client.call::<i64>("add", (), BTreeMap::from(names)).unwrap(), 13);
        let names: Map<String, Value> = serde_json::from_str(r#"{"a": 1, "b": 2}"#).unwrap();
        assert_eq!(client.call::<i64>("add", (), names).unwrap(), 13);
        let list: Vec<Option<String>> = client.call("same", args![["a", "b"]], ()).unwrap();
        assert_eq!(list, [Some("a".to_owned()), Some("b".to_owned())]);
        client.call::<()>("nothing", (), ()).unwrap();
        assert_eq!(client.call::<Option<u8>>("nothing", (), ()).unwrap(), None);
    });
}

#[test]
fn positions_and_names_together_need_a_dialect_or_a_stub_that_has_both() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let client = RpcClient::connect(server.address()).unwrap();
    assert_eq!(client.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).unwrap(), 6);
    let client = RpcClient::builder().dialect(Dialect::Ping).connect(server.address()).unwrap();
    let refusal = client.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "this dialect takes arguments by position or by name, not both, and the function's parameters are not known; give all of them in one way, or use the function's typed stub, which knows its parameters"
    );
    assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6);
}

#[test]
fn a_functions_own_error_comes_back_as_its_type() {
    everywhere(|client| {
        assert_eq!(client.withdraw(30).call().unwrap(), 70);
        match client.withdraw(130).call().unwrap_err() {
            CallError::Function(refusal) => assert_eq!(refusal, Refusal::Missing(30)),
            CallError::Rpc(other) => panic!("{other}"),
        }
    });
}

#[test]
fn a_refusal_comes_back_with_its_code_and_says_whether_the_call_may_have_run() {
    everywhere(|client| {
        for (refusal, code, may_have_run) in [
            (client.call::<i64>("ad", [1, 2], ()), code::METHOD_NOT_FOUND, false),
            (client.call("add", [1], ()), code::INVALID_PARAMS, false),
            (client.call("fail", ["x"], ()), code::INTERNAL_ERROR, true),
            (client.call("refuse", args![402, "pay"], ()), 402, true),
        ] {
            let refusal = refusal.unwrap_err();
            assert_eq!(refusal.fault().unwrap().code(), code, "{refusal}");
            assert_eq!(refusal.may_have_run(), may_have_run, "{refusal}");
        }
        let refusal = client.fail("the secret").call().unwrap_err();
        assert_eq!(refusal.to_string(), "`fail` panicked; the server's log says why (code -32603)");
    });
}

#[test]
fn an_argument_that_cannot_be_sent_is_named_and_nothing_is_sent() {
    everywhere(|client| {
        for (refusal, message) in [
            (
                client.divide(1.0, f64::NAN).call().unwrap_err(),
                "argument `divisor` cannot be sent: NaN has no JSON form; send an `Option`, or a text",
            ),
            (
                client.call::<f64>("divide", args![f64::INFINITY, 1], ()).unwrap_err(),
                "argument 1 by position cannot be sent: inf has no JSON form; send an `Option`, or a text",
            ),
            (
                client.call::<f64>("divide", (), kwargs! { divisor: f32::NAN }).unwrap_err(),
                "argument `divisor` cannot be sent: NaN has no JSON form; send an `Option`, or a text",
            ),
            (
                client.call::<f64>("same", args![BTreeMap::from([((1, 2), 3)])], ()).unwrap_err(),
                "argument 1 by position cannot be sent: a map key must be a text, a number or a boolean",
            ),
        ] {
            assert!(matches!(refusal, Error::Misuse(Misuse::Argument(_))), "{refusal:?}");
            assert_eq!(refusal.to_string(), message);
            assert!(!refusal.may_have_run());
            assert_eq!(client.add(1, 2).call().unwrap(), 13);
        }
    });
}

#[test]
fn a_call_over_the_limit_is_refused_before_it_is_sent() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let limits = Limits { max_message_bytes: 1000, ..Limits::default() };
    for builder in everyhow() {
        let client = builder.limits(limits).connect(server.address()).unwrap();
        let refusal = client.echo(&"x".repeat(2000)).call().unwrap_err();
        assert!(
            matches!(&refusal, Error::Misuse(Misuse::CallTooLarge { method, size, limit: 1000 })
                if method == "echo" && *size > 2000),
            "{refusal}"
        );
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
    }
}

#[test]
fn a_call_over_the_servers_limit_is_told_so() {
    let limits = Limits { max_message_bytes: 1000, ..Limits::default() };
    let server = Model::ThreadPerConnection.start(RpcServer::exported().limits(limits));
    for builder in everyhow() {
        let client = builder.connect(server.address()).unwrap();
        let refusal = client.echo(&"x".repeat(2000)).call().unwrap_err();
        assert_eq!(
            refusal.fault().map(Fault::code),
            Some(code::TOO_LARGE),
            "{refusal}, {builder:?}"
        );
        assert_eq!(client.add(1, 2).call().unwrap(), 13, "on a new connection");
    }
}

#[test]
fn a_reply_over_the_clients_limit_is_an_error_and_not_a_wait() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let limits = Limits { max_message_bytes: 1000, ..Limits::default() };
    for builder in everyhow() {
        let client = builder.limits(limits).connect(server.address()).unwrap();
        let error = client.call::<String>("repeat", args!["x", 2000], ()).unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{error}");
        assert!(error.may_have_run());
        assert_eq!(client.add(1, 2).call().unwrap(), 13, "on a new connection");
    }
}

#[test]
fn only_so_many_calls_are_in_flight() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let limits = Limits { max_calls_in_flight: 3, ..Limits::default() };
    for builder in everyhow() {
        let client = builder.limits(limits).connect(server.address()).unwrap();
        let mut calls: Vec<_> = (0..3).map(|n| client.add(n, n).start().unwrap()).collect();
        let refusal = client.add(1, 2).call().unwrap_err();
        assert!(
            matches!(refusal, Error::Misuse(Misuse::TooManyInFlight { limit: 3 })),
            "{refusal}"
        );
        assert_eq!(calls.pop().unwrap().wait().unwrap(), 14);
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
        drop(calls.pop());
        calls.push(client.add(5, 5).start().unwrap());
        let sums: Vec<i64> = calls.into_iter().map(|call| call.wait().unwrap()).collect();
        assert_eq!(sums, [10, 20]);
    }
}

#[test]
fn a_result_of_another_type_names_the_function() {
    everywhere(|client| {
        let error = client.call::<String>("add", [1, 2], ()).unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{error:?}");
        assert_eq!(
            error.to_string(),
            "the result of `add` is not of the type asked for: invalid type: integer `13`, expected a string"
        );
        assert!(error.may_have_run());
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
    });
}

#[test]
fn a_server_that_is_not_there_is_reported_and_no_call_has_run() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let error = RpcClient::connect(address).unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::Connect), "{error}");
    let start = format!("connecting to {address}: cannot connect (");
    assert!(error.to_string().starts_with(&start), "{error}");

    let client = RpcClient::builder().one_call_per_connection().connect(address).unwrap();
    let error = client.add(1, 2).call().unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::Connect), "{error}");
    assert!(!error.may_have_run());

    let error = RpcClient::connect("no port in this").unwrap_err();
    assert!(
        error.to_string().starts_with("connecting to no port in this: cannot connect ("),
        "{error}"
    );
}

#[test]
fn a_value_that_panics_while_it_is_written_leaves_the_connection_whole() {
    struct Panics;
    impl serde::Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("no form today")
        }
    }
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    for builder in everyhow() {
        let client = builder.connect(server.address()).unwrap();
        let call = std::panic::AssertUnwindSafe(|| client.call::<i64>("add", args![1, Panics], ()));
        assert!(std::panic::catch_unwind(call).is_err());
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
    }
}

#[test]
fn the_default_is_length_prefixes_and_native_calls_with_ids() {
    let peer = tests::Fake::start(Framing::LengthPrefix, |mut peer| {
        let call = peer.receive().unwrap();
        assert_eq!(
            call,
            r#"{"method_name":"add","method_args":[1,2],"method_kwargs":{"c":3},"id":0}"#
        );
        peer.send(r#"{"res":6,"id":0}"#);
    });
    let client = RpcClient::connect(peer.address()).unwrap();
    assert_eq!(client.add(1, 2).c(3).call().unwrap(), 6);
}
