//! In a `system.multicall` over XML-RPC a result that cannot be sent is a fault in its place, and the
//! others arrive.

#![allow(clippy::unwrap_used, clippy::unused_async)]

use rpc_core::client::Dialect;
use rpc_core::protocol::{Limits, code};
use rpc_core::{RpcClient, RpcServer, Stub, args, rpc_export};
use serde_json::{Value, json};
use tests::Model;

/// A character that XML has not.
#[rpc_export]
fn bell() -> &'static str {
    "\u{7}"
}

/// The same some time.
#[rpc_export]
async fn bell_later() -> &'static str {
    "\u{7}"
}

/// A number that `<i8>` has no room for.
#[rpc_export]
fn huge() -> u64 {
    u64::MAX
}

/// Text that takes five times as much in XML.
#[rpc_export]
fn ampersands(count: usize) -> String {
    "&".repeat(count)
}

fn client(model: Model, limits: Limits) -> (RpcClient, rpc_core::server::ServerHandle) {
    let server = model.start(RpcServer::exported().limits(limits));
    let client = RpcClient::builder().dialect(Dialect::XmlRpc);
    (client.connect(format!("http://{}/", server.address())).unwrap(), server)
}

fn multicall(client: &RpcClient, calls: &[(&str, Value)]) -> Value {
    let call = |(name, params): &(&str, Value)| json!({ "methodName": name, "params": params });
    let calls: Vec<Value> = calls.iter().map(call).collect();
    client.call("system.multicall", args![calls], ()).unwrap()
}

#[test]
fn what_cannot_be_sent_takes_no_other_along() {
    Model::each(|model| {
        let (client, _server) = client(model, Limits::default());
        let results = multicall(
            &client,
            &[
                ("add", json!([1, 2])),
                ("bell", json!([])),
                ("hold_ms", json!([1, 7])),
                ("bell_later", json!([])),
                ("huge", json!([])),
                ("same", json!([{ "a": [1, "b"] }])),
            ],
        );
        assert_eq!(results[0], json!([13]));
        assert_eq!(results[2], json!([7]));
        assert_eq!(results[5], json!([{ "a": [1, "b"] }]));
        let unsent = "the function has run, but its result cannot be sent: ";
        let no_bell = "XML has no character U+0007; send the text as bytes";
        let no_room = "18446744073709551615 does not fit the 64 bits of `<i8>`; send it as a text";
        for (index, problem) in [(1, no_bell), (3, no_bell), (4, no_room)] {
            let fault = json!({
                "faultCode": code::INTERNAL_ERROR,
                "faultString": format!("{unsent}{problem}"),
            });
            assert_eq!(results[index], fault, "{model:?}");
        }
    });
}

#[test]
fn what_finds_no_room_in_xml_takes_no_other_along() {
    Model::each(|model| {
        let limits = Limits { max_message_bytes: 4000, ..Limits::default() };
        let (client, _server) = client(model, limits);
        let calls =
            [("add", json!([1, 2])), ("ampersands", json!([1000])), ("ampersands", json!([9]))];
        let results = multicall(&client, &calls);
        assert_eq!(results[0], json!([13]));
        assert_eq!(results[1]["faultCode"], code::REPLY_TOO_LARGE, "{results}");
        assert_eq!(results[2], json!(["&&&&&&&&&"]));
        assert_eq!(client.call::<i64>("add", args![1, 2], ()).unwrap(), 13);
    });
}
