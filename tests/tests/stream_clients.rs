//! Clients read streams, of servers that are written by hand.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use rpc_core::client::{ClientBuilder, Dialect, Streaming};
use rpc_core::error::IoErrorKind;
use rpc_core::protocol::{Framing, ProtocolError};
use rpc_core::{
    AsyncRpcClient, Error, FunctionRegistry, RpcClient, RpcServer, Stub, args, kwargs, rpc_export,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tests::{EVERY_FRAMING, Fake, Model, Peer, run};
use tokio::runtime::Runtime;

/// A client of either kind, for tests of both.
enum Client {
    Blocking(RpcClient),
    Async(AsyncRpcClient, Arc<Runtime>),
}

enum Items<T: DeserializeOwned + Send + 'static> {
    Blocking(<RpcClient as Streaming>::Items<T, Error>),
    Async(<AsyncRpcClient as Streaming>::Items<T, Error>, Arc<Runtime>),
}

impl<T: DeserializeOwned + Send + 'static> Iterator for Items<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Blocking(items) => items.next(),
            Self::Async(items, runtime) => runtime.block_on(items.next()),
        }
    }
}

impl Client {
    /// A blocking client, or an asynchronous one.
    fn new(address: impl ToString, settings: &ClientBuilder, is_async: bool) -> Self {
        let settings = settings.clone();
        if !is_async {
            return Self::Blocking(settings.connect(address).unwrap());
        }
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let client = runtime.block_on(settings.connect_async(address)).unwrap();
        Self::Async(client, Arc::new(runtime))
    }

    fn stream<T: DeserializeOwned + Send + 'static>(&self, argument: u64) -> Items<T> {
        self.try_stream(argument).unwrap()
    }

    fn try_stream<T: DeserializeOwned + Send + 'static>(
        &self,
        argument: u64,
    ) -> Result<Items<T>, Error> {
        Ok(match self {
            Self::Blocking(client) => {
                Items::Blocking(client.stream("count", args![argument], kwargs! {})?)
            }
            Self::Async(client, runtime) => {
                let opened = client.stream("count", args![argument], kwargs! {});
                Items::Async(runtime.block_on(opened)?, Arc::clone(runtime))
            }
        })
    }

    fn stream_within(&self, limit: Duration) -> Items<u64> {
        match self {
            Self::Blocking(client) => {
                Items::Blocking(client.within(limit).stream("count", args![3], kwargs! {}).unwrap())
            }
            Self::Async(client, runtime) => {
                let opened = client.within(limit).stream("count", args![3], kwargs! {});
                Items::Async(runtime.block_on(opened).unwrap(), Arc::clone(runtime))
            }
        }
    }

    fn echo(&self, argument: u64) -> Result<u64, Error> {
        match self {
            Self::Blocking(client) => client.call("echo", args![argument], kwargs! {}),
            Self::Async(client, runtime) => {
                runtime.block_on(client.call("echo", args![argument], kwargs! {}))
            }
        }
    }
}

/// Has both kinds of clients talk to a server each that does `converse` for each connection.
fn with_both(
    settings: &ClientBuilder,
    converse: impl FnMut(Peer) + Clone + Send + 'static,
    test: impl Fn(&Client),
) {
    for is_async in [false, true] {
        let server = Fake::start(Framing::LengthPrefix, converse.clone());
        test(&Client::new(server.address(), settings, is_async));
    }
}

fn settings() -> ClientBuilder {
    RpcClient::builder()
}

fn receive(peer: &mut Peer) -> Option<Value> {
    Some(serde_json::from_str(&peer.receive()?).unwrap())
}

/// A stream as a server written by hand has it.
#[derive(Debug)]
struct Flow {
    id: u64,
    sent: u64,
    bytes: u64,
    total: u64,
    credit: (u64, u64),
}

impl Flow {
    fn of(call: &Value) -> Self {
        let number = |value: &Value| value.as_u64().unwrap();
        let stream = &call["stream"];
        Self {
            id: number(&call["id"]),
            sent: 0,
            bytes: 0,
            total: number(&call["method_args"][0]),
            credit: (number(&stream["items"]), number(&stream["bytes"])),
        }
    }

    fn may_send(&self) -> bool {
        self.sent < self.total && self.sent < self.credit.0 && self.bytes < self.credit.1
    }

    /// Sends up to so many items as one message, or the end; whether there is more.
    fn advance(&mut self, peer: &mut Peer, most: u64, item: &dyn Fn(u64) -> String) -> bool {
        let mut items = Vec::new();
        while self.may_send() && (items.len() as u64) < most {
            let item = item(self.sent);
            self.sent += 1;
            self.bytes += item.len() as u64;
            items.push(item);
        }
        let id = self.id;
        if !items.is_empty()
            && peer.try_send(&format!(r#"{{"items":[{}],"id":{id}}}"#, items.join(","))).is_err()
        {
            return false;
        }
        if self.sent == self.total {
            let _ = peer.try_send(&format!(r#"{{"res":null,"id":{id}}}"#));
        }
        self.sent < self.total
    }
}

/// Serves streams of so many items as is asked, as far as their credit goes, and echoes other calls.
/// `heard` is told of what each message of credit says.
fn serve_streams(
    peer: &mut Peer,
    most: u64,
    item: &dyn Fn(u64) -> String,
    heard: &mut dyn FnMut(&Flow, &Value),
) {
    let mut flows = BTreeMap::new();
    loop {
        flows.retain(|_, flow: &mut Flow| !flow.may_send() || flow.advance(peer, most, item));
        if flows.values().any(Flow::may_send) {
            continue;
        }
        let Some(message) = receive(peer) else { return };
        if let Some(id) = message["credit"].as_u64() {
            if let Some(flow) = flows.get_mut(&id) {
                let credit =
                    (message["items"].as_u64().unwrap(), message["bytes"].as_u64().unwrap());
                assert!(credit.0 >= flow.credit.0 && credit.1 >= flow.credit.1);
                flow.credit = credit;
                heard(flow, &message);
            }
        } else if let Some(id) = message["cancel"].as_u64() {
            flows.remove(&id);
        } else if message["stream"].is_object() {
            let mut flow = Flow::of(&message);
            if flow.total > 0 || flow.advance(peer, most, item) {
                flows.insert(flow.id, flow);
            }
        } else {
            let (argument, id) = (&message["method_args"][0], &message["id"]);
            peer.send(&format!(r#"{{"res":{argument},"id":{id}}}"#));
        }
    }
}

fn numbers(peer: &mut Peer) {
    serve_streams(peer, 10, &|n| n.to_string(), &mut |_, _| ());
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
            let client = Client::new(server.address(), &settings().framing(framing), is_async);
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
fn no_more_is_granted_than_what_was_taken_and_a_window() {
    for (window, item) in [((8, 1_000_000), 1), ((1000, 64), 10), ((1, 1), 30), ((3, 5), 2)] {
        let taken = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&taken);
        let item = move |_| "1".repeat(item);
        let serve = move |mut peer: Peer| {
            serve_streams(&mut peer, 3, &item, &mut |flow, credit| {
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
    let serve = |mut peer: Peer| numbers(&mut peer);
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
        assert_eq!(peer.receive(), None);
    };
    with_both(&settings(), serve, |client| {
        let items: Vec<_> = client.stream::<Tick>(3).collect();
        let [Ok(_), Ok(_), Err(error)] = &items[..] else { panic!("{items:?}") };
        assert!(matches!(error, Error::Protocol(ProtocolError::Result { .. })));
        let error = error.to_string();
        assert!(error.contains("`count`") && error.contains("at `[2].at[1]`"), "{error}");
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
        let Some(message) = receive(&mut peer) else { return };
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
fn a_time_that_is_over_ends_a_stream_whose_items_go_on_coming() {
    let serve = |mut peer: Peer| {
        peer.receive().unwrap();
        let endless = Flow { id: 0, sent: 0, bytes: 0, total: u64::MAX, credit: (10, 1000) };
        let mut flow = endless;
        loop {
            while flow.may_send() {
                flow.advance(&mut peer, 1, &|n| n.to_string());
            }
            let message = receive(&mut peer).unwrap();
            let Some(items) = message["items"].as_u64() else {
                assert_eq!(message["cancel"], 0);
                break;
            };
            flow.credit = (items, message["bytes"].as_u64().unwrap());
        }
        assert_eq!(peer.receive(), None);
    };
    with_both(&settings().stream_window(10, 1000), serve, |client| {
        let mut items = client.stream_within(Duration::from_millis(100)).skip_while(Result::is_ok);
        assert!(items.next().unwrap().unwrap_err().is_timeout());
        assert!(items.next().is_none());
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
fn what_comes_beyond_the_credit_ends_the_stream_alone() {
    let serve = |mut peer: Peer| {
        peer.receive().unwrap();
        peer.send(r#"{"items":[1],"id":0}"#);
        peer.send(r#"{"items":[2,3,4],"id":0}"#);
        peer.send(r#"{"items":[5],"id":0}"#);
        // The call may have left before.
        let mut messages = [receive(&mut peer).unwrap(), receive(&mut peer).unwrap()];
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
            let client = Client::new(&address, &settings, is_async);
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
        let client = Client::new(server.address(), &settings, is_async);
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
            let call = receive(&mut peer).unwrap();
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

#[test]
fn many_streams_and_calls_of_many_threads_share_a_connection() {
    let server = Fake::start(Framing::LengthPrefix, |mut peer| numbers(&mut peer));
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
    let server = Fake::start(Framing::LengthPrefix, |mut peer| numbers(&mut peer));
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
    let serve = |mut peer: Peer| numbers(&mut peer);
    for is_async in [false, true] {
        let server = Fake::start(Framing::LengthPrefix, serve);
        let client = Client::new(server.address(), &settings().stream_window(4, 100), is_async);
        let items = client.stream::<u64>(100);
        let runtime = match &client {
            Client::Async(_, runtime) => Some(Arc::clone(runtime)),
            Client::Blocking(_) => None,
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
            serve_streams(&mut peer, most, &item, &mut |_, _| ());
        });
        let settings = settings().stream_window(window.0, window.1);
        let client = Client::new(server.address(), &settings, is_async);
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
