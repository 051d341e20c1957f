//! `rpc.discover` answers a document of OpenRPC that validators of others find right, and that says of arguments
//! and results what is so.

#![allow(
    clippy::unwrap_used,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    clippy::unused_async,
    missing_docs,
    unreachable_pub
)]

#[path = "openrpc/programs.rs"]
mod programs;
#[path = "openrpc/service.rs"]
mod service;

use std::fs;

use rpc_core::description::Service;
use rpc_core::protocol::{Limits, code};
use rpc_core::{
    CallError, Error, FunctionRegistry, RpcClient, RpcServer, Stub, args, described, kwargs,
};
use serde_json::{Map, Value, json};
use service::{Bank, BankStub, ClockService, Fast, Refusal, Task, find};
use tests::{Folder, Language, Report, all_good};

/// The service of this file alone, whatever else is linked.
fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported_where(|function| {
        function.module().starts_with("openrpc::service")
    });
    registry.register_instance_at("bank", Bank).unwrap();
    registry.register_instance_at("clock", ClockService(Fast)).unwrap();
    registry.register("scale", |x: f64, by: Option<i32>| x * f64::from(by.unwrap_or(1))).unwrap();
    let offset = 2;
    let shift = described!(
        /// Shifts.
        move |task: Task, /** How far. */ by: i8, bytes: Vec<u8>| -> Result<Vec<u8>, Refusal> {
            if by > 100 { Err(Refusal::Locked) } else { Ok([bytes, vec![offset, u8::try_from(task.id).unwrap_or(0)]].concat()) }
        }
    );
    registry.register("shift", shift).unwrap();
    registry.register("nothing", described!(|| -> () {})).unwrap();
    registry
}

fn method<'d>(document: &'d Value, name: &str) -> &'d Value {
    let methods = document["methods"].as_array().unwrap();
    methods.iter().find(|method| method["name"] == name).unwrap()
}

fn param<'d>(document: &'d Value, of: &str, name: &str) -> &'d Value {
    let params = method(document, of)["params"].as_array().unwrap();
    params.iter().find(|param| param["name"] == name).unwrap()
}

fn schema<'d>(document: &'d Value, name: &str) -> &'d Value {
    &document["components"]["schemas"][name]
}

/// Arguments by name, and the parameter that one of them does not fit.
fn arguments() -> Vec<(&'static str, Value, Option<&'static str>)> {
    let task = json!({ "id": 1, "title": "t", "dueAt": null });
    let all = |filter: Value| json!({ "words": "w", "filter": filter });
    let a_task = |due: &str| json!({ "task": { "id": 1, "title": "t", "dueAt": due } });
    let leaf = json!({ "name": "b", "children": [] });
    let label = json!({ "label": "l", "kind": "cleared", "nPages": 2 });
    let between = |from, to| json!({ "Between": { "from": from, "to": to } });
    vec![
        ("find", json!({ "words": "w", "limit": 4_294_967_295_u64 }), None),
        ("find", json!({ "words": "w", "limit": 4_294_967_296_u64 }), Some("limit")),
        ("find", json!({ "words": "w", "limit": -1 }), Some("limit")),
        ("find", json!({ "words": 1 }), Some("words")),
        ("find", all(Value::Null), None),
        ("find", all(json!("All")), None),
        ("find", all(json!("Some")), Some("filter")),
        ("find", all(json!({ "Owner": "ada" })), None),
        ("find", all(between(1, 255)), None),
        ("find", all(between(1, 256)), Some("filter")),
        ("find", all(json!({ "Between": { "from": 1 } })), Some("filter")),
        ("add", json!({ "task": task }), None),
        ("add", json!({ "task": { "id": 1, "title": "t", "done": true, "note": "n" } }), None),
        ("add", json!({ "task": { "id": 1 } }), Some("task")),
        ("add", a_task("19980717T14:08:55"), None),
        ("add", a_task("yesterday"), Some("task")),
        ("recount", json!({ "counted": { "words": 1 } }), None),
        ("recount", json!({ "counted": { "wordCount": 1 } }), Some("counted")),
        ("other_task", json!({ "task": { "command": "ls" } }), None),
        ("other_task", json!({ "task": task }), Some("task")),
        ("tree", json!({ "tree": { "name": "a", "children": [leaf] } }), None),
        ("tree", json!({ "tree": { "name": "a", "children": [{ "name": "b" }] } }), Some("tree")),
        ("happened", json!({ "event": { "kind": "task_added", "id": 3 } }), None),
        ("happened", json!({ "event": { "kind": "cleared" } }), None),
        ("happened", json!({ "event": { "kind": "TaskAdded", "id": 3 } }), Some("event")),
        ("label", json!({ "labelled": label, "at": { "x": 1, "y": 2.5 } }), None),
        ("label", json!({ "labelled": label, "at": { "x": 1, "y": 2, "z": 3 } }), Some("at")),
        ("label", json!({ "labelled": { "label": "l", "kind": "cleared" } }), Some("labelled")),
        ("copy", json!({ "bytes": "3q2+7w==" }), None),
        ("copy", json!({ "bytes": "3q2+7w" }), None),
        ("copy", json!({ "bytes": "3q2+7" }), Some("bytes")),
        ("copy", json!({ "bytes": "3q2+7w=" }), Some("bytes")),
        ("copy", json!({ "bytes": "-_" }), Some("bytes")),
        ("copy", json!({ "bytes": "", "more": "AA" }), None),
        ("wrap", json!({ "bytes": null }), None),
        ("wrap", json!({ "bytes": "AA==" }), None),
        ("plain", json!({ "items": [], "map": {}, "one": null }), None),
        ("plain", json!({ "map": {}, "items": { "secret": 1 } }), Some("items")),
        ("plain", json!({ "items": [], "map": [] }), Some("map")),
        ("join", json!({ "separator": " ", "parts": ["a", "b"] }), None),
        ("join", json!({ "separator": " ", "parts": [1] }), Some("parts")),
        ("odd_defaults", json!({ "never": 1 }), None),
        ("odd_defaults", json!({ "never": 1, "large": 99, "some": null }), None),
        ("odd_defaults", json!({ "never": 1, "large": -1 }), Some("large")),
        ("when", json!({ "date": "1998-07-17T14:08:55+02" }), None),
        ("when", json!({ "date": "1998-07" }), Some("date")),
        ("when", json!({ "date": "1998-07-17T14:08:55Z", "hours": 256 }), Some("hours")),
        ("shelf.count", json!({}), None),
        ("bank.deposit", json!({ "account": "a", "amount": 5 }), None),
        ("bank.close", json!({}), None),
        ("clock.tick", json!({ "by": 256 }), Some("by")),
        ("shift", json!({ "task": task, "by": 1, "bytes": "AAA=" }), None),
        ("shift", json!({ "task": task, "by": 128, "bytes": "AAA=" }), Some("by")),
        ("nothing", json!({}), None),
    ]
}

/// Calls a function by name.
fn answer(registry: &FunctionRegistry, name: &str, arguments: &Value) -> Result<Value, Error> {
    registry.call(name, args![], arguments.as_object().unwrap().clone())
}

/// Has validators of others look at a document, and at values.
fn validate(what: &str, document: &Value, values: &[Value]) {
    let Some(mut program) = Language::Node.program("node/openrpc.js") else { return };
    let folder = Folder::new();
    let file = folder.file("document.json");
    let input = json!({ "document": document, "values": values });
    fs::write(&file, input.to_string()).unwrap();
    let report = Report::of(program.arg(file));
    all_good([(what, &report)]);
}

#[test]
fn validators_find_the_document_and_its_schemas_right_and_values_fit_them() {
    let registry = registry();
    let document = registry.openrpc();
    let mut values = Vec::new();
    for (name, arguments, wrong) in arguments() {
        let answer = answer(&registry, name, &arguments);
        let is_taken = !matches!(&answer, Err(error) if error.code() == Some(code::INVALID_PARAMS));
        assert_eq!(is_taken, wrong.is_none(), "{name} {arguments} {answer:?}");
        for (parameter, value) in arguments.as_object().unwrap() {
            let fits = wrong != Some(parameter);
            values.push(json!({
                "schema": format!("{name}({parameter})"), "value": value, "fits": fits,
            }));
        }
        if let Ok(result) = answer {
            let schema = format!("{name} result");
            values.push(json!({ "schema": schema, "value": result, "fits": true }));
        }
    }
    for method in document["methods"].as_array().unwrap() {
        let name = method["name"].as_str().unwrap();
        for param in method["params"].as_array().unwrap() {
            if let Some(default) = param["schema"].get("default") {
                let schema = format!("{name}({})", param["name"].as_str().unwrap());
                values.push(json!({ "schema": schema, "value": default, "fits": true }));
            }
        }
    }
    let refused =
        answer(&registry, "add", &json!({ "task": { "id": 1, "title": "" } })).unwrap_err();
    let data = match refused {
        Error::Fault(fault) => serde_json::from_str::<Value>(fault.data().unwrap()).unwrap(),
        other => panic!("{other}"),
    };
    values.push(json!({ "schema": "add error", "value": data, "fits": true }));
    values.push(json!({ "schema": "add error", "value": "Unlocked", "fits": false }));

    validate("the service of this file", &document, &values);
}

#[test]
fn the_document_says_what_is_known_of_each_function() {
    let document = registry().openrpc();
    assert_eq!(document["openrpc"], "1.3.2");
    assert_eq!(document["info"], json!({ "title": "RPC service", "version": "0.0.0" }));
    let names: Vec<_> = { document["methods"].as_array().unwrap().iter() }
        .map(|method| method["name"].as_str().unwrap())
        .collect();
    assert!(names.is_sorted(), "{names:?}");

    let find = method(&document, "find");
    assert_eq!(find["summary"], "Finds tasks.");
    assert_eq!(find["description"], "Finds tasks.\n\nAll of the words stand in their titles.");
    assert_eq!((&find["x-idempotent"], &find["x-read-only"]), (&json!(true), &json!(true)));
    assert_eq!(find["paramStructure"], "either");
    let words = param(&document, "find", "words");
    let expected = json!({
        "name": "words", "required": true, "schema": { "type": "string" },
        "description": "What to look for.", "x-type": "&str",
    });
    assert_eq!(words, &expected);
    let limit = param(&document, "find", "limit");
    assert_eq!((&limit["required"], &limit["schema"]["default"]), (&json!(false), &json!(20)));
    let examples = json!([
        {
            "name": "find(\"write\", limit=1)",
            "params": [{ "name": "words", "value": "write" }, { "name": "limit", "value": 1 }],
        },
        {
            "name": "find(\"x\")",
            "params": [{ "name": "words", "value": "x" }],
            "result": { "name": "result", "value": { "items": [], "next": null } },
        },
    ]);
    assert_eq!(find["examples"], examples);
    assert_eq!(method(&document, "copy")["examples"][0]["params"][0]["value"], "AQI=");

    let add = method(&document, "add");
    assert_eq!((&add["x-destructive"], &add["x-open-world"]), (&json!(false), &json!(false)));
    assert_eq!(add["errors"], json!([{ "code": 1, "message": "Refusal" }]));
    assert_eq!(add["x-error-data"]["$ref"], "#/components/schemas/Refusal");
    assert_eq!(method(&document, "wrap")["errors"], json!([]));

    let tree = method(&document, "tree");
    assert_eq!((&tree["deprecated"], &tree["x-deprecated"]), (&json!(true), &json!("ask `find`")));
    assert_eq!(method(&document, "shelf.count")["tags"], json!([{ "name": "shelf" }]));
    assert_eq!(method(&document, "bank.deposit")["tags"], json!([{ "name": "bank" }]));
    assert_eq!(document["components"]["errors"]["InvalidParams"]["code"], -32602);

    let join = method(&document, "join");
    assert_eq!(join["paramStructure"], "by-name");
    assert_eq!(param(&document, "join", "parts")["x-args"], true);
    assert_eq!(join["x-kwargs"]["schema"]["additionalProperties"]["maximum"], i64::MAX);
    assert_eq!(join["examples"][0]["params"][1]["value"], json!(["a", "b"]));
    assert_eq!(join["examples"][1]["params"][1], json!({ "name": "upper", "value": false }));
    assert_eq!(
        join["examples"][1]["params"][2],
        json!({ "name": "parts", "value": ["a", "b", "c"] })
    );

    let scale = method(&document, "scale");
    assert_eq!(scale["paramStructure"], "by-position");
    assert_eq!(scale["params"][0]["name"], "arg1");
    assert_eq!(scale["params"][0]["schema"]["type"], "number");
    assert_eq!(scale["result"]["schema"]["type"], "number");

    let shift = method(&document, "shift");
    assert_eq!(shift["summary"], "Shifts.");
    assert_eq!(shift["errors"][0]["message"], "Refusal");
    assert_eq!(shift["result"]["schema"]["contentEncoding"], "base64");
    let by = json!({
        "name": "by", "required": true, "description": "How far.", "x-type": "i8",
        "schema": { "type": "integer", "minimum": -128, "maximum": 127 },
    });
    assert_eq!(shift["params"][1], by);
    assert_eq!(shift["params"][0]["schema"]["$ref"], "#/components/schemas/Task");
}

#[test]
fn examples_do_what_they_say_and_whole_numbers_have_bounds_and_no_formats() {
    assert_eq!(registry().check_examples().unwrap(), 5);
    let text = registry().openrpc().to_string();
    for format in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "uint"]
    {
        assert!(!text.contains(&format!("\"format\":\"{format}\"")), "{format}");
    }
}

#[test]
fn types_stand_once_and_each_under_a_name_of_its_own() {
    let document = registry().openrpc();
    let names: Vec<_> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    // `done` may be left out where a task is taken, and is always there where one is given: that makes no second type.
    assert_eq!(schema(&document, "Task")["required"], json!(["id", "title"]));
    assert_eq!(schema(&document, "Counted-Input")["required"], json!(["words"]));
    assert_eq!(schema(&document, "Counted-Output")["required"], json!(["wordCount"]));
    assert_eq!(schema(&document, "Task2")["required"], json!(["command"]), "{names:?}");
    assert_eq!(
        schema(&document, "Tree")["properties"]["children"]["items"]["$ref"],
        "#/components/schemas/Tree"
    );
    assert_eq!(schema(&document, "Task")["properties"]["id"]["description"], "Its number.");
    let text = document.to_string();
    for used in names {
        assert!(text.contains(&format!("#/components/schemas/{used}\"")), "{used} is not used");
    }
}

#[test]
fn what_has_no_schema_is_described_as_far_as_it_is_known() {
    let document = registry().openrpc();
    let schema = |of: &str, name: &str| param(&document, of, name)["schema"].clone();
    let plain = json!({ "title": "Plain" });
    assert_eq!(schema("plain", "items"), json!({ "type": "array", "items": plain }));
    assert_eq!(schema("plain", "map"), json!({ "type": "object", "additionalProperties": plain }));
    assert_eq!(schema("plain", "one")["anyOf"], json!([plain, { "type": "null" }]));
    assert_eq!(method(&document, "plain")["result"]["schema"], plain);
}

#[test]
fn defaults_are_told_where_they_have_a_form_in_json() {
    let document = registry().openrpc();
    let default =
        |of: &str, name: &str| param(&document, of, name)["schema"].get("default").cloned();
    assert_eq!(default("odd_defaults", "nothing"), None);
    assert_eq!(param(&document, "odd_defaults", "nothing")["x-default"], "f64::NAN");
    assert_eq!(default("odd_defaults", "never"), None);
    assert_eq!(default("odd_defaults", "some"), Some(json!(2.5)));
    assert_eq!(default("odd_defaults", "text"), Some(json!("1-2")));
    assert_eq!(default("odd_defaults", "list"), Some(json!([1, 2])));
    assert_eq!(default("odd_defaults", "large"), Some(json!(u64::MAX)));
    assert_eq!(default("copy", "more"), Some(json!("3q0=")));
    assert_eq!(default("find", "filter"), Some(Value::Null));
    assert_eq!(default("bank.deposit", "amount"), Some(json!(9)));
    assert_eq!(default("bank.close", "limit"), Some(json!(9)));
    assert_eq!(default("clock.tick", "by"), Some(json!(4)));
}

#[test]
fn every_dialect_answers_and_the_service_says_what_it_is() {
    let service = Service::new("Tasks")
        .version("1.4.0")
        .description("Lists of tasks.")
        .server("http://127.0.0.1:5000")
        .tag("bank", "Money.");
    let server = RpcServer::of(registry()).service(service).start("127.0.0.1:0").unwrap();
    let address = server.address();
    let native = RpcClient::connect(&address).unwrap();
    let document: Value = native.call("rpc.discover", args![], kwargs! {}).unwrap();
    let info = json!({ "title": "Tasks", "version": "1.4.0", "description": "Lists of tasks." });
    assert_eq!(document["info"], info);
    assert_eq!(document["servers"], json!([{ "name": "Tasks", "url": "http://127.0.0.1:5000" }]));
    let tag = json!({ "name": "bank", "description": "Money." });
    assert_eq!(document["components"]["tags"]["bank"], tag);
    assert_eq!(method(&document, "bank.deposit")["tags"], json!([tag]));

    let builder = RpcClient::builder().dialect(rpc_core::client::Dialect::JsonRpc);
    let json_rpc = builder.connect(&address).unwrap();
    assert_eq!(json_rpc.call::<Value>("rpc.discover", args![], kwargs! {}).unwrap(), document);
    let listed: Vec<String> = native.call("system.listMethods", args![], kwargs! {}).unwrap();
    assert!(listed.contains(&"rpc.discover".to_owned()));
    let wrong = native.call::<Value>("rpc.discover", args![1], kwargs! {}).unwrap_err();
    assert_eq!(wrong.code(), Some(code::INVALID_PARAMS));
}

#[test]
fn a_function_is_described_with_schemas_that_are_whole_by_themselves() {
    let registry = registry();
    let described: Map<String, Value> =
        registry.call("system.describe", args!["add"], kwargs! {}).unwrap();
    let reference = json!({ "$ref": "#/definitions/Task" });
    assert_eq!(described["parameters"][0]["schema"], reference);
    assert_eq!(described["result_schema"]["maximum"], u32::MAX);
    assert_eq!(described["error_schema"], json!({ "$ref": "#/definitions/Refusal" }));
    let names: Vec<_> = described["definitions"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["Refusal", "Task"]);

    let said = |name: &str| {
        let mut described: Map<String, Value> =
            registry.call("system.describe", args![name], kwargs! {}).unwrap();
        let told =
            ["deprecated", "deprecation", "idempotent", "read_only", "destructive", "open_world"];
        let told = told.map(|member| Some((member.to_owned(), described.remove(member)?)));
        Value::Object(told.into_iter().flatten().collect())
    };
    assert_eq!(said("add"), json!({ "destructive": false, "open_world": false }));
    assert_eq!(said("find"), json!({ "idempotent": true, "read_only": true }));
    assert_eq!(said("tree"), json!({ "deprecated": true, "deprecation": "ask `find`" }));
    assert_eq!(said("join"), json!({}));
}

#[test]
fn a_function_that_comes_later_is_described_too() {
    let mut registry = registry();
    let before = registry.openrpc();
    assert_eq!(before, registry.openrpc());
    registry.register("after", || 1_u8).unwrap();
    assert_eq!(method(&registry.openrpc(), "after")["result"]["schema"]["maximum"], 255);
}

#[test]
fn what_is_kept_of_descriptions_is_what_is_so() {
    let mut registry = registry();
    let ask = |registry: &FunctionRegistry, what: &str| -> Value {
        registry.call(what, args![], kwargs! {}).unwrap()
    };
    for what in ["rpc.discover", "system.describe"] {
        assert_eq!(ask(&registry, what), ask(&registry, what));
    }
    registry.register("after", || 1_u8).unwrap();
    assert_eq!(method(&ask(&registry, "rpc.discover"), "after")["name"], "after");
    let described = ask(&registry, "system.describe");
    assert!(described.as_array().unwrap().iter().any(|one| one["name"] == "after"));
    // Whoever has told nothing else is told of.
    assert_eq!(ask(&registry, "rpc.discover")["info"]["title"], "RPC service");
    let server =
        RpcServer::of(registry).service(Service::new("Later")).start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    let document: Value = client.call("rpc.discover", args![], kwargs! {}).unwrap();
    assert_eq!(document["info"], json!({ "title": "Later", "version": "0.0.0" }));
}

#[test]
fn descriptions_go_by_xml_rpc_where_numbers_are_large() {
    let server = RpcServer::of(registry()).start("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.address());
    let xml = RpcClient::builder().dialect(rpc_core::client::Dialect::XmlRpc);
    let xml = xml.connect(&url).unwrap();
    let document: Value = xml.call("rpc.discover", args![], kwargs! {}).unwrap();
    let large = param(&document, "odd_defaults", "large")["schema"].clone();
    assert_eq!(large["default"].as_f64(), Some(18_446_744_073_709_551_615.0), "{large}");
    let described: Vec<Value> = xml.call("system.describe", args![], kwargs! {}).unwrap();
    assert!(described.iter().any(|one| one["name"] == "odd_defaults"));
    let one: Value = xml.call("system.describe", args!["odd_defaults"], kwargs! {}).unwrap();
    assert_eq!(one["name"], "odd_defaults");

    let exact = RpcClient::connect(server.address()).unwrap();
    let document: Value = exact.call("rpc.discover", args![], kwargs! {}).unwrap();
    assert_eq!(param(&document, "odd_defaults", "large")["schema"]["default"], json!(u64::MAX));
}

#[test]
fn descriptions_nest_no_deeper_than_replies_may() {
    let limits = Limits { max_depth: 5, ..Limits::default() };
    let server = RpcServer::of(registry()).limits(limits).start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    for what in ["rpc.discover", "system.describe"] {
        let refused = client.call::<Value>(what, args![], kwargs! {}).unwrap_err();
        assert_eq!(refused.code(), Some(code::REPLY_TOO_LARGE), "{what}: {refused}");
    }
}

#[test]
fn typed_calls_are_what_they_were() {
    let page = registry().find("x").call().unwrap();
    assert!(page.items.is_empty());
    let error: CallError<Refusal> = registry().at("bank").deposit("").call().unwrap_err();
    assert_eq!(error.code(), Some(code::APPLICATION));
}
