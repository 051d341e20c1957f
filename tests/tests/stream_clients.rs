//! Clients read streams, of servers that are written by hand: what they say, and how each ends.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rpc_core::client::{ClientBuilder, Dialect, Streaming};
use rpc_core::error::IoErrorKind;
use rpc_core::protocol::{Framing, ProtocolError};
use rpc_core::{Error, FunctionRegistry, RpcClient, RpcServer, Stub, args, kwargs, rpc_export};
use serde::Deserialize;
use tests::{EVERY_FRAMING, EitherClient, Fake, Model, Peer, with_both};

fn settings() -> ClientBuilder {
    RpcClient::builder()
}

#[test]
fn items_come_in_order_until_the_end_in_every_framing() {
    for framing in EVERY_FRAMING {
        for is_async in [false, true] {
            let server = Fake::start(framing, |mut peer| {
                let call = peer.receive().unwrap();
                let end = r#","id":0,"stream":{"items":16384,"bytes":131072}}"#;
                assert!(call.ends_with(end), "{call}");
                peer.send(r#"{"items":[3,2],"id":0}"#);
                peer.send(r#" { "id" : "0" , "items" : [ 1 ] } "#);
                peer.send(r#"{"items":[0],"id":0}"#);
                peer.send(r#"{"res":null,"id":0}"#);
                assert_eq!(peer.receive(), None);
            });
            let client =
                EitherClient::new(server.address(), &settings().framing(framing), is_async);
            let mut items = client.stream::<u64>(3);
            assert_eq!(items.by_ref().collect::<Result<Vec<_>, _>>().unwrap(), [3, 2, 1, 0]);
            assert!(items.next().is_none());
        }
    }
}

#[test]
fn what_is_refused_is_the_first_item_and_the_last() {
    let refuse = |mut peer: Peer| {
        peer.receive().unwrap();
        peer.send(r#"{"error":{"code":-32601,"message":"no such function"},"id":0}"#);
        assert_eq!(peer.receive(), None);
    };
    with_both(&settings(), refuse, |client| {
        let mut items = client.stream::<u64>(3);
        assert_eq!(items.next().unwrap().unwrap_err().code(), Some(-32601));
        assert!(items.next().is_none());
    });
}

#[test]
fn an_error_midway_is_the_last_item() {
    let fail = |mut peer: Peer| {
        peer.receive().unwrap();
        peer.send(r#"{"items":[1,2],"id":0}"#);
        peer.send(r#"{"error":{"code":7,"message":"no more"},"id":0}"#);
        peer.send(r#"{"items":[4],"id":0}"#);
        assert_eq!(peer.receive(), None);
    };
    with_both(&settings(), fail, |client| {
        let items: Vec<_> = client.stream::<u64>(3).collect();
        let [Ok(1), Ok(2), Err(error)] = &items[..] else { panic!("{items:?}") };
        assert_eq!(error.code(), Some(7));
    });
}

#[test]
fn a_stream_that_is_dropped_is_cancelled_and_what_is_on_its_way_is_dropped() {
    let serve = |mut peer: Peer| {
        for id in [0, 2] {
            peer.receive().unwrap();
            peer.send(&format!(r#"{{"items":[0,1],"id":{id}}}"#));
            assert_eq!(peer.receive().unwrap(), format!(r#"{{"cancel":{id}}}"#));
            peer.send(&format!(r#"{{"items":[2],"id":{id}}}"#));
            let call = peer.receive_call().unwrap();
            peer.send(&format!(r#"{{"items":[3],"id":{id}}}"#));
            peer.send(&format!(r#"{{"res":null,"id":{id}}}"#));
            peer.echo(&call);
        }
        assert_eq!(peer.receive(), None);
    };
    with_both(&settings(), serve, |client| {
        // Before its first item, and between two.
        drop(client.stream::<u64>(9));
        assert_eq!(client.echo(7).unwrap(), 7);
        let mut items = client.stream::<u64>(9);
        assert_eq!(items.next().unwrap().unwrap(), 0);
        drop(items);
        assert_eq!(client.echo(8).unwrap(), 8);
    });
}

#[test]
fn a_stream_that_is_over_is_not_cancelled() {
    let serve = |mut peer: Peer| {
        peer.receive().unwrap();
        peer.send(r#"{"items":[0],"id":0}"#);
        peer.send(r#"{"res":null,"id":0}"#);
        let call = peer.receive_call().unwrap();
        peer.echo(&call);
        assert_eq!(peer.receive(), None);
    };
    with_both(&settings(), serve, |client| {
        let mut items = client.stream::<u64>(1);
        assert_eq!(items.next().unwrap().unwrap(), 0);
        assert!(items.next().is_none());
        drop(items);
        assert_eq!(client.echo(8).unwrap(), 8);
    });
}

#[derive(Debug, Deserialize)]
struct Tick {
    #[allow(dead_code)]
    at: Vec<u8>,
}

#[test]
fn an_item_of_another_type_is_an_error_that_says_where_and_the_last() {
    let serve = |mut peer: Peer| {
        peer.receive().unwrap();
        peer.send(r#"{"items":[{"at":[1]}],"id":0}"#);
        peer.send(r#"{"items":[{"at":[1,2]},{"at":[3,"x"]},{"at":[]}],"id":0}"#);
        assert_eq!(peer.receive().unwrap(), r#"{"cancel":0}"#);
        let call = peer.receive_call().unwrap();
        peer.echo(&call);
        assert_eq!(peer.receive(), None);
    };
    with_both(&settings(), serve, |client| {
        let items: Vec<_> = client.stream::<Tick>(3).collect();
        let [Ok(_), Ok(_), Err(error)] = &items[..] else { panic!("{items:?}") };
        assert!(matches!(error, Error::Protocol(ProtocolError::Result { .. })));
        let error = error.to_string();
        assert!(error.contains("`count`") && error.contains("at `[2].at[1]`"), "{error}");
        assert_eq!(client.echo(4).unwrap(), 4);
    });
}

#[test]
fn a_connection_that_is_lost_ends_a_stream_which_is_not_opened_again() {
    let opened = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&opened);
    let serve = move |mut peer: Peer| {
        if peer.receive().is_some() {
            count.fetch_add(1, Ordering::SeqCst);
            peer.send(r#"{"items":[1,2],"id":0}"#);
        }
    };
    with_both(&settings(), serve, |client| {
        opened.store(0, Ordering::SeqCst);
        let items: Vec<_> = client.stream::<u64>(3).collect();
        let [Ok(1), Ok(2), Err(error)] = &items[..] else { panic!("{items:?}") };
        assert!(error.may_have_run());
        assert!(matches!(error, Error::Io(error) if error.kind() == IoErrorKind::Lost), "{error}");
        assert!(error.to_string().contains("`count`"), "{error}");
        assert_eq!(opened.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_connection_that_was_lost_before_is_replaced_to_open_a_stream() {
    let serve = |mut peer: Peer| {
        let Some(message) = peer.receive_json() else { return };
        if message["stream"].is_object() {
            peer.send(&format!(r#"{{"res":[5],"id":{}}}"#, message["id"]));
            assert_eq!(peer.receive(), None);
        } else {
            peer.send(&format!(
                r#"{{"error":{{"code":-32003,"message":"bye"}},"id":{}}}"#,
                message["id"]
            ));
        }
    };
    with_both(&settings(), serve, |client| {
        client.echo(1).unwrap_err();
        assert_eq!(client.stream::<u64>(3).next().unwrap().unwrap(), 5);
    });
}

#[test]
fn a_time_bounds_the_whole_stream_and_travels() {
    let serve = |mut peer: Peer| {
        let call = peer.receive().unwrap();
        assert!(call.contains(r#","id":0,"timeout_ms":300,"stream":{"#), "{call}");
        peer.send(r#"{"items":[1],"id":0}"#);
        assert_eq!(peer.receive().unwrap(), r#"{"cancel":0}"#);
        let call = peer.receive_call().unwrap();
        peer.echo(&call);
        assert_eq!(peer.receive(), None);
    };
    with_both(&settings(), serve, |client| {
        let items: Vec<_> = client.stream_within(Duration::from_millis(300)).collect();
        let [Ok(1), Err(error)] = &items[..] else { panic!("{items:?}") };
        assert!(error.is_timeout() && error.may_have_run(), "{error}");
        assert_eq!(client.echo(4).unwrap(), 4);
    });
}

#[test]
fn the_timeout_of_calls_bounds_no_stream() {
    let (go, wait) = channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    let serve = move |mut peer: Peer| {
        let call = peer.receive().unwrap();
        assert!(!call.contains("\"id\":0,\"timeout_ms"), "{call}");
        // A call is not answered.
        peer.receive().unwrap();
        wait.lock().unwrap().recv().unwrap();
        peer.send(r#"{"res":[1],"id":0}"#);
        while peer.receive().is_some() {}
    };
    with_both(&settings().call_timeout(Duration::from_millis(10)), serve, |client| {
        let mut items = client.stream::<u64>(3);
        assert!(client.echo(1).unwrap_err().is_timeout());
        go.send(()).unwrap();
        assert_eq!(items.next().unwrap().unwrap(), 1);
    });
}

#[test]
fn a_result_is_taken_for_items_where_it_is_an_array() {
    let results =
        [("[1,2,3]", vec![1, 2, 3]), ("[ ]", vec![]), ("null", vec![]), (" [ 7 ]", vec![7])];
    for (result, expected) in results {
        for before in [vec![], vec![8, 9]] {
            let (first, rest) = (before.clone(), expected.clone());
            let serve = move |mut peer: Peer| {
                peer.receive().unwrap();
                if !first.is_empty() {
                    peer.send(r#"{"items":[8,9],"id":0}"#);
                }
                peer.send(&format!(r#"{{"res":{result},"id":0}}"#));
                assert_eq!(peer.receive(), None);
            };
            with_both(&settings(), serve, |client| {
                let items: Result<Vec<u64>, _> = client.stream(3).collect();
                assert_eq!(items.unwrap(), [before.clone(), rest.clone()].concat());
            });
        }
    }
}

#[test]
fn one_value_is_an_error_that_says_what_to_do() {
    let serve = |mut peer: Peer| {
        peer.receive().unwrap();
        peer.send(r#"{"res":{"a":[1]},"id":0}"#);
        assert_eq!(peer.receive(), None);
    };
    with_both(&settings(), serve, |client| {
        let items: Vec<_> = client.stream::<u64>(3).collect();
        let [Err(error)] = &items[..] else { panic!("{items:?}") };
        let error = error.to_string();
        assert!(error.contains("`count`") && error.contains("one value"), "{error}");
    });
}

/// Answers with an array.
#[rpc_export]
fn count(n: u64) -> Result<Vec<u64>, String> {
    if n < 100 { Ok((0..n).collect()) } else { Err(format!("{n} are too many")) }
}

#[test]
fn where_there_are_no_streams_all_items_come_as_one_array() {
    let registry = FunctionRegistry::exported_where(|function| function.name() == "count");
    let server = Model::EventLoop.start(RpcServer::of(registry));
    let address = server.address();
    let ways = [
        (settings(), address.to_string()),
        (settings().dialect(Dialect::JsonRpc), address.to_string()),
        (settings().dialect(Dialect::NativeWithoutIds), address.to_string()),
        (settings(), format!("http://{address}")),
        (settings().dialect(Dialect::XmlRpc), format!("http://{address}")),
        (settings(), format!("ws://{address}")),
        (settings().dialect(Dialect::Native), format!("ws://{address}")),
    ];
    for (settings, address) in ways {
        for is_async in [false, true] {
            let client = EitherClient::new(&address, &settings, is_async);
            let items: Result<Vec<u64>, _> = client.stream(5).collect();
            assert_eq!(items.unwrap(), [0, 1, 2, 3, 4]);
            let items: Vec<_> = client.stream::<u64>(200).collect();
            let [Err(error)] = &items[..] else { panic!("{items:?}") };
            assert!(error.to_string().contains("200 are too many"), "{error}");
            let items: Vec<_> = client.stream::<bool>(2).collect();
            let [Err(error)] = &items[..] else { panic!("{items:?}") };
            assert!(error.to_string().contains("at `[0]`"), "{error}");
        }
    }
    server.stop();
}

#[test]
fn that_nobody_is_there_is_what_opening_says() {
    for is_async in [false, true] {
        let server = Fake::start(Framing::LengthPrefix, drop);
        let settings = settings().connect_timeout(Duration::from_millis(100));
        let client = EitherClient::new(server.address(), &settings, is_async);
        drop(server);
        // The connection is found lost.
        client.echo(1).unwrap_err();
        let Err(error) = client.try_stream::<u64>(1) else { panic!("a stream") };
        assert!(!error.may_have_run());
        assert!(matches!(error, Error::Io(error) if error.kind() == IoErrorKind::Connect));
    }
}

#[test]
fn wrappers_of_clients_open_streams() {
    let serve = |mut peer: Peer| {
        for id in 0..3 {
            let call = peer.receive_json().unwrap();
            assert_eq!(call["method_name"], "a.count");
            assert_eq!(call["metadata"]["tenant"], "acme");
            assert_eq!(call["timeout_ms"], 60_000);
            peer.send(&format!(r#"{{"items":[{id}],"id":{id}}}"#));
            peer.send(&format!(r#"{{"res":null,"id":{id}}}"#));
        }
        assert_eq!(peer.receive(), None);
    };
    let server = Fake::start(Framing::LengthPrefix, serve);
    let client = RpcClient::connect(server.address()).unwrap();
    let minute = Duration::from_secs(60);
    let client = client.into_at("a").into_within(minute).into_with_metadata("tenant", "acme");
    let take = |opened: Result<<RpcClient as Streaming>::Items<u64, Error>, Error>| {
        opened.unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    let shared = Arc::new(client);
    assert_eq!(take(opened(&*shared)), [0]);
    assert_eq!(take(opened(Box::new(&*shared))), [1]);
    assert_eq!(take(opened(shared)), [2]);
}

fn opened<S: Streaming>(stub: S) -> S::Opened<u64, Error> {
    stub.stream("count", args![], kwargs! {})
}
