//! What a peer can make a server hold is bounded.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::net::TcpStream;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::protocol::{Framing, Limits};
use rpc_core::{RpcServer, rpc_export};
use tests::{FRAMINGS, MemoryWatch, Model, Peer, frame};

const MIB: usize = 1 << 20;
const CALL: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const SUM: &str = r#"{"res":13}"#;

#[test]
fn connections_that_have_said_nothing_hold_no_buffers() {
    const CONNECTIONS: usize = 400;
    let mut watch = MemoryWatch::begin();
    let server = Model::EventLoop.start(RpcServer::exported());
    let address = server.address().socket_addr().unwrap();
    let connect = || TcpStream::connect(address).unwrap();
    let mut first = Peer::connect(address, Framing::LengthPrefix);
    let mut connections = vec![connect()];
    watch.from_here();
    // The loop is busy meanwhile, so all are accepted together.
    first.send(r#"{"method_name":"after_ms","method_args":[300,1]}"#);
    thread::sleep(Duration::from_millis(50));
    connections.extend((0..CONNECTIONS).map(|_| connect()));
    // Those before it have been accepted when the last one is answered.
    let mut last = Peer::connect(address, Framing::LengthPrefix);
    assert!(last.ask(r#"{"in":"ping","params":"x"}"#).contains("pong"));
    let growth = watch.growth();
    assert!(growth < CONNECTIONS * 8 * 1024, "{growth}");
}

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

/// Repeats a text, when others have had their turn.
#[rpc_export]
async fn repeat_later(text: &str, times: usize) -> String {
    let mut is_later = false;
    poll_fn(|task| {
        if std::mem::replace(&mut is_later, true) {
            return Poll::Ready(());
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    text.repeat(times)
}

#[test]
fn a_peer_that_never_reads_its_replies_is_closed_and_keeps_no_other_waiting() {
    let mut memory = MemoryWatch::begin();
    let (threads, event_loop) = (Model::ThreadPerConnection, Model::EventLoop);
    for (model, method, id) in [
        (threads, "repeat", ""),
        (event_loop, "repeat", ""),
        (event_loop, "repeat_later", ""),
        (event_loop, "repeat_later", r#","id":1"#),
    ] {
        for framing in FRAMINGS {
            let timeout = Duration::from_millis(500);
            let server = model.start(RpcServer::exported().write_timeout(timeout));
            let call = format!(r#"{{"method_name":"{method}","method_args":["x",100000]{id}}}"#);
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
                assert!(begun.elapsed() < Duration::from_secs(60), "the server still holds on");
                thread::sleep(Duration::from_millis(10));
                memory.growth();
            }
            let grown = memory.growth();
            println!("{model:?}, {method}{id}: {} KiB", grown >> 10);
            // Calls that run side by side have a reply each.
            let limit = if id.is_empty() { 16 } else { 64 };
            assert!(grown < limit * MIB, "{grown} bytes, {model:?}, {method}");
        }
    }
}

#[test]
fn replies_that_wait_for_their_peer_are_bounded_in_bytes_and_none_is_lost() {
    const CALLS: usize = 300;
    let mut memory = MemoryWatch::begin();
    let limits = Limits { max_waiting_reply_bytes: MIB, ..Limits::default() };
    for framing in FRAMINGS {
        let server = Model::EventLoop.start(RpcServer::exported().limits(limits));
        assert_eq!(Peer::connect(server.address(), framing).ask(CALL), SUM);
        let calls = (0..CALLS).flat_map(|id| {
            let call =
                format!(r#"{{"method_name":"repeat_later","method_args":["x",100000],"id":{id}}}"#);
            frame(framing, call.as_bytes())
        });
        let calls: Vec<u8> = calls.collect();
        memory.from_here();
        let mut slow = Peer::connect(server.address(), framing);
        slow.write(&calls);
        // Thirty megabytes, if the server made them all at once; it is given time to.
        for _ in 0..50 {
            thread::sleep(Duration::from_millis(20));
            memory.growth();
        }
        let ids: BTreeSet<_> = (0..CALLS)
            .map(|_| {
                let reply = slow.receive().unwrap();
                memory.growth();
                reply.rsplit_once(r#""id":"#).unwrap().1.to_owned()
            })
            .collect();
        assert_eq!(ids.len(), CALLS);
        let grown = memory.growth();
        println!("{framing:?}: {} KiB", grown >> 10);
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
