//! A notification runs and gets no answer.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};

use rpc_core::{FunctionRegistry, RpcServer, State, Stub, rpc_export};
use tests::{FRAMINGS, Model, Peer, both_ways};

/// Adds to what came.
#[rpc_export]
fn add_up(sum: State<AtomicU64>, number: u64, #[default(1)] times: u64) -> Result<u64, String> {
    if number == 0 {
        return Err("nothing to add".to_owned());
    }
    Ok(sum.fetch_add(number * times, Ordering::Relaxed) + number * times)
}

/// Tells the sum of what came.
#[rpc_export]
fn added_up(sum: State<AtomicU64>) -> u64 {
    sum.load(Ordering::Relaxed)
}

/// Panics.
#[rpc_export]
fn fall_over() {
    panic!("a secret");
}

fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported();
    registry.share(AtomicU64::new(0));
    registry
}

#[test]
fn a_notification_runs() {
    both_ways!(registry(), |client| {
        client.add_up(3).notify().unwrap();
        client.add_up(2).times(5).notify().unwrap();
        // Calls of one connection run in their order.
        assert_eq!(client.added_up().call().unwrap(), 13);
    });
}

#[test]
fn nobody_is_told_that_a_notification_failed() {
    both_ways!(registry(), |client| {
        client.add_up(0).notify().unwrap();
        client.fall_over().notify().unwrap();
        client.at("nowhere").add_up(1).notify().unwrap();
        assert_eq!(client.added_up().call().unwrap(), 0);
    });
}

#[test]
fn a_notification_gets_no_answer() {
    for framing in FRAMINGS {
        let server = Model::ThreadPerConnection.start(RpcServer::of(registry()));
        let mut peer = Peer::connect(server.address(), framing);
        peer.send(r#"{"method_name":"add_up","method_args":[4],"notify":true}"#);
        peer.send(r#"{"method_name":"add_up","method_args":[0],"notify":true}"#);
        peer.send(r#"{"method_name":"fall_over","notify":true}"#);
        peer.send(r#"{"method_name":"no_such_function","notify":true}"#);
        // The first reply is that of the first call which wants one.
        assert_eq!(peer.ask(r#"{"method_name":"added_up","id":1}"#), r#"{"res":4,"id":1}"#);
    }
}
