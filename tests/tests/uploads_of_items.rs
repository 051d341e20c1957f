//! Functions that take many items, one after another: in every model, by both clients and by hand.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use examples::add;
use futures_util::{StreamExt, stream};
use rpc_core::error::CutKind;
use rpc_core::protocol::{Framing, code};
use rpc_core::server::ServerHandle;
use rpc_core::{
    AsyncRpcClient, CallError, Cut, Error, FunctionRegistry, ItemStream, Items, RpcClient,
    RpcServer, State, call, rpc_export,
};
use tests::{
    FRAMINGS, Gate, Model, Peer, Served, count_lines, first_number, run, sizes_together, sum_up,
    twice_each, twice_each_awaited, until,
};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// What functions have seen of their uploads.
#[derive(Debug, Default)]
struct Seen {
    items: AtomicU64,
    cuts: std::sync::Mutex<Vec<CutKind>>,
}

impl Seen {
    fn take<T>(&self, item: Result<T, Cut>) {
        match item {
            Ok(_) => _ = self.items.fetch_add(1, Ordering::SeqCst),
            Err(cut) => self.cuts.lock().unwrap().push(cut.kind()),
        }
    }

    fn items(&self) -> u64 {
        self.items.load(Ordering::SeqCst)
    }

    fn cuts(&self) -> Vec<CutKind> {
        self.cuts.lock().unwrap().clone()
    }
}

/// Waits at a gate before it takes anything, and takes all then.
#[rpc_export]
fn take_behind_gate(gate: u64, texts: Items<String>, seen: State<Arc<Seen>>) -> u64 {
    Gate::wait_at(gate);
    texts.for_each(|text| seen.take(text));
    seen.items()
}

/// Takes all.
#[rpc_export]
fn take(numbers: Items<i64>, seen: State<Arc<Seen>>) -> u64 {
    numbers.for_each(|number| seen.take(number));
    seen.items()
}

/// Takes all, one after another.
#[rpc_export]
async fn take_awaited(mut numbers: ItemStream<i64>, seen: State<Arc<Seen>>) -> u64 {
    while let Some(number) = numbers.next().await {
        seen.take(number);
    }
    seen.items()
}

fn server() -> (RpcServer, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let mut registry = FunctionRegistry::exported();
    registry.share(Arc::clone(&seen));
    (RpcServer::of(registry), seen)
}

/// What a call comes to by either client, which is the same.
macro_rules! both {
    ($address:expr, |$client:ident| $call:expr) => {{
        let blocking = {
            let $client = RpcClient::connect($address).unwrap();
            $call
        };
        let asynchronous = run(async {
            let $client = AsyncRpcClient::connect($address).await.unwrap();
            $call.await
        });
        assert_eq!(format!("{blocking:?}"), format!("{asynchronous:?}"));
        blocking
    }};
}

/// What users rely on, of a server in any model.
fn converse(address: &str) {
    assert_eq!(both!(address, |c| call!(c.sum_up(numbers = 1..=3))).unwrap(), 6);
    assert_eq!(both!(address, |c| call!(c.sum_up([]))).unwrap(), 0);
    assert_eq!(both!(address, |c| call!(c.sum_up(vec![7]))).unwrap(), 7);
    let numbers = (1..=100_000_i64).filter(|number| *number > 0);
    let sum = both!(address, |c| call!(c.sum_up(numbers.clone()))).unwrap();
    assert_eq!(sum, 5_000_050_000);
    assert_eq!(both!(address, |c| call!(c.sum_up(1..=100_000))).unwrap(), 5_000_050_000);
    let sizes = [1, 9 * 1024 * 1024, 0, 70_000, 3];
    let texts = || sizes.into_iter().map(|size| "x".repeat(size));
    let size = both!(address, |c| call!(c.sizes_together("yy", texts(), times = 2))).unwrap();
    assert_eq!(size, 2 * (10 + sizes.iter().sum::<usize>()));
    let lines = (0..5000).map(|line| format!("\"{line}\"\n"));
    assert_eq!(both!(address, |c| call!(c.count_lines(lines.clone()))).unwrap(), 5000);
    assert_eq!(both!(address, |c| call!(c.first_number(5..))).unwrap(), Some(5));
    assert_eq!(both!(address, |c| call!(c.first_number([]))).unwrap(), None);
    assert_eq!(both!(address, |c| call!(c.add(1, 2))).unwrap(), 13);
}

#[test]
fn all_items_come_in_every_model() {
    thread::scope(|scope| {
        for model in MODELS {
            scope.spawn(move || {
                let options = format!("--model {model} --workers 1 --silent x");
                let server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
                converse(&server.address().to_string());
            });
        }
    });
}

#[test]
fn an_asynchronous_client_sends_what_a_stream_has() {
    Model::each(|model| {
        let server = model.start(server().0);
        run(async {
            let client = AsyncRpcClient::connect(server.address()).await.unwrap();
            assert_eq!(call!(client.sum_up(stream::iter(1..=10_000))).await.unwrap(), 50_005_000);
            let (sender, receiver) = tokio::sync::mpsc::channel(1);
            let slow = stream::unfold(receiver, |mut receiver| async {
                Some((receiver.recv().await?, receiver))
            });
            let lines = tokio::spawn(async move { call!(client.count_lines(slow)).await });
            for _ in 0..20 {
                sender.send("a line".to_owned()).await.unwrap();
                tokio::task::yield_now().await;
            }
            drop(sender);
            assert_eq!(lines.await.unwrap().unwrap(), 20);
        });
    });
}
