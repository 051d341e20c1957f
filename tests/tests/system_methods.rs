//! Callers find out in every dialect what there is to call, and make several calls with one.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::{Call, Framing, Limits, code};
use rpc_core::{
    CallContext, Fault, FunctionRegistry, JsonRpc, RpcClient, RpcServer, Stub, TcpServer, args,
    kwargs, rpc_export,
};
use serde_json::{Value, json};
use tests::{Model, Peer};

/// Joins what it is given.
///
/// Nothing stands between.
#[rpc_export(name = "texts.join")]
fn join(#[args] texts: Vec<String>) -> String {
    texts.concat()
}

/// Greets.
#[rpc_export(name = "texts.greet")]
fn greet(
    /// Who is greeted.
    name: &str,
    title: Option<&str>,
    /// What is said
    /// before the name.
    #[default("Hello")]
    greeting: &str,
) -> String {
    format!("{greeting}, {} {name}", title.unwrap_or_default())
}

#[rpc_export(name = "texts.plain")]
fn plain(data: &[u8], _factor: f64, _on: Vec<bool>) -> Option<rpc_core::types::DateTime> {
    data.is_empty().then(|| "20000101T00:00:00".parse().ok()).flatten()
}

/// Rests, then answers with the number.
#[rpc_export(name = "texts.rest")]
async fn rest(ms: u64, number: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    number
}

/// Asks over a socket in JSON-RPC 2.0.
fn ask(peer: &mut Peer, method: &str, params: &Value) -> Result<Value, (i64, String)> {
    let message = json!({ "jsonrpc": "2.0", "method": method, "params": params, "id": 1 });
    let reply: Value = serde_json::from_str(&peer.ask(&message.to_string())).unwrap();
    match reply.get("result") {
        Some(result) => Ok(result.clone()),
        None => Err((
            reply["error"]["code"].as_i64().unwrap(),
            // JSON-RPC has texts of its own for some codes, and ours beside them.
            reply["error"].to_string(),
        )),
    }
}

fn calls(calls: &[(&str, Value)]) -> Value {
    let call = |(name, params): &(&str, Value)| json!({ "methodName": name, "params": params });
    json!([calls.iter().map(call).collect::<Vec<_>>()])
}

#[test]
fn every_dialect_lists_what_can_be_called() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    for (call, member) in [
        (r#"{"method_name":"system.listMethods"}"#, "res"),
        (r#"{"in":"system.listMethods","params":[]}"#, "result"),
        (r#"{"jsonrpc":"2.0","method":"system.listMethods","id":1}"#, "result"),
    ] {
        let reply: Value = serde_json::from_str(&peer.ask(call)).unwrap();
        let names: Vec<String> = serde_json::from_value(reply[member].clone()).unwrap();
        assert!(names.is_sorted(), "{names:?}");
        for name in ["add", "math.weigh", "system.listMethods", "system.multicall", "texts.join"] {
            assert!(names.iter().any(|listed| listed == name), "{name} in {names:?}");
        }
    }
}

#[test]
fn help_is_the_signature_and_the_documentation() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    for (name, help) in [
        (
            "texts.join",
            "texts.join(*texts: Vec<String>) -> String\n\nJoins what it is given.\n\nNothing",
        ),
        (
            "texts.greet",
            "texts.greet(name: &str, title: Option<&str> = None, greeting: &str = \"Hello\") -> String\n\n\
             Greets.\n\nname: Who is greeted.\ngreeting: What is said\nbefore the name.",
        ),
        ("texts.plain", "texts.plain(data: &[u8], factor: f64, on: Vec<bool>) -> Option"),
        ("system.methodHelp", "system.methodHelp(name: String) -> String\n\nSays how"),
    ] {
        let said = ask(&mut peer, "system.methodHelp", &json!([name])).unwrap();
        assert!(said.as_str().unwrap().starts_with(help), "{said}");
    }
    let (code, message) = ask(&mut peer, "system.methodHelp", &json!(["texts.joyn"])).unwrap_err();
    assert_eq!(code, code::INVALID_PARAMS);
    let advice = "no function `texts.joyn` is served here; did you mean `texts.join`?";
    assert!(message.contains(advice), "{message}");
    let (code, message) = ask(&mut peer, "system.methodHelp", &json!([])).unwrap_err();
    assert_eq!(code, code::INVALID_PARAMS);
    assert!(message.contains("missing argument `name`"), "{message}");
    let (code, message) = ask(&mut peer, "system.listmethods", &json!([])).unwrap_err();
    assert_eq!(code, code::METHOD_NOT_FOUND);
    assert!(message.contains("did you mean `system.listMethods`?"), "{message}");
}

#[test]
fn there_is_a_signature_for_each_number_of_arguments() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    for (name, signatures) in [
        ("add", json!([["int", "int", "int"], ["int", "int", "int", "int"]])),
        (
            "texts.greet",
            json!([
                ["string", "string"],
                ["string", "string", "string"],
                ["string", "string", "string", "string"]
            ]),
        ),
        ("texts.plain", json!([["dateTime.iso8601", "base64", "double", "array"]])),
        ("texts.join", json!("undef")),
        ("nothing", json!([["nil"]])),
        ("system.listMethods", json!([["array"]])),
    ] {
        let told: Value =
            client.call("system.methodSignature", args![], kwargs! { name: name }).unwrap();
        assert_eq!(told, signatures, "{name}");
    }
}

#[test]
fn a_description_has_all_that_is_known() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    let described: Value = client.call("system.describe", args!["texts.greet"], ()).unwrap();
    let greet = json!({
        "name": "texts.greet",
        "doc": "Greets.",
        "parameters": [
            {
                "name": "name", "type": "&str", "kind": "required", "doc": "Who is greeted.",
                "schema": { "type": "string" },
            },
            {
                "name": "title", "type": "Option<&str>", "kind": "optional",
                "schema": { "type": ["string", "null"], "default": null },
            },
            {
                "name": "greeting", "type": "&str", "kind": "default", "default": "\"Hello\"",
                "doc": "What is said\nbefore the name.",
                "schema": { "type": "string", "default": "Hello" },
            },
        ],
        "result": "String",
        "result_schema": { "type": "string" },
    });
    assert_eq!(described, greet);
    let all: Vec<Value> = client.call("system.describe", args![], ()).unwrap();
    assert!(all.contains(&greet));
    assert!(all.iter().any(|one| one["parameters"][0]["kind"] == "args"));
    let capabilities: Value = client.call("system.getCapabilities", args![], ()).unwrap();
    for name in ["introspection", "system.multicall", "faults_interop", "json-rpc"] {
        assert!(capabilities[name]["specUrl"].is_string(), "{name}");
        assert!(capabilities[name]["specVersion"].is_u64(), "{name}");
    }
}

#[test]
fn a_function_of_ones_own_goes_before() {
    let mut registry = FunctionRegistry::new();
    registry.register("system.listMethods", || "mine").unwrap();
    let own: String = registry.call("system.listMethods", args![], ()).unwrap();
    assert_eq!(own, "mine");
    let help: String = registry.call("system.methodHelp", args!["system.listMethods"], ()).unwrap();
    assert_eq!(help, "system.listMethods() -> &str");
}

#[test]
fn several_calls_are_made_with_one_in_every_model() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        let several = calls(&[
            ("add", json!([1, 2])),
            ("add", json!({ "a": 1, "b": 2, "c": 3 })),
            ("hold_ms", json!([1, 7])),
            ("divide", json!([1])),
            ("no_such", json!([])),
            ("system.multicall", json!([[]])),
            ("divide", json!([0.0, 0.0])),
            ("refuse", json!([42, "no", { "some": "data" }])),
            ("add", json!(7)),
            ("system.methodHelp", json!(["nothing"])),
        ]);
        let results = ask(&mut peer, "system.multicall", &several).unwrap();
        let fault = |index: usize| results[index]["faultCode"].as_i64();
        assert_eq!(results.as_array().unwrap().len(), 10, "{results}");
        assert_eq!(results[0], json!([13]));
        assert_eq!(results[1], json!([6]));
        assert_eq!(results[2], json!([7]));
        assert_eq!(fault(3), Some(code::INVALID_PARAMS));
        assert_eq!(fault(4), Some(code::METHOD_NOT_FOUND));
        assert_eq!(fault(5), Some(code::INVALID_REQUEST));
        assert_eq!(fault(6), Some(code::INTERNAL_ERROR));
        assert_eq!(results[7], json!({ "faultCode": 42, "faultString": "no" }));
        assert_eq!(fault(8), Some(code::INVALID_REQUEST));
        assert_eq!(results[9], json!(["nothing() -> ()\n\nTakes nothing and gives nothing."]));

        for (params, said) in [
            (json!([[]]), Ok(json!([]))),
            (json!({ "calls": [] }), Ok(json!([]))),
            (json!([[1, {}]]), Err(code::INVALID_REQUEST)),
        ] {
            let results = ask(&mut peer, "system.multicall", &params).unwrap();
            match said {
                Ok(said) => assert_eq!(results, said),
                Err(code) => assert!(
                    results.as_array().unwrap().iter().all(|one| one["faultCode"] == code),
                    "{results}"
                ),
            }
        }
        for params in [json!([]), json!([7]), json!([{}]), json!([[], []])] {
            let (code, message) = ask(&mut peer, "system.multicall", &params).unwrap_err();
            assert_eq!(code, code::INVALID_PARAMS, "{params}: {message}");
        }
    });
}

#[test]
fn calls_that_take_time_take_it_side_by_side() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
    let rests: Vec<_> = (0..40).map(|n| ("texts.rest", json!([500, n]))).collect();
    let blocks: Vec<_> = (0..20).map(|n| ("hold_ms", json!([500, n]))).collect();
    for several in [rests, blocks] {
        let began = Instant::now();
        let results = ask(&mut peer, "system.multicall", &calls(&several)).unwrap();
        let expected: Vec<_> = several.iter().map(|(_, params)| json!([params[1]])).collect();
        assert_eq!(results, json!(expected));
        assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    }
}

#[test]
fn a_call_of_several_has_its_id_its_time_and_its_limit() {
    let limits = Limits { max_batch_calls: 3, ..Limits::default() };
    let server = Model::EventLoop.start(RpcServer::exported().limits(limits));
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    let several = calls(&[("texts.rest", json!([60_000, 1])), ("add", json!([1, 2]))]);
    let late = json!({ "method_name": "system.multicall", "method_args": several, "id": "x",
                       "timeout_ms": 50 });
    let reply: Value = serde_json::from_str(&peer.ask(&late.to_string())).unwrap();
    assert_eq!(reply["id"], "x");
    assert_eq!(reply["error"]["code"], code::TIMED_OUT);
    let notification =
        json!({ "jsonrpc": "2.0", "method": "system.multicall", "params": calls(&[]) });
    peer.send(&notification.to_string());
    let (code, message) = ask(&mut peer, "system.multicall", &json!([[1, 2, 3, 4]])).unwrap_err();
    assert_eq!(code, code::INVALID_REQUEST);
    assert!(message.contains("over the limit of 3"), "{message}");
}

#[test]
fn however_nested_one_message_runs_no_more_calls_than_a_batch_may_have() {
    let limits = Limits { max_batch_calls: 10, ..Limits::default() };
    Model::each(|model| {
        let server = model.start(RpcServer::exported().limits(limits));
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        let multicall = |count: usize| {
            let params = calls(&vec![("add", json!([1, 2])); count]);
            json!({ "jsonrpc": "2.0", "method": "system.multicall", "params": params, "id": 1 })
        };
        let mut ask = |calls: &[usize]| -> Vec<Value> {
            let batch: Value = calls.iter().map(|&count| multicall(count)).collect();
            serde_json::from_str(&peer.ask(&batch.to_string())).unwrap()
        };
        let count = |replies: &[Value]| -> Vec<Option<usize>> {
            replies.iter().map(|reply| Some(reply["result"].as_array()?.len())).collect()
        };
        assert_eq!(count(&ask(&[10])), [Some(10)]);
        assert_eq!(count(&ask(&[5, 5])), [Some(5), Some(5)]);
        // Each further call of the batch counts as one.
        assert_eq!(count(&ask(&[9, 2, 1])), [None, Some(2), Some(1)]);
        let replies = ask(&[6, 6, 4]);
        assert_eq!(count(&replies), [Some(6), None, None]);
        assert_eq!(replies[1]["error"]["code"], code::INVALID_REQUEST);
        assert_eq!(
            replies[1]["error"]["data"],
            "`system.multicall` with 6 calls, beside 7 others in this message, is over the limit of 10; \
             send fewer at a time, or raise `Limits::max_batch_calls`"
        );
        assert_eq!(count(&ask(&[0; 10])), [Some(0); 10]);
        assert_eq!(count(&ask(&[2; 10])), [None; 10]);
    });
}

/// Lets nobody add, and takes note of who tried what.
struct Guard<D>(D, Mutex<Vec<String>>);

impl<D: Dispatch> Dispatch for Guard<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        self.1.lock().unwrap().push(call.method().to_owned());
        match call.method() {
            "add" => Fault::new(code::UNAUTHORISED, "nobody adds here").into(),
            "seen" => reply.send(&*self.1.lock().unwrap()).into(),
            _ => self.0.dispatch(call, context, reply),
        }
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}

#[test]
fn each_of_several_calls_goes_through_every_layer() {
    let guard = Guard(FunctionRegistry::exported(), Mutex::default());
    let server = TcpServer::new(JsonRpc::new(guard)).start("127.0.0.1:0").unwrap();
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    let several = calls(&[("add", json!([1, 2])), ("nothing", json!([])), ("seen", json!([]))]);
    let results = ask(&mut peer, "system.multicall", &several).unwrap();
    let seen = json!(["add", "nothing", "seen"]);
    let refused = json!({ "faultCode": code::UNAUTHORISED, "faultString": "nobody adds here" });
    assert_eq!(results, json!([refused, [null], [seen]]));
}
