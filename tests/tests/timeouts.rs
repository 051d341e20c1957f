//! A client gives a call up in time, says that it may have run, and mistakes no late reply for another.

#![allow(clippy::unwrap_used)]

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use examples::add;
use rpc_core::{Error, Framing, IoErrorKind, RpcClient, RpcServer, Stub, args};
use tests::{DIALECTS, EVERY_FRAMING, Fake, Model, after_ms};

const TIMEOUT: Duration = Duration::from_millis(200);

#[test]
fn a_call_without_a_reply_is_given_up_and_its_late_reply_is_nobody_elses() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    for framing in EVERY_FRAMING {
        for dialect in DIALECTS {
            let builder = RpcClient::builder().framing(framing).dialect(dialect);
            let client = builder.call_timeout(TIMEOUT).connect(server.address()).unwrap();
            let begun = Instant::now();
            let error = client.after_ms(700, 1).call().unwrap_err();
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
            assert!(
                matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::TimedOut(TIMEOUT)),
                "{error:?}"
            );
            assert_eq!(
                error.to_string(),
                format!(
                    "calling `after_ms` at {}: no reply within 200ms; the call may have run",
                    server.address()
                )
            );
            assert!(error.may_have_run());
            // The late reply comes before any of these.
            for n in 2..5 {
                let patient = client.within(Duration::from_secs(20));
                assert_eq!(patient.after_ms(0, n).call().unwrap(), n, "{dialect:?}");
            }
        }
    }
}

#[test]
fn a_call_given_up_by_its_caller_does_no_harm() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    for dialect in DIALECTS {
        let client = RpcClient::builder().dialect(dialect).connect(server.address()).unwrap();
        drop(client.after_ms(50, 1).start().unwrap());
        assert_eq!(client.after_ms(0, 2).call().unwrap(), 2);
    }
}

#[test]
fn a_reply_that_came_in_time_is_had_however_late_it_is_waited_for() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    for dialect in DIALECTS {
        let builder = RpcClient::builder().dialect(dialect).call_timeout(TIMEOUT);
        let client = builder.connect(server.address()).unwrap();
        let calls: Vec<_> = (0..3).map(|n| client.add(n, n).start().unwrap()).collect();
        thread::sleep(TIMEOUT * 2);
        let sums: Vec<_> = calls.into_iter().rev().map(|call| call.wait().unwrap()).collect();
        assert_eq!(sums, [14, 12, 10]);
    }
}

#[test]
fn a_client_may_wait_for_ever() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let client = RpcClient::builder().call_timeout(None).connect(server.address()).unwrap();
    assert_eq!(client.after_ms(700, 1).call().unwrap(), 1);
    let client =
        RpcClient::builder().call_timeout(Duration::MAX).connect(server.address()).unwrap();
    assert_eq!(client.after_ms(700, 1).call().unwrap(), 1);
}

#[test]
fn a_reply_reaches_its_thread_while_others_time_out() {
    // Calls that are never answered time out together, and one of their threads reads for all: the
    // last caller must not be left waiting for a reply that nobody reads.
    let server = Fake::start(Framing::LengthPrefix, |mut peer| {
        while let Some(call) = peer.receive_call() {
            if let Some(ms) = call.argument.as_u64() {
                thread::sleep(Duration::from_millis(ms));
                peer.echo(&call);
            }
        }
    });
    let client = RpcClient::builder().call_timeout(TIMEOUT).connect(server.address()).unwrap();
    for _ in 0..6 {
        let together = Barrier::new(9);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    client.call::<()>("same", args![()], ()).unwrap_err();
                });
            }
            scope.spawn(|| {
                together.wait();
                thread::sleep(TIMEOUT * 3 / 4);
                // Answered when the others have given up, and long before this gives up itself.
                let ms = client.call::<u64>("same", args![100], ()).unwrap();
                assert_eq!(ms, 100);
            });
        });
    }
}

#[test]
fn a_server_that_takes_nothing_does_not_keep_a_caller_for_ever() {
    let server = Fake::start(Framing::LengthPrefix, |_unread| thread::sleep(TIMEOUT * 5));
    let client = RpcClient::builder().call_timeout(TIMEOUT).connect(server.address()).unwrap();
    let text = "x".repeat(9_000_000);
    let begun = Instant::now();
    for _ in 0..3 {
        let error = client.call::<String>("same", args![&text], ()).unwrap_err();
        assert!(matches!(&error, Error::Io(_)), "{error}");
        assert!(error.may_have_run());
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
