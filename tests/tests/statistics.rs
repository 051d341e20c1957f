//! `system.stats` counts every call once, in every model, and says how each ended.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use rpc_core::description::Service;
use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::{Call, Framing, code};
use rpc_core::{
    CallContext, Fault, FunctionRegistry, JsonRpc, RpcClient, RpcServer, Stub, TcpServer, args,
    kwargs, rpc_export,
};
use serde_json::{Value, json};
use tests::{Model, Peer, Served, until};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const MODELS: [&str; 6] = [
    "--model single",
    "--model threads",
    "--model fork",
    "--model prefork --workers 3",
    "--model event-loop",
    "--model prefork-event-loop --workers 2",
];

/// Waits, then answers with the number.
#[rpc_export(name = "stats.rest")]
async fn rest(ms: u64, number: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    number
}

fn stats(client: &RpcClient) -> Value {
    client.call("system.stats", args![], kwargs! {}).unwrap()
}

/// What is told of a function; null where it was never called.
fn of<'s>(stats: &'s Value, name: &str) -> &'s Value {
    let mut functions = stats["functions"].as_array().unwrap().iter();
    functions.find(|function| function["name"] == name).unwrap_or(&Value::Null)
}

/// Has the parts that counting alone decides.
fn counts(function: &Value) -> Value {
    json!([function["calls"], function["in_flight"], function["errors"]])
}

#[test]
fn a_conversation_is_counted_exactly_in_every_model() {
    for model in MODELS {
        let server = Served::start(SERVER, &format!("{model} --stats yes"));
        let client = server.client();
        for n in 0..300 {
            let sum: i64 = client.call("add", args![n, 1], kwargs! { c: 0 }).unwrap();
            assert_eq!(sum, n + 1);
        }
        // A second connection is served by another thread or process.
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        let batch = json!([
            { "jsonrpc": "2.0", "method": "add", "params": [1, 2], "id": 1 },
            { "jsonrpc": "2.0", "method": "add", "params": [1] , "id": 2 },
            { "jsonrpc": "2.0", "method": "add", "params": [1, 2] },
            { "jsonrpc": "2.0", "method": "refuse", "params": [42, "no", null], "id": 3 },
            { "jsonrpc": "2.0", "method": "refuse", "params": [-7, "no", null], "id": 4 },
            { "jsonrpc": "2.0", "method": "refuse", "params": [42, "no", null], "id": 5 },
            { "jsonrpc": "2.0", "method": "fail", "params": ["a panic"], "id": 6 },
            { "jsonrpc": "2.0", "method": "no_such", "id": 7 },
            { "jsonrpc": "2.0", "method": "no_such_either", "id": 8 },
            { "jsonrpc": "2.0", "method": "rest_ms", "params": [1, 5], "id": 9 },
            { "jsonrpc": "2.0", "method": "hold_ms", "params": [1, 6], "id": 10 },
            { "jsonrpc": "2.0", "method": "system.multicall", "id": 11, "params": [[
                { "methodName": "add", "params": [1, 2] },
                { "methodName": "no_such", "params": [] },
            ]] },
        ]);
        assert!(peer.ask(&batch.to_string()).contains(r#""id":11"#));
        assert!(peer.ask(r#"{"in":"add","params":{"a":1,"b":2}}"#).contains("13"));

        let stats = stats(&client);
        let expected = [
            ("add", json!([305, 0, { "-32602": 1 }])),
            ("refuse", json!([3, 0, { "42": 2, "-7": 1 }])),
            ("fail", json!([1, 0, { "-32603": 1 }])),
            ("hold_ms", json!([1, 0, {}])),
            ("system.stats", json!([0, 1, {}])),
        ];
        for (name, counted) in expected {
            assert_eq!(counts(of(&stats, name)), counted, "{name}, {model}: {stats:#}");
        }
        // Whatever callers make up has one row.
        let other = of(&stats, "_other");
        assert!(other["errors"]["-32601"].as_u64() >= Some(3), "{model}: {stats:#}");
        assert_eq!(of(&stats, "no_such"), &Value::Null);
        assert_eq!(stats["connections"]["open"], 2, "{model}: {stats:#}");
        assert_eq!(stats["connections"]["accepted"], 2, "{model}: {stats:#}");
        assert!(stats["uptime_s"].as_f64().unwrap() > 0.0);

        // All calls of one thread are timed at first.
        let latency = &of(&stats, "add")["latency"];
        assert!(latency["timed"].as_u64().unwrap() >= 256, "{model}: {latency}");
        let [p50, p99, max] =
            ["p50_us", "p99_us", "max_us"].map(|time| latency[time].as_f64().unwrap());
        assert!(0.0 < p50 && p50 <= p99 && p99 <= max, "{model}: {latency}");
        let hold = of(&stats, "hold_ms")["latency"]["max_us"].as_f64().unwrap();
        assert!(hold >= 1000.0, "{model}: {hold}");
    }
}

#[test]
fn processes_are_told_alone_and_added_up_and_what_they_counted_outlives_them() {
    let server = Served::start(SERVER, "--model prefork --workers 2 --stats yes");
    let clients = [server.client(), server.client()];
    let processes = clients.each_ref().map(|client| Served::of(client).0);
    assert_ne!(processes[0], processes[1]);
    for (client, calls) in clients.iter().zip([5, 7]) {
        for _ in 0..calls {
            let _: i64 = client.call("add", args![1, 2], kwargs! {}).unwrap();
        }
    }
    let all = stats(&clients[0]);
    assert_eq!(of(&all, "add")["calls"], 12);
    for (process, calls) in processes.iter().zip([5, 7]) {
        let one: Value =
            clients[0].call("system.stats", args![], kwargs! { process: process }).unwrap();
        assert_eq!(of(&one, "add")["calls"], calls, "{one:#}");
        let alone = all["processes"].as_array().unwrap().iter();
        let alone = alone.filter(|alone| alone["process"] == *process).collect::<Vec<_>>();
        assert_eq!(alone.len(), 1, "{all:#}");
        assert!(alone[0]["calls"].as_u64().unwrap() > calls, "{all:#}");
    }
    let [first, second] = &clients;
    let lost = second.call::<()>("abort", args![], kwargs! {}).unwrap_err();
    assert!(lost.may_have_run());
    until("the process has been reaped", || {
        let stats = stats(first);
        let there = stats["processes"].as_array().unwrap().iter();
        there.into_iter().all(|process| process["process"] != processes[1])
    });
    let all = stats(first);
    assert_eq!(of(&all, "add")["calls"], 12, "{all:#}");
    assert_eq!(counts(of(&all, "abort")), json!([1, 0, {}]), "{all:#}");
    assert_eq!(of(&all, "abort")["lost"], 1, "{all:#}");
    let unknown = first
        .call::<Value>("system.stats", args![], kwargs! { process: processes[1] })
        .unwrap_err();
    assert!(unknown.to_string().contains("lists those that do"), "{unknown}");
}

#[test]
fn a_child_for_each_connection_leaves_its_counts() {
    let server = Served::start(SERVER, "--model fork --max-children 100 --stats yes");
    for n in 1..=20_i64 {
        let client = server.client();
        let _: i64 = client.call("add", args![n, 2], kwargs! {}).unwrap();
    }
    let client = server.client();
    // The process that makes the others counts nothing but whom it turns away.
    until("they have ended", || stats(&client)["processes"].as_array().unwrap().len() == 1);
    let all = stats(&client);
    assert_eq!(of(&all, "add")["calls"], 20, "{all:#}");
    assert_eq!(all["connections"]["open"], 1, "{all:#}");
    assert_eq!(all["connections"]["accepted"], 21, "{all:#}");
}

#[test]
fn calls_in_flight_are_those_that_have_not_ended() {
    let server = Model::EventLoop.start(RpcServer::exported().stats());
    let client = RpcClient::connect(server.address()).unwrap();
    let mut busy = Peer::connect(server.address(), Framing::LengthPrefix);
    for id in 1..=3 {
        let call = json!({ "method_name": "stats.rest", "method_args": [60_000, 1], "id": id });
        busy.send(&call.to_string());
    }
    until("they run", || of(&stats(&client), "stats.rest")["in_flight"] == 3);
    assert_eq!(of(&stats(&client), "stats.rest")["calls"], 0);
    for id in 1..=3 {
        busy.send(&json!({ "cancel": id }).to_string());
    }
    until("they have been cancelled", || of(&stats(&client), "stats.rest")["in_flight"] == 0);
    let rest = counts(of(&stats(&client), "stats.rest"));
    assert_eq!(rest, json!([3, 0, { code::CANCELLED.to_string(): 3 }]));
}

#[test]
fn a_call_whose_time_is_up_is_counted_as_cancelled() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported().stats());
        let client = RpcClient::connect(server.address()).unwrap();
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        let call = json!({ "method_name": "stats.rest", "method_args": [60_000, 1], "id": 1,
                           "timeout_ms": 20 });
        assert!(peer.ask(&call.to_string()).contains("-32001"));
        let rest = counts(of(&stats(&client), "stats.rest"));
        assert_eq!(rest, json!([1, 0, { code::CANCELLED.to_string(): 1 }]), "{model:?}");
    });
}

/// Refuses what it is told to, calls some twice, and answers one itself.
struct Strict<D>(D);

impl<D: Dispatch> Dispatch for Strict<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        match call.method() {
            "add" => Fault::new(code::UNAUTHORISED, "nobody adds here").into(),
            "mine" => reply.send(&1).into(),
            "nothing" => {
                let _ = self.0.dispatch(call, context, reply);
                self.0.dispatch(call, context, reply)
            }
            _ => self.0.dispatch(call, context, reply),
        }
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}

#[test]
fn what_layers_do_is_counted_as_callers_see_it() {
    let stack = JsonRpc::new(Strict(FunctionRegistry::exported()));
    let server = TcpServer::new(stack).stats().start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    let _ = client.call::<i64>("add", args![1, 2], kwargs! {}).unwrap_err();
    let _: i64 = client.call("mine", args![], kwargs! {}).unwrap();
    client.call::<()>("nothing", args![], kwargs! {}).unwrap();
    let stats = stats(&client);
    assert_eq!(counts(of(&stats, "add")), json!([1, 0, { "-32005": 1 }]));
    assert_eq!(counts(of(&stats, "nothing")), json!([1, 0, {}]));
    assert_eq!(counts(of(&stats, "_other")), json!([1, 0, {}]));
}

#[test]
fn a_time_that_is_up_is_counted_as_what_the_caller_was_told() {
    let server = RpcServer::exported().stats().start("127.0.0.1:0").unwrap();
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    for (arguments, code) in [("[1]", -32602), (r#"[402,"no",null]"#, -32001)] {
        let call = format!(
            r#"{{"method_name":"refuse","method_args":{arguments},"timeout_ms":0,"id":1}}"#
        );
        assert!(peer.ask(&call).contains(&format!(r#""code":{code},"#)));
    }
    let client = RpcClient::connect(server.address()).unwrap();
    let stats = stats(&client);
    let errors = &of(&stats, "refuse")["errors"];
    assert_eq!(errors, &json!({ "-32602": 1, "-32001": 1 }));
}

#[test]
fn more_codes_than_have_a_place_are_counted_together() {
    let server = RpcServer::exported().stats().start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    for code in 1..=10 {
        let _ = client.call::<()>("refuse", args![code, "no", ()], kwargs! {}).unwrap_err();
    }
    let stats = stats(&client);
    let errors = &of(&stats, "refuse")["errors"];
    let expected = json!({ "1": 1, "2": 1, "3": 1, "4": 1, "5": 1, "6": 1, "other": 4 });
    assert_eq!(errors, &expected);
}

#[test]
fn threads_that_come_and_go_lose_no_count() {
    let server = RpcServer::exported().stats().start("127.0.0.1:0").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let address = server.address();
            scope.spawn(move || {
                for _ in 0..50 {
                    let client = RpcClient::connect(&address).unwrap();
                    let _: i64 = client.call("add", args![1, 2], kwargs! {}).unwrap();
                }
            });
        }
    });
    let client = RpcClient::connect(server.address()).unwrap();
    assert_eq!(of(&stats(&client), "add")["calls"], 400);
    until("all have gone", || stats(&client)["connections"]["open"] == 1);
    assert_eq!(stats(&client)["connections"]["accepted"], 401);
}

#[test]
fn more_threads_than_have_a_place_of_their_own_lose_no_count() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported().stats());
    let clients: Vec<_> = (0..300).map(|_| RpcClient::connect(server.address()).unwrap()).collect();
    std::thread::scope(|scope| {
        for clients in clients.chunks(30) {
            scope.spawn(move || {
                for n in 0..10 {
                    for client in clients {
                        let _: i64 = client.call("add", args![n, 2], kwargs! {}).unwrap();
                    }
                }
            });
        }
    });
    let codes = clients.iter().rev().take(5).map(|client| {
        client.call::<()>("refuse", args![42, "no", ()], kwargs! {}).unwrap_err();
    });
    assert_eq!(codes.count(), 5);
    // The last one shares its place.
    let stats = stats(&clients[299]);
    assert_eq!(counts(of(&stats, "add")), json!([3000, 0, {}]));
    assert_eq!(counts(of(&stats, "refuse")), json!([5, 0, { "42": 5 }]));
    assert_eq!(counts(of(&stats, "system.stats")), json!([0, 1, {}]));
    let timed = of(&stats, "add")["latency"]["timed"].as_u64().unwrap();
    assert!((2560..=3000).contains(&timed), "{timed}");
}

#[test]
fn connections_that_are_turned_away_are_counted() {
    for model in ["--model threads --max-connections 1", "--model event-loop --max-connections 1"] {
        let server = Served::start(SERVER, &format!("{model} --stats yes"));
        let client = server.client();
        let _ = stats(&client);
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        assert!(peer.ask(r#"{"method_name":"add","id":1}"#).contains("-32000"));
        until("it is counted", || stats(&client)["connections"]["refused"] == 1);
    }
}

#[test]
fn the_version_is_told_that_the_server_was_told() {
    for (service, version) in [
        (None, None),
        (Some(Service::new("Sums")), None),
        (Some(Service::new("Sums").version("1.4.0")), Some("1.4.0")),
    ] {
        let server = RpcServer::exported().stats();
        let server = match service {
            Some(service) => server.service(service),
            None => server,
        };
        let server = server.start("127.0.0.1:0").unwrap();
        let stats = stats(&RpcClient::connect(server.address()).unwrap());
        assert_eq!(stats.get("version").and_then(Value::as_str), version, "{stats:#}");
    }
}

#[test]
fn it_is_told_only_where_it_is_counted() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    let error = client.call::<Value>("system.stats", args![], kwargs! {}).unwrap_err();
    assert!(error.to_string().contains("`.stats()`"), "{error}");
    let names: Vec<String> = client.call("system.listMethods", args![], kwargs! {}).unwrap();
    assert!(!names.iter().any(|name| name == "system.stats"));

    let counting = RpcServer::exported().stats().start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(counting.address()).unwrap();
    let names: Vec<String> = client.call("system.listMethods", args![], kwargs! {}).unwrap();
    assert!(names.iter().any(|name| name == "system.stats"));
    let mut peer = Peer::connect(counting.address(), Framing::Raw);
    for (call, member) in [
        (r#"{"method_name":"system.stats"}"#, "res"),
        (r#"{"in":"system.stats","params":[]}"#, "result"),
        (r#"{"jsonrpc":"2.0","method":"system.stats","id":1}"#, "result"),
    ] {
        let reply: Value = serde_json::from_str(&peer.ask(call)).unwrap();
        assert!(reply[member]["functions"].is_array(), "{reply}");
    }
}
