//! A connection that is lost fails each call on it once, and the next call makes another.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use examples::{add, echo};
use rpc_core::error::IoErrorKind;
use rpc_core::protocol::Framing;
use rpc_core::{Error, RpcClient, RpcServer, Stub};
use tests::{Fake, Model, Task, same, until};

/// Longer than a client trusts a connection that nobody used, and than the server keeps it.
const UNUSED: Duration = Duration::from_secs(3);
/// Since a call that was just made: less than a server takes to be restarted.
const JUST_NOW: Duration = Duration::from_millis(20);

fn assert_lost(error: &Error) {
    assert!(matches!(error, Error::Io(error) if error.kind() == IoErrorKind::Lost), "{error:?}");
}

#[test]
fn every_call_in_flight_fails_once_and_may_have_run() {
    const CALLS: usize = 8;
    for reset in [false, true] {
        let mut connections = 0;
        let (received, all_received) = channel();
        let (cut, told_to) = channel();
        let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
            connections += 1;
            if connections > 1 {
                return peer.echo_all();
            }
            for _ in 0..CALLS {
                peer.receive_call().unwrap();
            }
            received.send(()).unwrap();
            told_to.recv().unwrap();
        });
        let client = RpcClient::connect(server.address()).unwrap();
        let start = format!("calling `same` at {}: the connection was lost (", server.address());
        let assert_failed = |error: Error| {
            assert_lost(&error);
            assert!(error.may_have_run());
            let text = error.to_string();
            assert!(text.starts_with(&start), "{text}");
            assert!(text.ends_with("); the call may have run"), "{text}");
        };
        thread::scope(|scope| {
            for n in 0..CALLS / 2 {
                let (client, assert_failed) = (&client, &assert_failed);
                scope.spawn(move || {
                    let calls = [2 * n, 2 * n + 1].map(|n| client.same(n.into()).start().unwrap());
                    for call in calls {
                        assert_failed(call.wait().unwrap_err());
                    }
                });
            }
            all_received.recv().unwrap();
            // One that is never read makes the operating system reset the connection.
            let unread = reset.then(|| client.same(CALLS.into()).start().unwrap());
            cut.send(()).unwrap();
            if let Some(unread) = unread {
                assert_failed(unread.wait().unwrap_err());
            }
        });
        assert_eq!(client.call::<u8>("same", [5], ()).unwrap(), 5);
        drop(client);
    }
}

#[test]
fn a_call_that_was_not_sent_when_the_connection_was_lost_has_not_run() {
    let received = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&received);
    let (lose, told_to) = channel();
    let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
        peer.receive_call().unwrap();
        count.fetch_add(1, Ordering::SeqCst);
        told_to.recv().unwrap();
    });
    let client = RpcClient::connect(server.address()).unwrap();
    thread::scope(|scope| {
        let (task, tasks) = channel();
        let client = &client;
        let waiting = scope.spawn(move || {
            task.send(Task::this()).unwrap();
            client.call::<u8>("same", [1], ()).unwrap_err()
        });
        // Waiting for a call sends what has gathered, so it has to begin before that.
        until("the call has been sent", || received.load(Ordering::SeqCst) == 1);
        tasks.recv().unwrap().until_it_waits();
        let _burst = client.burst();
        let gathered = client.same(2.into()).start().unwrap();
        lose.send(()).unwrap();
        assert!(waiting.join().unwrap().may_have_run());
        let error = gathered.wait().unwrap_err();
        assert_lost(&error);
        assert!(!error.may_have_run());
        assert!(error.to_string().ends_with("; the call has not run"), "{error}");
    });
    drop(client);
    drop(server);
    assert_eq!(received.load(Ordering::SeqCst), 1);
}

#[test]
fn nothing_is_sent_twice() {
    const CALLS: usize = 200;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
        // Every connection is cut after a few calls, some of them answered, some not.
        for turn in 0..3 {
            let Some(call) = peer.receive_call() else { return };
            log.lock().unwrap().push(call.argument.as_u64().unwrap());
            if turn < 2 {
                peer.echo(&call);
            }
        }
    });
    let client = RpcClient::connect(server.address()).unwrap();
    let mut answered = HashSet::new();
    let mut not_run = HashSet::new();
    for n in 0..CALLS as u64 {
        match client.call::<u64>("same", [n], ()) {
            Ok(reply) => assert!(reply == n && answered.insert(n)),
            Err(error) if error.may_have_run() => assert_lost(&error),
            Err(_) => assert!(not_run.insert(n)),
        }
    }
    drop(client);
    drop(server);
    let seen = seen.lock().unwrap();
    let once: HashSet<u64> = seen.iter().copied().collect();
    assert_eq!(once.len(), seen.len(), "a call was received twice");
    assert!(answered.is_subset(&once) && answered.len() > CALLS / 2, "{}", answered.len());
    assert!(not_run.is_disjoint(&once));
}

#[test]
fn a_server_that_was_restarted_is_connected_to_again() {
    for model in Model::ALL {
        let server = model.start(RpcServer::exported());
        let address = server.address();
        let builder = RpcClient::builder().connect_timeout(Duration::from_millis(200));
        let client = builder.connect(&address).unwrap();
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
        drop(server);

        // The loss may be found out by this call, which then says so; after it, it is known.
        client.add(1, 2).call().unwrap_err();
        let error = client.add(1, 2).call().unwrap_err();
        assert!(
            matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::Connect),
            "{error}"
        );
        assert!(!error.may_have_run());

        let _server = RpcServer::exported().start(address).unwrap();
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
    }
}

#[test]
fn a_connection_closed_while_it_was_unused_costs_no_call() {
    let server = Model::ThreadPerConnection
        .start(RpcServer::exported().idle_timeout(Duration::from_secs(1)));
    let client = RpcClient::connect(server.address()).unwrap();
    assert_eq!(client.add(1, 2).call().unwrap(), 13);
    thread::sleep(UNUSED);
    assert_eq!(client.add(1, 2).call().unwrap(), 13);
    assert_eq!(client.echo("still here").call().unwrap(), "still here");
}

#[test]
fn a_started_call_outlives_its_client() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let client = RpcClient::connect(server.address()).unwrap();
    let call = client.add(1, 2).start().unwrap();
    drop(client);
    assert_eq!(call.wait().unwrap(), 13);
}

#[test]
fn a_server_that_was_restarted_between_two_calls_costs_none() {
    for model in Model::ALL {
        let server = model.start(RpcServer::exported());
        let address = server.address();
        let client = RpcClient::connect(&address).unwrap();
        for n in 0..3 {
            assert_eq!(client.add(n, 2).call().unwrap(), n + 12, "{model:?}");
        }
        drop(server);
        let _server = RpcServer::exported().start(&address).unwrap();
        // Whoever has called a moment ago sees that this connection has ended.
        thread::sleep(JUST_NOW);
        assert_eq!(client.add(1, 2).call().unwrap(), 13, "{model:?}");
    }
}
