//! What bounds each caller: calls in flight that wait, are cancelled or lost, what is told of refusals, and our own clients.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rpc_core::client::{Attempt, Policy, RawJson, Verdict};
use rpc_core::error::Misuse;
use rpc_core::protocol::{Framing, code};
use rpc_core::server::{Rate, ServerHandle};
use rpc_core::{Error, FunctionRegistry, RpcClient, RpcServer, Stub, args, kwargs};
use serde_json::{Value, json};
use tests::{Gate, HttpPeer, McpPeer, Model, Peer, know, until};

fn call(method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).to_string()
}

fn ask(peer: &mut Peer, message: &str) -> Value {
    serde_json::from_str(&peer.ask(message)).unwrap()
}

fn connect(server: &ServerHandle) -> Peer {
    Peer::connect(server.address(), Framing::Raw)
}

fn is_refused(reply: &Value) -> bool {
    reply["error"]["code"] == -32000
}

#[test]
fn a_call_is_in_flight_until_it_has_ended() {
    for (model, method) in [
        (Model::ThreadPerConnection, "pass_gate"),
        (Model::ThreadPerConnection, "pass_gate_blocking"),
        (Model::EventLoop, "pass_gate_blocking"),
    ] {
        let server = RpcServer::exported().limit_calls_in_flight_per_address(1);
        let server = model.start(server);
        let gate = Gate::closed();
        let (mut waiting, mut other) = (connect(&server), connect(&server));
        waiting.send(&call(method, json!([gate.number(), 7])));
        gate.until_reached();
        let refused = ask(&mut other, &call("whoami", json!([])));
        assert!(is_refused(&refused), "{model:?}: {refused}");
        gate.open();
        assert!(waiting.receive().unwrap().contains('7'), "{model:?}");
        // Its end is counted before it is answered.
        assert!(!is_refused(&ask(&mut other, &call("whoami", json!([])))), "{model:?}");
    }
}

#[test]
fn a_call_that_is_cancelled_is_in_flight_for_as_long_as_it_runs() {
    let server = RpcServer::exported().limit_calls_in_flight_per_address(1).stats();
    let server = Model::EventLoop.start(server);
    let gate = Gate::closed();
    let (mut waiting, mut other) = (connect(&server), connect(&server));
    waiting.send(&call("pass_gate_blocking", json!([gate.number(), 7])));
    gate.until_reached();
    waiting.send(r#"{"cancel":1}"#);
    // The connection knows that it is cancelled, and the thread is still at it.
    let refused = ask(&mut waiting, &call("whoami", json!([])));
    assert!(is_refused(&refused), "{refused}");
    assert!(is_refused(&ask(&mut other, &call("whoami", json!([])))));
    gate.open();
    until("it has ended", || !is_refused(&ask(&mut other, &call("whoami", json!([])))));

    // An asynchronous function ends when it is cancelled.
    let gate = Gate::closed();
    waiting.send(&call("pass_gate_later", json!([gate.number(), 7])));
    until("it runs", || is_refused(&ask(&mut other, &call("whoami", json!([])))));
    waiting.send(r#"{"cancel":1}"#);
    until("it has ended", || !is_refused(&ask(&mut other, &call("whoami", json!([])))));
}

#[test]
fn identities_have_calls_in_flight_of_their_own() {
    let server = RpcServer::exported().authenticate(know).limit_calls_in_flight_per_identity(1);
    let server = Model::ThreadPerConnection.start(server);
    let of = |token: &str| {
        let mut peer = connect(&server);
        let greeting = call("rpc.authenticate", json!([format!("Bearer {token}")]));
        assert!(ask(&mut peer, &greeting)["result"].is_string());
        peer
    };
    let (mut ada, mut ada_again, mut bob, gate) =
        (of("s3cret"), of("s3cret"), of("bob"), Gate::closed());
    ada.send(&call("pass_gate", json!([gate.number(), 7])));
    gate.until_reached();
    assert!(is_refused(&ask(&mut ada_again, &call("whoami", json!([])))));
    assert_eq!(ask(&mut bob, &call("whoami", json!([])))["result"], "bob");
    gate.open();
    assert!(ada.receive().unwrap().contains('7'));
    assert_eq!(ask(&mut ada_again, &call("whoami", json!([])))["result"], "ada");
}

#[test]
fn what_is_refused_has_not_run_and_is_told() {
    Model::each(|model| {
        let (runs, told) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (count, tell) = (Arc::clone(&runs), Arc::clone(&told));
        let mut registry = FunctionRegistry::new();
        registry.register("run", move || count.fetch_add(1, Ordering::SeqCst)).unwrap();
        let server = RpcServer::of(registry)
            .limit_calls_per_address(Rate::per_minute(1).burst(2))
            .on_call(move |call| tell.lock().unwrap().push(call.ended().to_string()))
            .stats();
        let server = model.start(server);
        let mut peer = connect(&server);
        // Without ids, so nothing is answered.
        for _ in 0..4 {
            peer.send(r#"{"jsonrpc":"2.0","method":"run"}"#);
        }
        let refused = ask(&mut peer, &call("run", json!([])));
        assert!(is_refused(&refused), "{model:?}: {refused}");
        assert_eq!(runs.load(Ordering::SeqCst), 2, "{model:?}");
        let told = told.lock().unwrap().clone();
        let refused = told.iter().filter(|ended| ended.contains("`limit_calls_per_address`"));
        assert_eq!((told.len(), refused.count()), (5, 3), "{model:?}: {told:?}");
    });
}

#[test]
fn refusals_are_counted_among_the_calls() {
    let server = RpcServer::exported()
        .authenticate(know)
        .limit_calls_per_identity(Rate::per_minute(1).burst(1))
        .stats();
    let server = Model::ThreadPerConnection.start(server);
    let client = RpcClient::connect(server.address()).unwrap();
    let ada = client.with_metadata("authorization", "Bearer s3cret");
    for _ in 0..3 {
        let _ = ada.call::<Value>("whoami", args![], kwargs! {});
    }
    // Who has said nothing is not limited by identity.
    let stats: Value = client.call("system.stats", args![], kwargs! {}).unwrap();
    let functions = stats["functions"].as_array().unwrap();
    let refused = functions.iter().filter_map(|function| function["errors"]["-32000"].as_u64());
    assert_eq!(refused.sum::<u64>(), 2, "{stats}");
}

#[test]
fn a_limit_for_identities_needs_somebody_who_knows_them() {
    let rate = || RpcServer::exported().limit_calls_per_identity(Rate::per_second(1));
    let in_flight = || RpcServer::exported().limit_calls_in_flight_per_identity(1);
    for (server, name) in [
        (rate(), "limit_calls_per_identity"),
        (in_flight().identities_by_layer(), "limit_calls_in_flight_per_identity"),
    ] {
        match server.start("127.0.0.1:0").unwrap_err() {
            Error::Misuse(Misuse::NoIdentities { setting }) => assert_eq!(setting, name),
            other => panic!("{other}"),
        }
    }
    for server in [rate(), in_flight()] {
        drop(server.authenticate(know).start("127.0.0.1:0").unwrap());
    }
}

#[test]
fn zero_is_no_limit() {
    let server = RpcServer::exported()
        .limit_calls_per_address(Rate::per_second(0))
        .limit_calls_in_flight_per_address(0)
        .limit_calls_in_flight_per_identity(0)
        .max_connections_per_address(0);
    let server = Model::EventLoop.start(server);
    let mut peers = [(); 3].map(|()| connect(&server));
    for peer in &mut peers {
        for _ in 0..10 {
            assert!(!is_refused(&ask(peer, &call("whoami", json!([])))));
        }
    }
}

#[test]
fn a_language_model_reads_why_its_tool_has_not_run() {
    let server = RpcServer::exported()
        .mcp(rpc_core::server::Tools::all())
        .limit_calls_per_address(Rate::per_minute(1).burst(1));
    let server = Model::EventLoop.start(server);
    let mut mcp = McpPeer::connect(server.address().socket_addr().unwrap());
    let tool = call("tools/call", json!({"name": "whoami", "arguments": {}}));
    assert_eq!(mcp.post("", &tool).status, 200);
    let refused = mcp.post("", &tool);
    assert_eq!(refused.status, 200, "{refused:?}");
    assert!(refused.body.contains(r#""isError":true"#), "{refused:?}");
    assert!(refused.body.contains("`limit_calls_per_address`"), "{refused:?}");
}

/// Comes again when it is told to.
#[derive(Clone, Default)]
struct ComeAgain(Arc<AtomicUsize>);

impl Policy for ComeAgain {
    fn outcome(&self, _: &Attempt<'_>, outcome: &Result<RawJson, Error>) -> Verdict {
        let Some(wait) = outcome.as_ref().err().and_then(Error::retry_after) else {
            return Verdict::Return;
        };
        self.0.fetch_add(1, Ordering::SeqCst);
        Verdict::Retry(wait)
    }
}

#[test]
fn a_client_learns_that_nothing_has_run_and_comes_again_when_it_is_told_to() {
    for scheme in ["tcp", "http", "ws"] {
        let server = RpcServer::exported().limit_calls_per_address(Rate::per_second(5).burst(1));
        let server = Model::EventLoop.start(server);
        let address = format!("{scheme}://{}", server.address());
        let client = RpcClient::connect(&address).unwrap();
        let whoami = || client.call::<Option<String>>("whoami", args![], kwargs! {});
        let mut refused = None;
        until("a call is refused", || {
            refused = whoami().err();
            refused.is_some()
        });
        let refused = refused.unwrap();
        assert_eq!(refused.fault().unwrap().code(), code::OVERLOADED, "{scheme}: {refused}");
        assert!(!refused.may_have_run(), "{scheme}: {refused}");
        let again = ComeAgain::default();
        let client = RpcClient::connect(&address).unwrap().with(again.clone());
        for _ in 0..3 {
            client.call::<Option<String>>("whoami", args![], kwargs! {}).unwrap();
        }
        assert!(again.0.load(Ordering::SeqCst) > 0, "{scheme}");
    }
}

#[test]
fn what_is_no_call_is_not_counted() {
    // What cannot be read, and whether the server lives.
    let server = RpcServer::exported().limit_calls_per_address(Rate::per_minute(1).burst(1));
    let server = Model::ThreadPerConnection.start(server);
    let mut http = HttpPeer::connect(server.address().to_string());
    for _ in 0..3 {
        let alive = http.exchange("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(alive.status, 200);
    }
    let mut peer = connect(&server);
    for _ in 0..3 {
        assert_eq!(ask(&mut peer, r#"{"jsonrpc":"2.0","id":1}"#)["error"]["code"], -32600);
    }
    assert!(!is_refused(&ask(&mut peer, &call("whoami", json!([])))));
    assert!(is_refused(&ask(&mut peer, &call("whoami", json!([])))));
}
