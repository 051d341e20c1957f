//! Clients in the dialect JSON-RPC subscribe: to servers of ours, and to those of others as they write it.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rpc_core::client::{Dialect, Streaming};
use rpc_core::protocol::Framing;
use rpc_core::{
    AsyncRpcClient, CallError, FunctionRegistry, RpcClient, RpcServer, State, Stub, args, call,
    kwargs, rpc_export,
};
use serde_json::{Value, json};
use tests::{Fake, Model, Peer, run, until};

#[rpc_export(subscription = "counted")]
fn count(to: u64) -> impl Iterator<Item = u64> {
    1..=to
}

#[rpc_export(subscription = "halves", unsubscribe = "end_of_halves")]
fn halves(mut of: u64) -> impl Iterator<Item = Result<u64, String>> {
    std::iter::from_fn(move || {
        let result = if of.is_multiple_of(2) { Ok(of / 2) } else { Err(format!("{of} is odd")) };
        of /= 2;
        Some(result)
    })
}

#[rpc_export(subscription = "numbers")]
fn all_numbers(alive: State<Arc<AtomicUsize>>) -> impl Iterator<Item = u64> {
    alive.fetch_add(1, Ordering::SeqCst);
    let alive = Alive(Arc::clone(&alive));
    (0..).inspect(move |_| _ = &alive)
}

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The ways to a server of ours on which it tells what it was not asked for.
fn ways(address: &str) -> [(String, Framing); 4] {
    [
        (address.to_owned(), Framing::LengthPrefix),
        (address.to_owned(), Framing::Raw),
        (address.to_owned(), Framing::Header),
        (format!("ws://{address}/"), Framing::LengthPrefix),
    ]
}

#[test]
fn typed_callers_get_the_items_of_a_subscription_as_those_of_a_stream() {
    Model::each(|model| {
        let alive = Arc::new(AtomicUsize::new(0));
        let mut registry = FunctionRegistry::exported();
        registry.share(Arc::clone(&alive));
        let server = model.start(RpcServer::of(registry));
        for (way, framing) in ways(&server.address().to_string()) {
            let builder = || RpcClient::builder().dialect(Dialect::JsonRpc).framing(framing);
            let client = builder().connect(&way).unwrap();
            let counted: Result<Vec<u64>, _> = call!(client.count(2000)).unwrap().collect();
            assert_eq!(counted.unwrap(), (1..=2000).collect::<Vec<_>>());
            let mut halved = call!(client.halves(12)).unwrap();
            assert_eq!(halved.next().unwrap().unwrap(), 6);
            assert_eq!(halved.next().unwrap().unwrap(), 3);
            match halved.next() {
                Some(Err(CallError::Function(error))) => assert_eq!(error, "3 is odd"),
                other => panic!("{other:?}"),
            }
            assert!(halved.next().is_none());
            let mut numbers = call!(client.all_numbers()).unwrap();
            assert!((0..50).eq(numbers.by_ref().take(50).map(Result::unwrap)));
            let sum: i64 = client.call("add", args![1, 2], kwargs! {}).unwrap();
            assert_eq!(sum, 13);
            drop(numbers);
            until("the subscription has ended", || alive.load(Ordering::SeqCst) == 0);
            let named = client.subscribe::<u64>("count", args![2], kwargs! {}, "count_unsubscribe");
            assert_eq!(named.unwrap().map(Result::unwrap).collect::<Vec<_>>(), [1, 2]);
            let unknown = client.subscribe::<u64>("cuont", args![2], kwargs! {}, "x");
            let refusal = unknown.unwrap().next().unwrap().unwrap_err().to_string();
            assert!(refusal.contains("did you mean `count`"), "{refusal}");
            drop(client);
            run(async {
                let client = AsyncRpcClient::builder()
                    .dialect(Dialect::JsonRpc)
                    .framing(framing)
                    .connect_async(&way)
                    .await
                    .unwrap();
                let mut counted = call!(client.count(500)).await.unwrap();
                for number in 1..=500 {
                    assert_eq!(counted.next().await.unwrap().unwrap(), number);
                }
                assert!(counted.next().await.is_none());
                let mut numbers = call!(client.all_numbers()).await.unwrap();
                assert_eq!(numbers.next().await.unwrap().unwrap(), 0);
                let sum: i64 = client.call("add", args![1, 2], kwargs! {}).await.unwrap();
                assert_eq!(sum, 13);
                drop(numbers);
                while alive.load(Ordering::SeqCst) > 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            });
        }
    });
}

fn receive(peer: &mut Peer) -> Value {
    serde_json::from_str(&peer.receive().expect("a message")).unwrap()
}

fn answer(peer: &mut Peer, call: &Value, result: &Value) {
    peer.send(&json!({"jsonrpc": "2.0", "id": call["id"], "result": result}).to_string());
}

/// A client of a server written by hand, which keeps so many items.
fn client(server: &Fake, kept: u64) -> RpcClient {
    let builder = RpcClient::builder().dialect(Dialect::JsonRpc).framing(Framing::Raw);
    builder.stream_window(kept, 1 << 20).connect(server.address().to_string()).unwrap()
}

fn notify(peer: &mut Peer, params: &Value) {
    let message = json!({"jsonrpc": "2.0", "method": "eth_subscription", "params": params});
    peer.send(&message.to_string());
}

#[test]
fn ids_are_texts_or_numbers_and_items_may_come_before_them() {
    let server = Fake::start(Framing::Raw, |mut peer| {
        let call = receive(&mut peer);
        assert_eq!(
            call,
            json!({"jsonrpc": "2.0", "method": "eth_subscribe", "params": ["newHeads"], "id": 0})
        );
        notify(&mut peer, &json!({"subscription": "0x9ce", "result": {"number": 1}}));
        notify(&mut peer, &json!({"subscription": 7, "result": {"number": 9}}));
        peer.send(r#"{"jsonrpc":"2.0","id":0,"result":"0x9ce"}"#);
        notify(&mut peer, &json!({"subscription": "0x9ce", "result": {"number": 2}}));
        peer.send(r#"{"jsonrpc":"2.0","method":"other","params":[1]}"#);
        let call = receive(&mut peer);
        assert_eq!(call["method"], "eth_unsubscribe");
        assert_eq!(call["params"], json!(["0x9ce"]));
        answer(&mut peer, &call, &json!(true));
        // As jsonrpsee ends one.
        let call = receive(&mut peer);
        answer(&mut peer, &call, &json!(4_057_543_025_036_678_u64));
        notify(&mut peer, &json!({"subscription": 4_057_543_025_036_678_u64, "error": "boom"}));
        let call = receive(&mut peer);
        answer(&mut peer, &call, &json!(8));
        notify(&mut peer, &json!({"subscription": 8, "result": 1}));
        notify(&mut peer, &json!({"subscription": 8, "done": true}));
        assert_eq!(peer.receive(), None);
    });
    let client = client(&server, 1000);
    let mut heads = client
        .subscribe::<Value>("eth_subscribe", args!["newHeads"], kwargs! {}, "eth_unsubscribe")
        .unwrap();
    assert_eq!(heads.next().unwrap().unwrap()["number"], 1);
    assert_eq!(heads.next().unwrap().unwrap()["number"], 2);
    drop(heads);
    let subscribe = || {
        client.subscribe::<u64>("eth_subscribe", args![], kwargs! {}, "eth_unsubscribe").unwrap()
    };
    let mut failing = subscribe();
    assert!(failing.next().unwrap().unwrap_err().to_string().contains("boom"));
    assert!(failing.next().is_none());
    assert_eq!(subscribe().map(Result::unwrap).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_reader_that_lags_is_told_and_the_subscription_ended() {
    let server = Fake::start(Framing::Raw, |mut peer| {
        let call = receive(&mut peer);
        answer(&mut peer, &call, &json!("a"));
        for number in 0..20 {
            notify(&mut peer, &json!({"subscription": "a", "result": number}));
        }
        let call = receive(&mut peer);
        assert_eq!((&call["method"], &call["params"]), (&json!("end"), &json!(["a"])));
        // One that is given up before its id is known is ended when that comes.
        let call = receive(&mut peer);
        assert_eq!(call["method"], "begin");
        let mut ended = Vec::new();
        for number in 5..8 {
            let mut next = receive(&mut peer);
            while next["method"] == "end" {
                ended.push(next["params"].clone());
                next = receive(&mut peer);
            }
            if number == 6 {
                answer(&mut peer, &call, &json!("b"));
            }
            answer(&mut peer, &next, &json!(number));
        }
        assert_eq!(ended, [json!(["b"])]);
        while peer.receive().is_some() {}
    });
    let client = client(&server, 10);
    let mut lagging = client.subscribe::<u64>("begin", args![], kwargs! {}, "end").unwrap();
    let came: Vec<_> = lagging.by_ref().collect();
    let problem = came.last().unwrap().as_ref().unwrap_err().to_string();
    assert!(problem.contains("`begin`"), "{problem}");
    assert!(problem.contains("its reader has lagged"), "{problem}");
    for (number, item) in (0..).zip(&came[..came.len() - 1]) {
        assert_eq!(*item.as_ref().unwrap(), number);
    }
    drop(client.subscribe::<u64>("begin", args![], kwargs! {}, "end").unwrap());
    for number in 5..8 {
        let answer: u64 = client.call("number", args![], kwargs! {}).unwrap();
        assert_eq!(answer, number);
    }
}
