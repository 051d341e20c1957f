//! Peers who say of streams and uploads what they should not.

#![allow(clippy::unwrap_used)]

use std::thread;
use std::time::Duration;

use rpc_core::protocol::Framing;
use rpc_core::{FunctionRegistry, RpcServer};
use tests::{ItemReader, Model, Peer, until};

fn open(id: u64, credit: &str) -> String {
    format!(
        r#"{{"method_name":"numbers","method_args":[1,9],"method_kwargs":{{}},"id":{id},"stream":{credit}}}"#
    )
}

#[test]
fn an_id_is_that_of_one_stream_at_a_time() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        peer.send(&open(7, r#"{"items":1}"#));
        assert_eq!(peer.receive().unwrap(), r#"{"items":[1],"id":7}"#);
        for _ in 0..3 {
            peer.send(&open(7, r#"{"items":1}"#));
            let refusal = peer.receive().unwrap();
            assert!(refusal.contains("with this id is open"), "{refusal}");
        }
        peer.send(r#"{"credit":7,"items":2}"#);
        assert_eq!(peer.receive().unwrap(), r#"{"items":[2],"id":7}"#);
        // It is free again when that has ended.
        peer.send(r#"{"credit":7,"items":99}"#);
        assert!(peer.receive().unwrap().starts_with(r#"{"items":[3,"#));
        assert_eq!(peer.receive().unwrap(), r#"{"res":null,"id":7}"#);
        until("the id is free", || {
            peer.send(&open(7, r#"{"items":1}"#));
            peer.receive().unwrap() == r#"{"items":[1],"id":7}"#
        });
    });
}

#[test]
fn what_ends_a_connection_ends_its_streams() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        peer.send(&open(1, r#"{"items":1}"#));
        assert_eq!(peer.receive().unwrap().trim(), r#"{"items":[1],"id":1}"#);
        peer.send(r#"{"a" 1}"#);
        let answer = peer.receive().unwrap();
        assert!(answer.contains("-32700"), "{model:?}: {answer}");
        assert!(peer.receive().is_none());
    });
}

#[test]
fn a_peer_who_says_something_of_a_stream_is_not_silent() {
    Model::each(|model| {
        let server = RpcServer::of(FunctionRegistry::exported());
        let server = model.start(server.idle_timeout(Duration::from_millis(600)));
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        peer.send(
            r#"{"method_name":"total","method_args":[[]],"method_kwargs":{},"id":1,"upload":true}"#,
        );
        for _ in 0..6 {
            thread::sleep(Duration::from_millis(200));
            peer.send(r#"{"items":[1],"id":1}"#);
        }
        peer.send(r#"{"end":1}"#);
        let end = std::iter::from_fn(|| peer.receive()).find(|answer| !answer.contains("credit"));
        assert_eq!(end.as_deref(), Some(r#"{"res":6,"id":1}"#));
        let mut silent = Peer::connect(server.address(), Framing::LengthPrefix);
        silent.send(
            r#"{"method_name":"total","method_args":[[]],"method_kwargs":{},"id":1,"upload":true}"#,
        );
        let end = std::iter::from_fn(|| silent.receive()).find(|answer| answer.contains("error"));
        assert!(end.unwrap().contains("has sent no items for 600ms"));
    });
}

#[test]
fn an_upload_over_http_is_what_was_given() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let rpc_core::transport::Address::Tcp(address) = server.address() else { panic!("no TCP") };
        let body = r#"{"method_name":"total","method_args":[[1,2]],"method_kwargs":{},"id":7,"upload":true}"#;
        for accept in ["application/x-ndjson", "text/event-stream"] {
            let mut reader = ItemReader::call(address, accept, body);
            let mut text = String::new();
            while !text.contains(r#"{"res":3,"id":7}"#) {
                let some = reader.some();
                assert!(!some.is_empty(), "{model:?} {accept}: {text}");
                text += &String::from_utf8(some).unwrap();
            }
        }
    });
}
