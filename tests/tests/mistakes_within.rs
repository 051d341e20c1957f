//! An error within an argument or a result says where in it, in every dialect.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use rpc_core::client::Dialect;
use rpc_core::protocol::{ProtocolError, code};
use rpc_core::server::Tools;
use rpc_core::{Error, FunctionRegistry, RpcClient, RpcServer, Stub, args, kwargs, rpc_export};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::McpPeer;

#[derive(Serialize, Deserialize, JsonSchema, Debug)]
struct Task {
    title: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    steps: Vec<Task>,
}

#[rpc_export]
fn plan(task: Task) -> Task {
    task
}

#[rpc_export]
fn mean(#[args] numbers: Vec<f64>) -> f64 {
    numbers.iter().sum()
}

#[rpc_export]
fn paint(#[kwargs] colours: BTreeMap<String, Vec<u8>>) -> usize {
    colours.len()
}

#[rpc_export]
fn answer_anything() -> Value {
    json!({ "title": "x", "tags": ["a", 7] })
}

fn registry() -> FunctionRegistry {
    FunctionRegistry::exported_where(|function| function.module() == module_path!())
}

fn wrong_tasks() -> [(Value, &'static str); 3] {
    [
        (
            json!({ "title": "x", "tags": ["a", "b", 7] }),
            "argument `task` of `plan` must be Task, but an object came: at `.tags[2]`: invalid type: \
             integer `7`, expected a string",
        ),
        (
            json!({ "title": "x", "steps": [{ "title": "y", "steps": [{ "tags": [] }] }] }),
            "argument `task` of `plan` must be Task, but an object came: at `.steps[0].steps[0]`: \
             missing field `title`",
        ),
        // A mistake that is not within anything needs no place.
        (
            json!({ "tags": [] }),
            "argument `task` of `plan` must be Task, but an object came: missing field `title`",
        ),
    ]
}

#[test]
fn every_dialect_says_where_in_an_argument_a_mistake_is() {
    let server = RpcServer::of(registry()).mcp(Tools::all()).start("127.0.0.1:0").unwrap();
    let http = format!("http://{}", server.address());
    let connect =
        |dialect, address: &str| RpcClient::builder().dialect(dialect).connect(address).unwrap();
    let clients = [
        connect(Dialect::Native, &server.address().to_string()),
        connect(Dialect::JsonRpc, &server.address().to_string()),
        connect(Dialect::JsonRpc, &http),
        connect(Dialect::XmlRpc, &http),
    ];
    for (task, expected) in wrong_tasks() {
        for client in &clients {
            let Err(Error::Fault(fault)) = client.call::<Value>("plan", args![&task], kwargs! {})
            else {
                panic!("{task} is a task")
            };
            assert_eq!((fault.code(), fault.message()), (code::INVALID_PARAMS, expected));
        }
        let mut model = McpPeer::connect(server.address());
        let params = json!({ "name": "plan", "arguments": { "task": task } });
        let result = model.ask_legacy("tools/call", &params);
        assert_eq!(result["content"][0]["text"], expected);
    }
}

#[test]
fn of_what_a_parameter_gathers_the_element_is_named() {
    let numbers =
        |came| format!("argument `numbers` of `mean` must be Vec<f64>, but {came}, expected f64");
    let colours = |came| {
        let ty = "BTreeMap<String, Vec<u8>>";
        format!("argument `colours` of `paint` must be {ty}, but an array came: at {came}")
    };
    for (method, arguments, expected) in [
        (
            "mean",
            json!([1, 2, "x"]),
            numbers("the string \"x\" came: at `[2]`: invalid type: string \"x\""),
        ),
        (
            "mean",
            json!({ "numbers": [1, null] }),
            numbers("null came: at `[1]`: invalid type: null"),
        ),
        (
            "paint",
            json!({ "red": [1, 2], "blue": [1, 256] }),
            colours("`.blue[1]`: invalid value: integer `256`, expected u8"),
        ),
    ] {
        let refused = match &arguments {
            Value::Object(named) => registry().call::<Value>(method, args![], named.clone()),
            listed => {
                let listed = listed.as_array().unwrap();
                registry().call(method, args![&listed[0], &listed[1], &listed[2]], kwargs! {})
            }
        };
        match refused {
            Err(Error::Fault(fault)) => assert_eq!(fault.message(), expected),
            other => panic!("{arguments}: {other:?}"),
        }
    }
}

#[test]
fn a_client_says_where_in_a_result_a_mistake_is() {
    let expected = "at `.tags[1]`: invalid type: integer `7`, expected a string";
    let server = RpcServer::of(registry()).start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    for error in [
        client.call::<Task>("answer_anything", args![], kwargs! {}).unwrap_err(),
        registry().call::<Task>("answer_anything", args![], kwargs! {}).unwrap_err(),
    ] {
        match error {
            Error::Protocol(ProtocolError::Result { problem, .. }) => assert_eq!(problem, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_place_is_not_longer_than_a_line() {
    let mut task = json!({ "title": 7 });
    for _ in 0..40 {
        task = json!({ "title": "x", "steps": [task] });
    }
    let error = registry().call::<Value>("plan", args![task], kwargs! {}).unwrap_err().to_string();
    assert!(
        error.contains("at `.steps[0].steps[0]") && error.contains("…`: invalid type"),
        "{error}"
    );
    assert!(error.len() < 300, "{error}");
}
