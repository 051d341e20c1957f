//! A server that has as many connections as it takes says so, to each caller in its own words.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use rpc_core::protocol::code;
use rpc_core::server::{ServerHandle, ThreadPerConnection};
use rpc_core::{Error, RpcClient, RpcServer};
use tests::{FRAMINGS, Peer, until};

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;
const BUSY: &str = r#"{"code":-32000,"message":"the server has 2 connections open, as many as its `max_connections` allows; try again later","data":{"retry_after_ms":1000}}"#;

/// A server that is full.
fn full() -> (ServerHandle, [Peer; 2]) {
    let model = ThreadPerConnection { max_connections: 2 };
    let server = RpcServer::exported().start_with("127.0.0.1:0", model).unwrap();
    let peers = FRAMINGS.map(|framing| {
        let mut peer = Peer::connect(server.address(), framing);
        assert_eq!(peer.ask(ADD), SUM);
        peer
    });
    (server, peers)
}

#[test]
fn one_connection_too_many_is_told_so_with_its_id_in_its_framing_and_dialect() {
    let (server, mut peers) = full();
    for framing in FRAMINGS {
        for (call, reply) in [
            (
                r#"{"method_name":"add","method_args":[1,2],"id":"me"}"#,
                format!(r#"{{"error":{BUSY},"id":"me"}}"#),
            ),
            (r#"{"method_name":"add","method_args":[1,2]}"#, format!(r#"{{"error":{BUSY}}}"#)),
            (r#"{"in":"ping","params":"x"}"#, format!(r#"{{"out":"error","result":{BUSY}}}"#)),
        ] {
            let mut peer = Peer::connect(server.address(), framing);
            assert_eq!(peer.ask(call), reply);
            assert!(peer.is_ended());
        }
    }
    for peer in &mut peers {
        assert_eq!(peer.ask(ADD), SUM);
    }
}

#[test]
fn a_client_learns_that_the_call_has_not_run() {
    let (server, _peers) = full();
    let client = RpcClient::connect(server.address()).unwrap();
    let error: Error = rpc_core::Stub::call::<i64>(&client, "add", [1, 2], ()).unwrap_err();
    assert_eq!(error.fault().unwrap().code(), code::OVERLOADED);
    assert!(!error.may_have_run());
}

#[test]
fn silent_callers_too_many_are_closed_and_keep_no_other_waiting_for_long() {
    let (server, _peers) = full();
    let begun = Instant::now();
    let silent: Vec<Peer> = (0..2).map(|_| Peer::connect(server.address(), FRAMINGS[0])).collect();
    let mut speaking = Peer::connect(server.address(), FRAMINGS[0]);
    assert_eq!(speaking.ask(ADD), format!(r#"{{"error":{BUSY},"id":1}}"#));
    for mut peer in silent {
        assert!(peer.is_ended());
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn a_place_that_becomes_free_is_given_to_the_next_caller() {
    let (server, [leaving, mut staying]) = full();
    drop(leaving);
    until("a place becomes free", || Peer::connect(server.address(), FRAMINGS[0]).ask(ADD) == SUM);
    assert_eq!(staying.ask(ADD), SUM);
}
