//! What a peer can make a server hold is bounded.

#![allow(clippy::unwrap_used)]

use std::thread;
use std::time::{Duration, Instant};

use rpc_core::{Framing, RpcServer};
use tests::{FRAMINGS, MemoryWatch, Model, Peer, frame};

const MIB: usize = 1 << 20;
const CALL: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const SUM: &str = r#"{"res":13}"#;

#[test]
fn a_length_that_is_only_announced_costs_nothing() {
    let mut memory = MemoryWatch::begin();
    let limit = 10 * MIB;
    for model in Model::ALL {
        let server = model.start(RpcServer::exported());
        // Whatever the first connections allocate for good is there before it is measured.
        for framing in FRAMINGS {
            assert_eq!(Peer::connect(server.address(), framing).ask(CALL), SUM);
        }
        for length in [0, 1, limit, limit + 1, (1 << 31) - 1, (1 << 32) - 1] {
            memory.from_here();
            let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
            assert_eq!(peer.ask(CALL), SUM);
            peer.write(&u32::try_from(length).unwrap().to_le_bytes());
            if length == 0 || length > limit {
                assert!(peer.receive().is_some());
            } else {
                // Nothing tells when the server has read the length; it is given time to.
                thread::sleep(Duration::from_millis(50));
            }
            let grown = memory.growth();
            assert!(grown < MIB, "{grown} bytes for a length of {length}, {model:?}");
        }
    }
}

#[test]
fn a_peer_that_never_reads_its_replies_is_closed_and_keeps_no_other_waiting() {
    let mut memory = MemoryWatch::begin();
    for framing in FRAMINGS {
        let server = Model::ThreadPerConnection
            .start(RpcServer::exported().write_timeout(Duration::from_millis(500)));
        let call = r#"{"method_name":"repeat","method_args":["x",100000]}"#;
        let calls = frame(framing, call.as_bytes()).repeat(100);
        memory.from_here();
        let begun = Instant::now();
        let mut greedy = Peer::connect(server.address(), framing);
        // A gigabyte of replies, if the server let itself be made to.
        let mut rounds = 0;
        while rounds < 100 && greedy.try_write(&calls).is_ok() {
            rounds += 1;
            assert_eq!(Peer::connect(server.address(), framing).ask(CALL), SUM);
            memory.growth();
        }
        while greedy.try_write(b" ").is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(10), "the server still holds on");
            thread::sleep(Duration::from_millis(10));
            memory.growth();
        }
        let grown = memory.growth();
        assert!(grown < 16 * MIB, "{grown} bytes");
    }
}

#[test]
fn large_messages_leave_nothing_behind() {
    let mut memory = MemoryWatch::begin();
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
    let large = format!(r#"{{"method_name":"echo","method_args":["{}"]}}"#, "x".repeat(8 * MIB));
    let mut grown = 0;
    for round in 0..4 {
        assert!(peer.ask(&large).len() > 8 * MIB);
        for _ in 0..100 {
            assert_eq!(peer.ask(CALL), SUM);
        }
        if round == 1 {
            memory.from_here();
        }
        grown = memory.growth();
    }
    assert!(grown < MIB, "{grown} bytes");
}
