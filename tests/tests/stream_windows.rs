//! Many streams share a connection with calls, and none takes more than its window.

#![allow(clippy::unwrap_used)]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use rpc_core::client::{ClientBuilder, Streaming};
use rpc_core::protocol::Framing;
use rpc_core::{AsyncRpcClient, RpcClient, Stub, args, kwargs};
use serde_json::json;
use tests::{EitherClient, Fake, Flow, Peer, run, serve_flows, serve_numbers, with_both};

fn settings() -> ClientBuilder {
    RpcClient::builder()
}

#[test]
fn no_more_is_granted_than_what_was_taken_and_a_window() {
    for (window, item) in [((8, 1_000_000), 1), ((1000, 64), 10), ((1, 1), 30), ((3, 5), 2)] {
        let taken = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&taken);
        let item = move |_| "1".repeat(item);
        let serve = move |mut peer: Peer| {
            serve_flows(&mut peer, 3, &item, &mut |flow, credit| {
                // The item that is being handed out counts.
                let taken = seen.load(Ordering::SeqCst) + 1;
                assert!(flow.credit.0 <= taken + window.0, "{credit} after {taken}");
                let bytes = taken * item(0).len() as u64;
                assert!(flow.credit.1 <= bytes + window.1, "{credit} after {taken}");
            });
        };
        with_both(&settings().stream_window(window.0, window.1), serve, |client| {
            taken.store(0, Ordering::SeqCst);
            for item in client.stream::<serde_json::Number>(200) {
                item.unwrap();
                taken.fetch_add(1, Ordering::SeqCst);
            }
            assert_eq!(taken.load(Ordering::SeqCst), 200);
        });
    }
}

#[test]
fn a_reader_that_stops_keeps_no_other_call_waiting() {
    let serve = |mut peer: Peer| serve_numbers(&mut peer);
    with_both(&settings().stream_window(16, 1000), serve, |client| {
        let mut stopped = client.stream::<u64>(1000);
        assert_eq!(stopped.next().unwrap().unwrap(), 0);
        for n in 0..100 {
            assert_eq!(client.echo(n).unwrap(), n);
        }
        let other: Result<Vec<_>, _> = client.stream::<u64>(500).collect();
        assert!(other.unwrap().into_iter().eq(0..500));
        let rest: Result<Vec<_>, _> = stopped.collect();
        assert!(rest.unwrap().into_iter().eq(1..1000));
    });
}

#[test]
fn a_time_that_is_over_ends_a_stream_whose_items_go_on_coming() {
    let serve = |mut peer: Peer| {
        peer.receive().unwrap();
        let endless = Flow { id: 0, sent: 0, bytes: 0, total: u64::MAX, credit: (10, 1000) };
        let mut flow = endless;
        loop {
            while flow.may_send() {
                flow.advance(&mut peer, 1, &|n| n.to_string());
            }
            let message = peer.receive_json().unwrap();
            let Some(items) = message["items"].as_u64() else {
                assert_eq!(message["cancel"], 0);
                break;
            };
            flow.credit = (items, message["bytes"].as_u64().unwrap());
        }
        let call = peer.receive_call().unwrap();
        peer.echo(&call);
        assert_eq!(peer.receive(), None);
    };
    with_both(&settings().stream_window(10, 1000), serve, |client| {
        let mut items = client.stream_within(Duration::from_millis(100)).skip_while(Result::is_ok);
        assert!(items.next().unwrap().unwrap_err().is_timeout());
        assert!(items.next().is_none());
        assert_eq!(client.echo(4).unwrap(), 4);
    });
}

#[test]
fn what_comes_beyond_the_credit_ends_the_stream_alone() {
    let serve = |mut peer: Peer| {
        peer.receive().unwrap();
        peer.send(r#"{"items":[1],"id":0}"#);
        peer.send(r#"{"items":[2,3,4],"id":0}"#);
        peer.send(r#"{"items":[5],"id":0}"#);
        // The call may have left before.
        let mut messages = [peer.receive_json().unwrap(), peer.receive_json().unwrap()];
        messages.sort_by_key(|message| message["cancel"].is_null());
        let [cancel, call] = messages;
        assert_eq!(cancel, json!({ "cancel": 0 }));
        peer.send(&format!(r#"{{"res":6,"id":{}}}"#, call["id"]));
        assert_eq!(peer.receive(), None);
    };
    with_both(&settings().stream_window(3, 1000), serve, |client| {
        let mut items = client.stream::<u64>(3);
        // All has come by then.
        assert_eq!(client.echo(6).unwrap(), 6);
        assert_eq!(items.next().unwrap().unwrap(), 1);
        let error = items.next().unwrap().unwrap_err().to_string();
        assert!(error.contains("credit") && error.contains("`count`"), "{error}");
        assert!(items.next().is_none());
    });
}

#[test]
fn many_streams_and_calls_of_many_threads_share_a_connection() {
    let server = Fake::start(Framing::LengthPrefix, |mut peer| serve_numbers(&mut peer));
    let client = settings().stream_window(32, 400).connect(server.address()).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..200 {
                    let echoed: u64 = client.call("echo", args![n], kwargs! {}).unwrap();
                    assert_eq!(echoed, n);
                }
            });
            scope.spawn(|| {
                for total in [0, 1, 700, 30] {
                    let items = client.stream("count", args![total], kwargs! {}).unwrap();
                    let items: Vec<u64> = items.collect::<Result<_, _>>().unwrap();
                    assert!(items.into_iter().eq(0..total));
                }
            });
        }
        // Two of one thread, in turns.
        scope.spawn(|| {
            let open = || client.stream::<u64>("count", args![300], kwargs! {}).unwrap();
            for (n, (one, other)) in open().zip(open()).enumerate() {
                assert_eq!((one.unwrap(), other.unwrap()), (n as u64, n as u64));
            }
        });
    });
}

#[test]
fn many_streams_and_calls_of_many_tasks_share_a_connection() {
    let server = Fake::start(Framing::LengthPrefix, |mut peer| serve_numbers(&mut peer));
    run(async {
        let settings = settings().stream_window(32, 400);
        let client = settings.connect_async(server.address()).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let caller = client.clone();
            tasks.spawn(async move {
                for n in 0..200 {
                    let echoed: u64 = caller.call("echo", args![n], kwargs! {}).await.unwrap();
                    assert_eq!(echoed, n);
                }
            });
            let reader = client.clone();
            tasks.spawn(async move {
                for total in [0, 1, 700, 30] {
                    let mut items =
                        reader.stream::<u64>("count", args![total], kwargs! {}).await.unwrap();
                    for n in 0..total {
                        assert_eq!(items.next().await.unwrap().unwrap(), n);
                    }
                    assert!(items.next().await.is_none());
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    });
}

#[test]
fn a_stream_outlives_the_client_that_opened_it() {
    let serve = |mut peer: Peer| serve_numbers(&mut peer);
    for is_async in [false, true] {
        let server = Fake::start(Framing::LengthPrefix, serve);
        let client =
            EitherClient::new(server.address(), &settings().stream_window(4, 100), is_async);
        let items = client.stream::<u64>(100);
        let runtime = match &client {
            EitherClient::Async(_, runtime) => Some(Arc::clone(runtime)),
            EitherClient::Blocking(_) => None,
        };
        drop(client);
        let items: Vec<_> = items.collect::<Result<_, _>>().unwrap();
        assert!(items.into_iter().eq(0..100));
        drop(runtime);
    }
}

#[test]
fn an_asynchronous_stream_may_be_given_up_where_it_waits_and_is_a_stream_of_futures() {
    fn poll<S: futures_core::Stream + Unpin>(
        items: &mut S,
        waker: &Waker,
    ) -> Poll<Option<S::Item>> {
        Pin::new(items).poll_next(&mut Context::from_waker(waker))
    }
    let (go, wait) = channel::<()>();
    let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
        peer.receive().unwrap();
        for item in 0..50 {
            wait.recv().unwrap();
            peer.send(&format!(r#"{{"items":[{item}],"id":0}}"#));
        }
        peer.send(r#"{"res":null,"id":0}"#);
        assert_eq!(peer.receive(), None);
    });
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let mut items = client.stream::<u64>("count", args![1], kwargs! {}).await.unwrap();
        for expected in 0..50 {
            assert!(poll(&mut items, Waker::noop()).is_pending());
            tokio::select! {
                biased;
                _ = items.next() => panic!("nothing was sent"),
                () = std::future::ready(()) => {}
            }
            go.send(()).unwrap();
            assert_eq!(items.next().await.unwrap().unwrap(), expected);
        }
        assert!(items.next().await.is_none());
        assert!(matches!(poll(&mut items, Waker::noop()), Poll::Ready(None)));
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever the window, the sizes of items and of messages, and where the reader stops for a call: all
    /// items come in order, and nobody waits for ever.
    #[test]
    fn every_window_lets_every_stream_through(
        window in (1_u64..40, 1_u64..400),
        sizes in prop::collection::vec(0_usize..120, 1..80),
        most in 1_u64..20,
        stops in prop::collection::vec(0_usize..80, 0..4),
        is_async in any::<bool>(),
    ) {
        let total = sizes.len() as u64;
        let texts: Vec<String> = sizes.iter().map(|size| "x".repeat(*size)).collect();
        let sent = texts.clone();
        let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
            let item = |n: u64| format!("\"{}\"", sent[usize::try_from(n).unwrap()]);
            serve_flows(&mut peer, most, &item, &mut |_, _| ());
        });
        let settings = settings().stream_window(window.0, window.1);
        let client = EitherClient::new(server.address(), &settings, is_async);
        let mut items = client.stream::<String>(total);
        for (n, text) in texts.iter().enumerate() {
            if stops.contains(&n) {
                prop_assert_eq!(client.echo(n as u64).unwrap(), n as u64);
            }
            prop_assert_eq!(&items.next().unwrap().unwrap(), text);
        }
        prop_assert!(items.next().is_none());
    }
}
