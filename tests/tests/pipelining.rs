//! Many calls on one connection: in flight together, waited for in any order, each with its own reply.

#![allow(clippy::unwrap_used)]

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use examples::{add, echo};
use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::protocol::Framing;
use rpc_core::{RpcClient, RpcServer, Stub, rpc_export};
use tests::{DIALECTS, FRAMINGS, Fake, Model};

/// A client for calls that take long together, and on a busy machine longer.
fn patient() -> ClientBuilder {
    RpcClient::builder().call_timeout(Duration::from_secs(600))
}

/// Runs a test with a client for every dialect, in one framing or the other: for one that moves much.
fn in_every_dialect(test: impl Fn(&RpcClient, &ClientBuilder)) {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    for (framing, dialect) in FRAMINGS.into_iter().cycle().zip(DIALECTS) {
        let builder = patient().framing(framing).dialect(dialect);
        test(&builder.connect(server.address()).unwrap(), &builder);
    }
}

/// Runs a test with a client for every way to speak.
fn everyhow(test: impl Fn(&RpcClient, &ClientBuilder)) {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    for framing in FRAMINGS {
        for dialect in DIALECTS {
            let builder = patient().framing(framing).dialect(dialect);
            test(&builder.connect(server.address()).unwrap(), &builder);
        }
    }
}

#[test]
fn calls_are_waited_for_in_any_order() {
    everyhow(|client, _| {
        let mut calls: Vec<_> = (0..100).map(|n| (n, client.add(n, 0).start().unwrap())).collect();
        // Every third is given up, the rest are waited for from both ends.
        calls.retain(|(n, _)| n % 3 != 0);
        while !calls.is_empty() {
            for index in [0, calls.len() - 1] {
                if index < calls.len() {
                    let (n, call) = calls.remove(index);
                    assert_eq!(call.wait().unwrap(), n + 10);
                }
            }
        }
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
    });
}

#[test]
fn threads_that_share_a_client_get_their_own_replies() {
    everyhow(|client, builder| {
        thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || {
                    for n in 0..200 {
                        let text = format!("{thread}:{n}");
                        assert_eq!(client.echo(&text).call().unwrap(), text, "{builder:?}");
                        if n % 10 == 0 {
                            let sum = client.add(thread, n).start().unwrap();
                            assert_eq!(client.echo(&text).call().unwrap(), text);
                            assert_eq!(sum.wait().unwrap(), thread + n + 10);
                        }
                    }
                });
            }
        });
    });
}

#[test]
fn calls_of_all_threads_are_in_flight_together_and_may_be_answered_in_any_order() {
    const CALLS: usize = 16;
    let server = Fake::start(Framing::LengthPrefix, |mut peer| {
        while let Some(first) = peer.receive_call() {
            // Nobody is answered before everybody has called.
            let mut calls = vec![first];
            while calls.len() < CALLS {
                calls.push(peer.receive_call().expect("another call"));
            }
            for call in calls.iter().rev() {
                peer.echo(call);
            }
        }
    });
    let client = RpcClient::connect(server.address()).unwrap();
    for _ in 0..20 {
        thread::scope(|scope| {
            for n in 0..CALLS {
                let client = &client;
                scope.spawn(move || assert_eq!(client.call::<usize>("same", [n], ()).unwrap(), n));
            }
        });
    }
    drop(client);
}

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Says how many calls there were before.
#[rpc_export]
fn count() -> u64 {
    COUNT.fetch_add(1, Ordering::SeqCst)
}

#[test]
fn a_burst_leaves_when_it_ends_or_one_of_its_calls_is_waited_for() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let client = RpcClient::connect(server.address()).unwrap();
    let have_run = |expected: u64| {
        thread::sleep(Duration::from_millis(50));
        assert_eq!(COUNT.load(Ordering::SeqCst), expected);
    };

    let burst = client.burst();
    let calls: Vec<_> = (0..10).map(|_| client.count().start().unwrap()).collect();
    have_run(0);
    drop(burst);
    let counts: Vec<u64> = calls.into_iter().map(|call| call.wait().unwrap()).collect();
    assert_eq!(counts, (0..10).collect::<Vec<_>>());
    assert_eq!(client.count().call().unwrap(), 10);

    let _burst = client.burst();
    let [first, second] = [(), ()].map(|()| client.count().start().unwrap());
    assert_eq!(second.wait().unwrap(), 12);
    assert_eq!(first.wait().unwrap(), 11);
    let third = client.count().start().unwrap();
    have_run(13);
    assert_eq!(third.wait().unwrap(), 13);
}

#[test]
fn more_calls_than_any_buffer_holds_can_be_started_before_one_is_waited_for() {
    // 20 MB each way: sockets hold a few, and the server takes no call while nobody takes its reply.
    const CALLS: usize = 20_000;
    let text = "x".repeat(1000);
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    for (framing, dialect, bursting) in
        [(Framing::LengthPrefix, Dialect::Native, true), (Framing::Raw, Dialect::Ping, false)]
    {
        let builder = patient().framing(framing).dialect(dialect);
        let client = builder.connect(server.address()).unwrap();
        let burst = bursting.then(|| client.burst());
        let calls: Vec<_> = (0..CALLS).map(|_| client.echo(&text).start().unwrap()).collect();
        drop(burst);
        for call in calls {
            assert_eq!(call.wait().unwrap(), text, "{builder:?}");
        }
    }
}

#[test]
fn threads_that_all_send_much_do_not_wait_for_each_other_for_ever() {
    let text = "x".repeat(200_000);
    in_every_dialect(|client, builder| {
        let together = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    let calls: Vec<_> =
                        (0..10).map(|_| client.echo(&text).start().unwrap()).collect();
                    for call in calls.into_iter().rev() {
                        assert!(call.wait().unwrap() == text, "{builder:?}");
                    }
                });
            }
        });
    });
}
