//! Uploads whose caller is told something before they have ended.

#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use rpc_core::protocol::Framing;
use rpc_core::{Cut, Items, RpcClient, RpcServer, Stub as _, call, rpc_export};
use tests::{Model, Peer};

#[test]
fn a_blocking_client_hears_of_the_reply_while_it_makes_items() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let client = RpcClient::connect(server.address()).unwrap();
        let made = Cell::new(0);
        let slow = (0..1000).inspect(|_| {
            made.set(made.get() + 1);
            thread::sleep(Duration::from_millis(5));
        });
        assert_eq!(call!(client.first_of(slow)).unwrap(), Some(0));
        assert!(made.get() < 900, "{}", made.get());
        // So it does of the time that it may take.
        let slow = (0..1000).inspect(|_| thread::sleep(Duration::from_millis(5)));
        let within = client.within(Duration::from_millis(100));
        let late = call!(within.sum_of(slow)).unwrap_err();
        assert!(late.to_string().contains("100ms"), "{late}");
    });
}

#[test]
fn what_is_no_part_of_an_upload_is_answered_as_such() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        for (message, sentence) in [
            (r#"{"items":[5],"id":29,"end":29}"#, "or its `end`, not both"),
            (r#"{"items":5,"id":28}"#, "must be an array"),
            (r#"{"items":[5]}"#, "have the `id` of its call"),
        ] {
            peer.send(message);
            let answer = peer.receive().unwrap();
            assert!(answer.contains(sentence), "{answer}");
        }
    });
}

/// The first of some numbers.
#[rpc_export]
fn first_of(mut numbers: Items<u64>) -> Result<Option<u64>, Cut> {
    numbers.next().transpose()
}

/// All of them.
#[rpc_export]
fn sum_of(numbers: Items<u64>) -> Result<u64, Cut> {
    numbers.sum()
}
