//! Where serde_json keeps the text of numbers and the order of members, both are sent and read as they are.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use rpc_core::client::Dialect;
use rpc_core::{FunctionRegistry, RpcClient, RpcServer, Stub, args, rpc_export};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Number, Value};
use tests::{DIALECTS, Model, both_ways, same};

/// Texts that no number of 64 bits is.
const NUMBERS: [&str; 9] = [
    "0",
    "-0",
    "0.10",
    "3.141592653589793238462643383279502884197",
    "18446744073709551616",
    "-9223372036854775809",
    "123456789012345678901234567890",
    "1e+400",
    "-1.50e-400",
];

/// A number in a list, a map and an option.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Numbers {
    list: Vec<Number>,
    map: BTreeMap<String, Number>,
    option: Option<Number>,
}

/// Answers with what it is sent.
#[rpc_export]
fn listed(listed: Numbers, number: Number) -> (Numbers, Number) {
    (listed, number)
}

#[rpc_export]
async fn numbers_later(value: Value) -> Value {
    value
}

/// Fails with the data it is sent.
#[rpc_export]
fn fail_with(data: Value) -> Result<(), rpc_core::Fault> {
    Err(rpc_core::Fault::new(7, "no").with_data(&data))
}

fn number(text: &str) -> Number {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_text_of_a_number_is_kept_in_every_dialect() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for dialect in DIALECTS {
            let client = RpcClient::builder().dialect(dialect).connect(server.address()).unwrap();
            for text in NUMBERS {
                let value: Value = serde_json::from_str(text).unwrap();
                let back = client.same(value.clone()).call().unwrap();
                assert_eq!(back.to_string(), text, "{dialect:?}");
                let raw: Box<RawValue> = client.call("same", args![&value], ()).unwrap();
                assert_eq!(raw.get(), text);
                let back = client.numbers_later(value.clone()).call().unwrap();
                assert_eq!(back.to_string(), text);
                let error = client.fail_with(value).call().unwrap_err();
                assert_eq!(rpc_core::Error::from(error).fault().unwrap().data(), Some(text));
            }
        }
        let url = format!("http://{}/", server.address());
        let client = RpcClient::builder().dialect(Dialect::XmlRpc).connect(url).unwrap();
        let value: Value = serde_json::from_str(r#"{"n":[1,-2,0.5]}"#).unwrap();
        assert_eq!(client.same(value.clone()).call().unwrap(), value);
    });
}

#[test]
fn typed_numbers_keep_their_text_wherever_they_stand() {
    let registry = FunctionRegistry::exported();
    both_ways!(registry, |client| {
        let all = || NUMBERS.map(number);
        let names = || NUMBERS.map(str::to_owned);
        let sent = || Numbers {
            list: all().to_vec(),
            map: names().into_iter().zip(all()).collect(),
            option: Some(number("0.10")),
        };
        let (back, one) = client.listed(sent(), number("1.10")).call().unwrap();
        assert_eq!((back, one), (sent(), number("1.10")));
    });
}

#[test]
fn a_list_of_numbers_is_not_taken_for_more_than_it_is() {
    let limits = rpc_core::protocol::Limits { max_message_bytes: 1000, ..Default::default() };
    let server = Model::ThreadPerConnection.start(RpcServer::exported().limits(limits));
    let client = RpcClient::builder().limits(limits).connect(server.address()).unwrap();
    let value = Value::from_iter(0..200);
    assert_eq!(client.same(value.clone()).call().unwrap(), value);
}

#[test]
fn members_keep_their_order() {
    let registry = FunctionRegistry::exported();
    both_ways!(registry, |client| {
        let text = r#"{"z":1,"a":{"y":0.10,"b":[]},"m":null}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(client.same(value).call().unwrap().to_string(), text);
    });
}

#[test]
fn the_features_are_on() {
    assert!("1e400".parse::<Number>().is_ok());
    assert_eq!(serde_json::from_str::<Value>("0.10").unwrap().to_string(), "0.10");
    serde_json::Deserializer::from_str("1").disable_recursion_limit();
}
