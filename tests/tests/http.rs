//! Calls over HTTP: what is answered to what, in every model.

#![allow(clippy::unwrap_used)]

use rpc_core::RpcServer;
use tests::{HttpPeer, Model};

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;

#[test]
fn a_connection_carries_one_call_after_another() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for _ in 0..3 {
            let response = peer.ask(ADD);
            assert_eq!((response.status, response.body.as_str()), (200, SUM), "{model:?}");
            assert_eq!(response.header("content-type"), Some("application/json"));
        }
    });
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        let calls = (0..50).map(|n| {
            let (function, ms) = if n % 10 == 0 { ("block_ms", 20) } else { ("after_ms", 0) };
            let call = format!(r#"{{"method_name":"{function}","method_args":[{ms},{n}]}}"#);
            HttpPeer::post("", &call)
        });
        peer.write(calls.collect::<String>().as_bytes());
        for n in 0..50 {
            assert_eq!(peer.receive().unwrap().body, format!(r#"{{"res":{n}}}"#), "{model:?}");
        }
    });
}

#[test]
fn failures_of_calls_are_answered_with_200_and_the_callers_id() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for (call, code) in [
            (r#"{"method_name":"missing","id":"x"}"#, -32601),
            (r#"{"method_name":"add","method_args":["1"],"id":"x"}"#, -32602),
            (r#"{"method_name":"fail","method_args":["secret"],"id":"x"}"#, -32603),
            (r#"{"id":"x"}"#, -32600),
        ] {
            let response = peer.ask(call);
            assert_eq!(response.status, 200, "{call}");
            let begin = format!(r#"{{"error":{{"code":{code},"#);
            assert!(response.body.starts_with(&begin), "{}", response.body);
            assert!(response.body.ends_with(r#","id":"x"}"#), "{}", response.body);
            assert!(!response.body.contains("secret"), "{}", response.body);
        }
        assert_eq!(peer.ask(ADD).body, SUM);
    });
}
