//! A call that was cancelled before it began is not begun, and its neighbours do not wait for it.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use rpc_core::server::ServerHandle;
use rpc_core::{AsyncRpcClient, RpcServer, Stub, args, kwargs};
use tests::{EVERY_FRAMING, FRAMINGS, Gate, Model, Peer, frame, remembers, run};

/// As many functions block a thread at one time, at most.
const THREADS: usize = 512;

/// A server of which every thread that may be blocked is, until the gate opens.
fn occupied() -> (ServerHandle, Gate, Peer) {
    let gate = Gate::closed();
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
    for id in 0..THREADS {
        let arguments = format!("[{},7]", gate.number());
        peer.send(&format!(
            r#"{{"method_name":"pass_gate_blocking","method_args":{arguments},"id":{id}}}"#
        ));
    }
    gate.until_reached_by(THREADS);
    (server, gate, peer)
}

const NOTHING: &str = r#"{"method_name":"nothing","id":"last"}"#;

fn remember(text: &str) -> String {
    format!(r#"{{"method_name":"remember_aside","method_args":["{text}"],"id":"{text}"}}"#)
}

#[test]
fn a_call_that_was_cancelled_in_the_queue_is_not_begun() {
    let (server, gate, mut peer) = occupied();
    let mut leaving = Peer::connect(server.address(), FRAMINGS[0]);
    leaving.send(&remember("of one that left"));
    peer.send(&remember("cancelled"));
    peer.send(r#"{"cancel":"cancelled"}"#);
    peer.send(&remember("wanted"));
    leaving.reset_after(&frame(FRAMINGS[0], NOTHING.as_bytes()), &[]);
    // All of that has been read by now, and the loop has looked after everybody once more.
    for _ in 0..2 {
        assert_eq!(peer.ask(NOTHING), r#"{"res":null,"id":"last"}"#);
    }
    gate.open();
    let mut replies = (0..=THREADS).map(|_| peer.receive().unwrap());
    assert!(replies.any(|reply| reply.contains("wanted")));
    assert!(remembers("wanted"));
    // The queue is empty behind one that was put there last.
    let mut last = Peer::connect(server.address(), FRAMINGS[0]);
    assert!(last.ask(&remember("last")).contains("res"));
    for unwanted in ["cancelled", "of one that left"] {
        assert!(!remembers(unwanted), "{unwanted}");
    }
}

#[test]
fn futures_that_were_dropped_keep_no_other_call_waiting() {
    run(async {
        let (server, gate, _peer) = occupied();
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        // Far longer together than anybody waits.
        let unwanted: Vec<_> =
            (0..200).map(|_| client.call::<u64>("hold_ms", args![60_000, 7], kwargs! {})).collect();
        let mut begun = Box::pin(async {
            for call in unwanted {
                let _ = tokio::time::timeout(Duration::from_millis(1), call).await;
            }
        });
        begun.as_mut().await;
        drop(begun);
        client.call::<()>("nothing", args![], kwargs! {}).await.unwrap();
        gate.open();
        let seven = client.call::<u64>("hold_ms", args![0, 7], kwargs! {});
        let seven = tokio::time::timeout(Duration::from_secs(30), seven).await;
        assert_eq!(seven.unwrap().unwrap(), 7);
    });
}

#[test]
fn a_plain_call_is_not_begun_when_its_cancelling_has_come_with_it() {
    const CALLS: usize = 200;
    for framing in EVERY_FRAMING {
        let gate = Gate::closed();
        let server = Model::EventLoop.start(RpcServer::exported());
        let mut peer = Peer::connect(server.address(), framing);
        let number = gate.number();
        peer.send(&format!(r#"{{"method_name":"pass_gate","method_args":[{number},7],"id":"g"}}"#));
        gate.until_reached();
        // The loop is at the gate, so all of this has come when it reads again.
        let name = |call: usize| format!("{framing:?} {call}");
        let kept = [0, 99, CALLS - 1];
        for call in 0..CALLS {
            peer.send(&format!(
                r#"{{"method_name":"remember","method_args":["{}"],"id":{call}}}"#,
                name(call)
            ));
        }
        for call in (0..CALLS).filter(|call| !kept.contains(call)) {
            peer.send(&format!(r#"{{"cancel":{call}}}"#));
        }
        peer.send(NOTHING);
        gate.open();
        assert_eq!(peer.receive().unwrap(), r#"{"res":7,"id":"g"}"#);
        for call in kept {
            assert_eq!(peer.receive().unwrap(), format!(r#"{{"res":null,"id":{call}}}"#));
        }
        assert_eq!(peer.receive().unwrap(), r#"{"res":null,"id":"last"}"#);
        for call in 0..CALLS {
            assert_eq!(remembers(&name(call)), kept.contains(&call), "{}", name(call));
        }
    }
}

#[test]
fn replies_of_slow_calls_do_not_wait_for_the_calls_behind_them() {
    let gate = Gate::closed();
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
    let number = gate.number();
    let slow = |id| format!(r#"{{"method_name":"after_ms","method_args":[5,7],"id":{id}}}"#);
    // Many calls, of which the last passes a gate that nobody opens before the others are answered.
    let calls: Vec<_> = (0..100).map(slow).collect();
    let last = format!(r#"{{"method_name":"pass_gate","method_args":[{number},7],"id":100}}"#);
    let calls = calls.iter().chain([&last]);
    let all: Vec<_> = calls.flat_map(|call| frame(FRAMINGS[0], call.as_bytes())).collect();
    peer.write(&all);
    for id in 0..100 {
        assert_eq!(peer.receive().unwrap(), format!(r#"{{"res":7,"id":{id}}}"#));
    }
    gate.open();
    assert_eq!(peer.receive().unwrap(), r#"{"res":7,"id":100}"#);
}
