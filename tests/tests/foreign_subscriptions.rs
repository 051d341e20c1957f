//! Clients of other libraries subscribe to our server, and ours to theirs, with no setting on either side.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rpc_core::client::{Dialect, Streaming};
use rpc_core::{
    AsyncRpcClient, Error, Fault, FunctionRegistry, RpcClient, RpcServer, State, args, kwargs,
    rpc_export,
};
use serde_json::{Value, json};
use tests::{Language, Model, Report, Running, all_good, run};

#[rpc_export(subscription = "counted")]
fn subscribe_count(to: u64) -> impl Iterator<Item = u64> {
    1..=to
}

#[rpc_export(subscription = "halved")]
fn halves(mut of: u64) -> impl Iterator<Item = Result<u64, String>> {
    std::iter::from_fn(move || {
        let result = if of.is_multiple_of(2) { Ok(of / 2) } else { Err(format!("{of} is odd")) };
        of /= 2;
        Some(result)
    })
}

/// Has a number every few milliseconds, for ever: a client that lags is none of this test.
#[rpc_export(blocking, subscription = "numbered")]
fn slow_numbers(counts: State<Arc<AtomicUsize>>, from: u64) -> impl Iterator<Item = u64> {
    counts.fetch_add(1, Ordering::SeqCst);
    let alive = Alive(Arc::clone(&counts));
    (from..).inspect(move |_| {
        let _ = &alive;
        std::thread::sleep(Duration::from_millis(2));
    })
}

/// How many of those there are.
#[rpc_export]
fn alive(counts: State<Arc<AtomicUsize>>) -> usize {
    counts.load(Ordering::SeqCst)
}

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// As a node of Ethereum has it.
#[rpc_export(subscription = "eth_subscription")]
fn eth_subscribe(topic: &str) -> Result<impl Iterator<Item = Value>, Fault> {
    match topic {
        "newHeads" => Ok((0_u64..).map(|number| json!({ "number": number }))),
        _ => Err(Fault::new(1, format!("there is no `{topic}`"))),
    }
}

#[test]
fn others_subscribe_to_ours() {
    for model in Model::CONCURRENT {
        let mut registry = FunctionRegistry::exported();
        registry.share(Arc::new(AtomicUsize::new(0)));
        let server = model.start(RpcServer::of(registry));
        for (language, script) in [
            (Language::Rust, "jsonrpsee_subscriber"),
            (Language::Python, "python/websocket_subscriber.py"),
        ] {
            let Some(mut program) = language.program(script) else { continue };
            let report = Report::of(program.arg(server.address().to_string()));
            all_good([(script, &report)]);
        }
    }
}

#[test]
fn ours_subscribe_to_that_of_jsonrpsee() {
    let Some(mut program) = Language::Rust.program("jsonrpsee_publisher") else { return };
    let mut server = Running::start(&mut program);
    let address = format!("ws://{}/", server.line());
    let (subscribe, unsubscribe) = ("feed_subscribeTicks", "feed_unsubscribeTicks");
    let builder = RpcClient::builder().dialect(Dialect::JsonRpc);
    let client = builder.clone().connect(&address).unwrap();
    let ticks = client.subscribe::<u64>(subscribe, args![5], kwargs! {}, unsubscribe).unwrap();
    let ticks: Vec<Result<u64, Error>> = ticks.collect();
    assert!((0..5).eq(ticks[..5].iter().map(|tick| *tick.as_ref().unwrap())));
    let last = ticks[5].as_ref().unwrap_err().to_string();
    assert!(last.contains("no more ticks"), "{last}");
    assert_eq!(ticks.len(), 6);
    drop(client.subscribe::<u64>(subscribe, args![1_000_000], kwargs! {}, unsubscribe).unwrap());
    run(async {
        let client: AsyncRpcClient = builder.connect_async(&address).await.unwrap();
        let opened = client.subscribe::<u64>(subscribe, args![3], kwargs! {}, unsubscribe);
        let mut ticks = opened.await.unwrap();
        for tick in 0..3 {
            assert_eq!(ticks.next().await.unwrap().unwrap(), tick);
        }
        assert!(ticks.next().await.unwrap().is_err());
        assert!(ticks.next().await.is_none());
    });
}
