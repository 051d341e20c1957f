//! A client gives a call up in time, says that it may have run, and mistakes no late reply for another.

#![allow(clippy::unwrap_used)]

use std::future::poll_fn;
use std::sync::Barrier;
use std::sync::mpsc::channel;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::client::Dialect;
use rpc_core::error::IoErrorKind;
use rpc_core::protocol::Framing;
use rpc_core::{Error, RpcClient, RpcServer, Stub, args, rpc_export};
use serde_json::{Value, json};
use tests::{
    DIALECTS, EVERY_FRAMING, FRAMINGS, Fake, Gate, Model, Peer, after_ms, pass_gate, same,
};

const TIMEOUT: Duration = Duration::from_millis(500);
/// Far below the default of half a minute, far above what a busy machine adds.
const AT_MOST: Duration = Duration::from_secs(15);

#[test]
fn a_call_without_a_reply_is_given_up_and_its_late_reply_is_nobody_elses() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    for framing in EVERY_FRAMING {
        for dialect in DIALECTS {
            let builder = RpcClient::builder().framing(framing).dialect(dialect);
            let client = builder.call_timeout(TIMEOUT).connect(server.address()).unwrap();
            let gate = Gate::closed();
            let begun = Instant::now();
            let error = client.pass_gate(gate.number(), 1).call().unwrap_err();
            assert!(begun.elapsed() < AT_MOST, "{:?}", begun.elapsed());
            assert!(
                matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::TimedOut(TIMEOUT)),
                "{error:?}"
            );
            assert_eq!(
                error.to_string(),
                format!(
                    "calling `pass_gate` at {}: no reply within 500ms; the call may have run",
                    server.address()
                )
            );
            assert!(error.may_have_run());
            // The late reply comes before any of these.
            gate.open();
            for n in 2..5 {
                let patient = client.within(Duration::from_secs(60));
                assert_eq!(patient.after_ms(0, n).call().unwrap(), n, "{dialect:?}");
            }
        }
    }
}

#[test]
fn a_result_that_comes_when_its_caller_has_stopped_waiting_is_none() {
    // The caller learns the same whether it or the server is first to notice.
    for model in Model::ALL {
        let server = model.start(RpcServer::exported());
        for framing in FRAMINGS {
            let mut peer = Peer::connect(server.address(), framing);
            for function in ["after_ms", "hold_ms", "doze_ms"] {
                let call = format!(r#""method_name":"{function}","method_args":[100,5],"id":1"#);
                let late = format!(
                    r#"{{"error":{{"code":-32001,"message":"`{function}` was not done within 50ms"}},"id":1}}"#
                );
                assert_eq!(peer.ask(&format!(r#"{{{call},"timeout_ms":50}}"#)), late, "{model:?}");
                assert_eq!(peer.ask(&format!("{{{call}}}")), r#"{"res":5,"id":1}"#, "{model:?}");
            }
        }
    }
}

#[test]
fn a_caller_that_does_not_wait_at_all_is_told_so() {
    for model in Model::ALL {
        let server = model.start(RpcServer::exported());
        let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
        let told =
            peer.ask(r#"{"method_name":"after_ms","method_args":[0,5],"id":1,"timeout_ms":0}"#);
        assert!(told.contains("-32001"), "{model:?}: {told}");
        assert!(told.contains("`after_ms`: its time was up before it began"), "{model:?}: {told}");
    }
}

/// Sleeps while others run, then answers with the number.
#[rpc_export]
async fn doze_ms(ms: u64, number: u64) -> u64 {
    let until = Instant::now() + Duration::from_millis(ms);
    poll_fn(|task| {
        // No runtime is asked for, since a thread may run this too.
        task.waker().wake_by_ref();
        if Instant::now() < until { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    number
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
    for dialect in DIALECTS {
        let (answered, all_answered) = channel();
        let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
            for _ in 0..3 {
                let call: Value = serde_json::from_str(&peer.receive().unwrap()).unwrap();
                let mut reply = match dialect {
                    Dialect::Ping => json!({ "out": "same", "result": call["params"] }),
                    Dialect::JsonRpc => json!({ "jsonrpc": "2.0", "result": call["params"][0] }),
                    _ => json!({ "res": call["method_args"][0] }),
                };
                if let Some(id) = call.get("id") {
                    reply["id"] = id.clone();
                }
                peer.send(&reply.to_string());
            }
            answered.send(()).unwrap();
            assert!(peer.receive().is_none());
        });
        let builder = RpcClient::builder().dialect(dialect).call_timeout(TIMEOUT);
        let client = builder.connect(server.address()).unwrap();
        let calls: Vec<_> = (0..3).map(|n| client.same(n.into()).start().unwrap()).collect();
        all_answered.recv().unwrap();
        thread::sleep(TIMEOUT * 2);
        let same: Vec<_> = calls.into_iter().rev().map(|call| call.wait().unwrap()).collect();
        assert_eq!(same, [2, 1, 0], "{dialect:?}");
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
    let (answer, told_to) = channel();
    let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
        while let Some(call) = peer.receive_call() {
            if call.argument.is_u64() {
                // When the others have given up.
                told_to.recv().unwrap();
                peer.echo(&call);
            }
        }
    });
    let client = RpcClient::builder().call_timeout(TIMEOUT).connect(server.address()).unwrap();
    for _ in 0..6 {
        let together = Barrier::new(9);
        thread::scope(|scope| {
            let hasty = [(); 8].map(|()| {
                scope.spawn(|| {
                    together.wait();
                    client.call::<()>("same", args![()], ()).unwrap_err();
                })
            });
            let patient = scope.spawn(|| {
                together.wait();
                thread::sleep(TIMEOUT / 2);
                let patient = client.within(Duration::from_secs(60));
                let begun = Instant::now();
                assert_eq!(patient.call::<u64>("same", args![100], ()).unwrap(), 100);
                assert!(begun.elapsed() < AT_MOST, "{:?}", begun.elapsed());
            });
            for hasty in hasty {
                hasty.join().unwrap();
            }
            answer.send(()).unwrap();
            patient.join().unwrap();
        });
    }
}

#[test]
fn a_server_that_takes_nothing_does_not_keep_a_caller_for_ever() {
    let (over, is_over) = channel::<()>();
    let server = Fake::start(Framing::LengthPrefix, move |_unread| _ = is_over.recv());
    let client = RpcClient::builder().call_timeout(TIMEOUT).connect(server.address()).unwrap();
    let text = "x".repeat(9_000_000);
    for _ in 0..3 {
        let begun = Instant::now();
        let error = client.call::<String>("same", args![&text], ()).unwrap_err();
        assert!(matches!(&error, Error::Io(_)), "{error}");
        assert!(error.may_have_run());
        assert!(begun.elapsed() < AT_MOST, "{:?}", begun.elapsed());
    }
    drop(over);
}
