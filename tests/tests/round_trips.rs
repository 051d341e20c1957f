//! Any value that JSON has comes back as it was sent, in every framing and dialect.

#![allow(clippy::unwrap_used)]

use proptest::collection::{btree_map, vec};
use proptest::num::f64::{NORMAL, SUBNORMAL, ZERO};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rpc_core::types::Bytes;
use rpc_core::{RpcClient, RpcServer, Stub, rpc_export};
use serde_json::Value;
use tests::{DIALECTS, EVERY_FRAMING, Model, same};

/// Answers with the bytes it is sent.
#[rpc_export]
fn same_bytes(bytes: &[u8]) -> Bytes<'_> {
    Bytes::from(bytes)
}

fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (NORMAL | SUBNORMAL | ZERO).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

/// Runs a property against a client for every way to speak.
fn everyhow<T: std::fmt::Debug>(
    values: &impl Strategy<Value = T>,
    property: impl Fn(&RpcClient, &T),
) {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    for framing in EVERY_FRAMING {
        for dialect in DIALECTS {
            let builder = RpcClient::builder().framing(framing).dialect(dialect);
            let client = builder.connect(server.address()).unwrap();
            let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
            let run = TestRunner::new(config).run(values, |value| {
                property(&client, &value);
                Ok(())
            });
            run.unwrap_or_else(|failure| panic!("{failure} ({builder:?})"));
        }
    }
}

#[test]
fn any_value_comes_back_as_it_was_sent() {
    everyhow(&values(), |client, value| {
        assert_eq!(&client.same(value.clone()).call().unwrap(), value);
        let by_name: Value =
            client.call("same", (), std::collections::BTreeMap::from([("value", value)])).unwrap();
        assert_eq!(&by_name, value);
    });
}

#[test]
fn any_text_comes_back_as_it_was_sent() {
    everyhow(&any::<String>(), |client, text| {
        assert_eq!(&client.call::<String>("echo", [text], ()).unwrap(), text);
    });
}

#[test]
fn any_bytes_come_back_as_they_were_sent() {
    everyhow(&vec(any::<u8>(), 0..100), |client, bytes| {
        assert_eq!(&client.same_bytes(bytes).call().unwrap().into_vec(), bytes);
    });
}
