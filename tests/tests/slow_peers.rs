//! A peer that is slow costs a server no more than its timeouts.

#![allow(clippy::unwrap_used)]

use std::thread;
use std::time::{Duration, Instant};

use rpc_core::error::Misuse;
use rpc_core::protocol::Framing;
use rpc_core::server::ServerHandle;
use rpc_core::{Error, RpcServer};
use tests::{FRAMINGS, Model, Peer, frame};

const TIMEOUT: Duration = Duration::from_millis(200);
/// One that a peer which does not mean to be late keeps on a busy machine too.
const LONGER: Duration = Duration::from_secs(1);
/// Far below the default of half a minute, far above what a busy machine adds.
const AT_MOST: Duration = Duration::from_secs(15);

const CALL: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const SUM: &str = r#"{"res":13}"#;

/// A server that waits for no message to be finished.
fn impatient(model: Model) -> ServerHandle {
    model.start(RpcServer::exported().message_timeout(TIMEOUT))
}

/// A server that waits for no message to begin.
fn impatient_with_silence(model: Model) -> ServerHandle {
    model.start(RpcServer::exported().idle_timeout(LONGER))
}

fn in_time(test: impl FnOnce()) {
    let begun = Instant::now();
    test();
    assert!(begun.elapsed() < AT_MOST, "{:?}", begun.elapsed());
}

#[test]
fn a_silent_peer_is_closed_without_a_word() {
    Model::each(|model| {
        let server = impatient_with_silence(model);
        for framing in FRAMINGS {
            in_time(|| assert!(Peer::connect(server.address(), framing).is_ended()));
            in_time(|| {
                let mut peer = Peer::connect(server.address(), framing);
                assert_eq!(peer.ask(CALL), SUM);
                assert!(peer.is_ended());
            });
        }
    });
}

#[test]
fn a_message_that_stops_halfway_is_answered_and_its_connection_closed() {
    Model::each(|model| {
        let server = impatient(model);
        for framing in FRAMINGS {
            let whole = frame(framing, CALL.as_bytes());
            in_time(|| {
                let mut peer = Peer::connect(server.address(), framing);
                peer.write(&whole[..whole.len() - 1]);
                assert_eq!(
                    peer.receive().unwrap(),
                    r#"{"error":{"code":-32001,"message":"a message was begun and not finished within 200ms; be faster, or raise the server's `message_timeout`"}}"#
                );
                assert!(peer.is_ended());
            });
            in_time(|| {
                let mut peer = Peer::connect(server.address(), framing);
                assert_eq!(
                    peer.ask(r#"{"in":"ping","params":"x"}"#),
                    r#"{"result":"x","out":"pong"}"#
                );
                peer.write(&whole[..5]);
                assert_eq!(
                    peer.receive().unwrap(),
                    r#"{"out":"error","result":{"code":-32001,"message":"a message was begun and not finished within 200ms; be faster, or raise the server's `message_timeout`"}}"#
                );
                assert!(peer.is_ended());
            });
        }
    });
}

#[test]
fn too_few_bytes_to_tell_the_framing_are_answered_as_text() {
    Model::each(|model| {
        let server = impatient(model);
        for (bytes, message) in [
            (&b"{"[..], "the connection ended inside a message"),
            (
                b"\x05\0\0",
                "unknown framing: a connection begins with a 4-byte little-endian length below 16 MiB, with JSON text, or with `Content-Length:`",
            ),
        ] {
            in_time(|| {
                let mut peer = Peer::connect(server.address(), Framing::Raw);
                peer.write(bytes);
                let expected = format!(r#"{{"error":{{"code":-32700,"message":"{message}"}}}}"#);
                assert_eq!(peer.receive().unwrap(), expected);
                assert!(peer.is_ended());
            });
        }
        // A call shorter than that is one.
        in_time(|| {
            let mut peer = Peer::connect(server.address(), Framing::Raw);
            peer.write(b"{}");
            assert!(peer.receive().unwrap().contains("-32600"));
            assert!(peer.is_ended());
        });
    });
}

#[test]
fn a_trickle_of_bytes_does_not_keep_a_connection() {
    let message = format!(r#"{{"method_name":"{}"}}"#, "x".repeat(2000));
    Model::each(|model| {
        let server = impatient(model);
        for framing in FRAMINGS {
            let message = frame(framing, message.as_bytes());
            in_time(|| {
                trickle(&mut Peer::connect(server.address(), framing), message.iter().copied());
            });
        }
        // White space between messages is no message.
        let server = impatient_with_silence(model);
        in_time(|| {
            let mut peer = Peer::connect(server.address(), Framing::Raw);
            assert_eq!(peer.ask(CALL), SUM);
            trickle(&mut peer, std::iter::repeat(b'\n'));
        });
    });
}

/// Sends a byte now and then until the server has had enough.
fn trickle(peer: &mut Peer, bytes: impl Iterator<Item = u8>) {
    let begun = Instant::now();
    for byte in bytes {
        thread::sleep(TIMEOUT / 20);
        if peer.try_write(&[byte]).is_err() {
            return;
        }
        assert!(begun.elapsed() < AT_MOST, "the server is still listening");
    }
    panic!("the server has taken all of it");
}

#[test]
fn a_peer_that_keeps_calling_is_never_too_slow() {
    let timeout = LONGER * 2;
    Model::each(|model| {
        let server =
            model.start(RpcServer::exported().idle_timeout(timeout).message_timeout(timeout));
        for framing in FRAMINGS {
            let whole = frame(framing, CALL.as_bytes());
            let mut peer = Peer::connect(server.address(), framing);
            // Each message, and each wait between two, takes little of its time; all of them more.
            for _ in 0..6 {
                let (begin, end) = whole.split_at(7);
                peer.write(begin);
                thread::sleep(timeout / 10);
                peer.write(end);
                assert_eq!(peer.receive().unwrap(), SUM);
                thread::sleep(timeout / 10);
            }
        }
    });
}

#[test]
fn a_peer_that_takes_its_replies_too_slowly_is_closed() {
    let server = Model::SingleThread.start(RpcServer::exported().write_timeout(TIMEOUT));
    for times in [8_000_000, 8_000] {
        in_time(|| {
            let mut slow = Peer::connect(server.address(), Framing::Raw);
            let call = format!(r#"{{"method_name":"repeat","method_args":["x",{times}]}}"#);
            slow.write(call.repeat(8_000_000 / times).as_bytes());
            let reading = thread::spawn(move || {
                // Far less than is sent, for far longer than the server waits.
                for _ in 0..20 {
                    slow.skip(1000);
                    thread::sleep(TIMEOUT / 10);
                }
            });
            // Served as soon as the slow one is given up.
            assert_eq!(Peer::connect(server.address(), Framing::Raw).ask(CALL), SUM);
            reading.join().unwrap();
        });
    }
}

#[test]
fn a_function_may_take_longer_than_any_timeout() {
    Model::each(|model| {
        let server = RpcServer::exported().idle_timeout(LONGER).message_timeout(TIMEOUT);
        let server = model.start(server.write_timeout(TIMEOUT));
        let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
        let call = r#"{"method_name":"after_ms","method_args":[1500,5]}"#;
        assert_eq!(peer.ask(call), r#"{"res":5}"#);
        assert_eq!(peer.ask(CALL), SUM);
    });
}

#[test]
fn a_timeout_of_zero_is_refused_when_the_server_starts() {
    let server = RpcServer::exported;
    for (server, setting) in [
        (server().idle_timeout(Duration::ZERO), "idle_timeout"),
        (server().message_timeout(Duration::ZERO), "message_timeout"),
        (server().write_timeout(Duration::ZERO), "write_timeout"),
    ] {
        let error = server.start("127.0.0.1:0").unwrap_err();
        assert!(matches!(error, Error::Misuse(Misuse::NoTime { setting: s }) if s == setting));
        assert!(error.to_string().starts_with(&format!("`{setting}` is zero")), "{error}");
    }
    // Nobody is waited for.
    let hasty = server().stop_timeout(Duration::ZERO).start("127.0.0.1:0").unwrap();
    hasty.stop();
    hasty.wait().unwrap();
}

#[test]
fn timeouts_may_be_for_ever() {
    let ever = Duration::MAX;
    Model::each(|model| {
        let server =
            RpcServer::exported().idle_timeout(ever).message_timeout(ever).write_timeout(ever);
        let server = model.start(server);
        for framing in FRAMINGS {
            let mut peer = Peer::connect(server.address(), framing);
            let whole = frame(framing, br#"{"method_name":"repeat","method_args":["x",8000000]}"#);
            let (begin, end) = whole.split_at(7);
            peer.write(begin);
            thread::sleep(TIMEOUT / 4);
            peer.write(end);
            // More than a socket holds, so it is written in parts.
            thread::sleep(TIMEOUT / 4);
            assert_eq!(peer.receive().unwrap().len(), 8_000_000 + r#"{"res":""}"#.len());
            assert_eq!(peer.ask(CALL), SUM);
        }
    });
}
