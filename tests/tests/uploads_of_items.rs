//! Functions that take many items, one after another: in every model, by both clients and by hand.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use examples::add;
use futures_util::stream;
use rpc_core::Stub as _;
use rpc_core::client::{Dialect, FromError};
use rpc_core::error::CutKind;
use rpc_core::protocol::{Framing, code};
use rpc_core::{
    AsyncRpcClient, CallError, Cut, Error, FunctionRegistry, ItemStream, Items, RpcClient,
    RpcServer, State, call, rpc_export,
};
use tests::{
    FRAMINGS, Gate, Model, Peer, Served, count_lines, first_number, run, sizes_together, sum_up,
    sums_at_even, twice_each, twice_each_awaited, until,
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

/// Takes all, which have forms that JSON has not.
#[rpc_export]
fn take_floats(numbers: Items<f64>, seen: State<Arc<Seen>>) {
    numbers.for_each(|number| seen.take(number));
}

/// What has been booked.
#[derive(Debug, Default)]
struct Ledger(AtomicI64);

#[rpc_export]
impl Ledger {
    /// Books all amounts, or none.
    #[rpc_export]
    fn book(&self, amounts: Items<i64>) -> Result<i64, Cut> {
        let sum = amounts.sum::<Result<i64, Cut>>()?;
        Ok(self.0.fetch_add(sum, Ordering::SeqCst) + sum)
    }

    /// Books each amount, and answers with what has been booked.
    #[rpc_export]
    fn book_each(&self, amounts: Items<i64>) -> impl Iterator<Item = Result<i64, Cut>> {
        amounts.map(|amount| {
            let amount = amount?;
            Ok(self.0.fetch_add(amount, Ordering::SeqCst) + amount)
        })
    }
}

/// Counts lines, in one way or another.
#[rpc_export]
trait Counts: Send + Sync + 'static {
    /// How many lines there are.
    async fn lines(&self, lines: ItemStream<String>) -> Result<usize, Cut>;
}

/// Counts those that say something.
#[derive(Debug)]
struct Said;

impl Counts for Said {
    async fn lines(&self, mut lines: ItemStream<String>) -> Result<usize, Cut> {
        let mut count = 0;
        while let Some(line) = lines.next().await {
            count += usize::from(!line?.is_empty());
        }
        Ok(count)
    }
}

#[test]
fn methods_take_items_too() {
    Model::each(|model| {
        let mut registry = FunctionRegistry::new();
        registry.register_instance_at("ledger", Ledger::default()).unwrap();
        registry.register_instance_at("said", CountsService(Said)).unwrap();
        let server = model.start(RpcServer::of(registry));
        let client = RpcClient::connect(server.address()).unwrap();
        let ledger = client.at("ledger");
        let ledger = ledger.within(Duration::from_secs(60));
        // Of what lives elsewhere, too.
        let amounts = [1, 2, 3];
        assert_eq!(call!(ledger.book(amounts.iter().copied())).unwrap(), 6);
        let booked = call!(ledger.book_each([1, -1])).unwrap();
        assert!(booked.map(Result::unwrap).eq([7, 6]));
        let lines = ["a", "", "b"].map(str::to_owned);
        assert_eq!(call!(client.at("said").lines(lines.clone())).unwrap(), 2);
        run(async {
            let client = AsyncRpcClient::connect(server.address()).await.unwrap();
            assert_eq!(call!(client.at("said").lines(lines.clone())).await.unwrap(), 2);
            assert_eq!(call!(client.at("ledger").book(vec![4])).await.unwrap(), 10);
        });
    });
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
    // Nobody knows how many these are.
    let numbers = (1..=2000_i64).filter(|number| *number > 0);
    let sum = both!(address, |c| call!(c.sum_up(numbers.clone()))).unwrap();
    assert_eq!(sum, 2_001_000);
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
            let lines =
                tokio::spawn(async move { call!(client.count_lines(received(receiver))).await });
            for _ in 0..20 {
                sender.send("a line".to_owned()).await.unwrap();
                tokio::task::yield_now().await;
            }
            drop(sender);
            assert_eq!(lines.await.unwrap().unwrap(), 20);
        });
    });
}

/// What comes through a channel.
fn received<T>(receiver: tokio::sync::mpsc::Receiver<T>) -> impl futures_util::Stream<Item = T> {
    stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) })
}

#[test]
fn both_sides_send_items_at_once() {
    Model::each(|model| {
        let server = model.start(server().0);
        let client = RpcClient::connect(server.address()).unwrap();
        let twice = call!(client.twice_each(1..=50_000)).unwrap().map(Result::unwrap);
        assert!(twice.eq((1..=50_000).map(|number| number * 2)));
        let twice = call!(client.twice_each_awaited((0..9).filter(|_| true))).unwrap();
        assert!(twice.map(Result::unwrap).eq((0..9).map(|number| number * 2)));
        // One that is dropped is cancelled, and the connection goes on.
        let mut twice = call!(client.twice_each(1..)).unwrap();
        assert_eq!(twice.next().unwrap().unwrap(), 2);
        drop(twice);
        assert_eq!(call!(client.sum_up([])).unwrap(), 0);
        run(async {
            let client = AsyncRpcClient::connect(server.address()).await.unwrap();
            let mut twice = call!(client.twice_each_awaited(1..=50_000)).await.unwrap();
            for number in 1..=50_000 {
                assert_eq!(twice.next().await.unwrap().unwrap(), number * 2);
            }
            assert!(twice.next().await.is_none());
            // Each question waits for the answer to the last.
            macro_rules! ask {
                ($function:ident, $expected:expr) => {{
                    let (sender, receiver) = tokio::sync::mpsc::channel(2);
                    let mut answers = call!(client.$function(received(receiver))).await.unwrap();
                    for number in 1..20 {
                        for asked in [number * 2 - 1, number * 2] {
                            sender.send(asked).await.unwrap();
                            if let Some(answer) = $expected(asked) {
                                assert_eq!(answers.next().await.unwrap().unwrap(), answer);
                            }
                            tokio::task::yield_now().await;
                        }
                    }
                    drop(sender);
                    assert!(answers.next().await.is_none());
                }};
            }
            ask!(twice_each, |asked| Some(asked * 2));
            ask!(twice_each_awaited, |asked| Some(asked * 2));
            ask!(sums_at_even, |asked| (asked % 2 == 0).then_some(asked * (asked + 1) / 2));
        });
    });
}

fn upload(id: u64, function: &str, begins: &str) -> String {
    format!(
        r#"{{"method_name":"{function}","method_args":[{begins}],"method_kwargs":{{}},"id":{id},"upload":true}}"#
    )
}

#[test]
fn a_peer_sends_items_behind_the_call() {
    Model::each(|model| {
        let server = model.start(server().0);
        for framing in FRAMINGS {
            let mut peer = Peer::connect(server.address(), framing);
            peer.send(&upload(1, "sum_up", "[1,2]"));
            peer.send(r#"{"items":[3, 4],"id":1}"#);
            // Other calls are answered meanwhile, and what belongs to no upload says nothing.
            peer.send(r#"{"items":[1],"id":9}"#);
            peer.send(r#"{"end":9}"#);
            peer.send(r#"{"method_name":"add","method_args":[1,2],"method_kwargs":{},"id":2}"#);
            assert_eq!(peer.receive().unwrap().trim(), r#"{"res":13,"id":2}"#);
            peer.send(r#"{"items":[],"id":1}"#);
            peer.send(r#"{"id":1,"items":[5]}"#);
            peer.send(r#"{"end":1}"#);
            assert_eq!(peer.receive().unwrap().trim(), r#"{"res":15,"id":1}"#);
            // A function that takes no upload answers, and so does one that is given no array.
            peer.send(&upload(3, "add", "1,2"));
            assert_eq!(peer.receive().unwrap().trim(), r#"{"res":13,"id":3}"#);
            peer.send(&upload(4, "sum_up", "7"));
            let refusal = peer.receive().unwrap();
            let expected = "argument `numbers` of `sum_up` must be an array of its items, but the number 7 came";
            assert!(refusal.contains(expected) && refusal.contains("-32602"), "{refusal}");
        }
    });
}

#[test]
fn an_item_of_another_type_is_named() {
    Model::each(|model| {
        let server = model.start(server().0);
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        peer.send(&upload(1, "sum_up", "[1,2]"));
        peer.send(r#"{"items":[3,"four",5],"id":1}"#);
        let refusal = peer.receive().unwrap();
        assert!(refusal.contains("at `[3]`: invalid type: string"), "{refusal}");
        assert!(refusal.contains("-32602"), "{refusal}");
        let error = both!(server.address(), |c| c.call_texts(&["one"])).unwrap_err();
        assert_eq!(error.fault().unwrap().code(), code::INVALID_PARAMS);
        let CallError::Function(cut) = CallError::<Cut>::from_error(error) else {
            panic!("no cut")
        };
        assert_eq!(cut.kind(), CutKind::Item(0));
    });
}

/// Calls `sum_up` with what are no numbers.
trait CallTexts: rpc_core::Stub {
    fn call_texts(&self, texts: &[&str]) -> rpc_core::client::OutcomeOf<Self, i64, Error> {
        self.call("sum_up", rpc_core::args![texts], rpc_core::kwargs! {})
    }
}

impl<S: rpc_core::Stub> CallTexts for S {}

#[test]
fn a_function_hears_that_its_upload_is_cut() {
    Model::each(|model| {
        let (server, seen) = server();
        let server = model.start(server);
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        peer.send(&upload(1, "take", "[1,2]"));
        peer.send(r#"{"items":[3],"id":1}"#);
        until("items are taken", || seen.items() == 3);
        peer.send(r#"{"cancel":1}"#);
        until("the function hears of it", || seen.cuts() == [CutKind::Cancelled]);
        peer.send(&upload(2, "take", "[]"));
        let most = vec!["1"; 16_385].join(",");
        peer.send(&format!(r#"{{"items":[{most}],"id":2}}"#));
        assert!(peer.receive().unwrap().ends_with(r#","id":2}"#));
        assert_eq!(seen.cuts(), [CutKind::Cancelled, CutKind::Overrun]);
        peer.send(&upload(3, "take", "[4]"));
        until("an item is taken", || seen.items() == 4);
        drop(peer);
        until("the function hears of it", || {
            seen.cuts() == [CutKind::Cancelled, CutKind::Overrun, CutKind::Gone]
        });
    });
}

#[test]
fn a_caller_hears_how_much_there_is_room_for() {
    Model::each(|model| {
        let server = model.start(server().0);
        for function in ["take", "take_awaited"] {
            let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
            peer.send(&upload(1, function, "[]"));
            let half = vec!["1"; 8192].join(",");
            peer.send(&format!(r#"{{"items":[{half}],"id":1}}"#));
            let granted = peer.receive().unwrap();
            assert_eq!(granted, r#"{"credit":1,"items":24576,"bytes":139264}"#);
            peer.send(r#"{"end":1}"#);
            assert!(peer.receive().unwrap().starts_with(r#"{"res":"#));
        }
    });
}

#[test]
fn a_slow_function_has_its_caller_wait_and_nobody_else() {
    const FITS: u64 = 131;
    Model::each(|model| {
        let (server, seen) = server();
        let server = model.start(server);
        let client = RpcClient::connect(server.address()).unwrap();
        let made = AtomicU64::new(0);
        let texts = || {
            (0..500).map(|_| {
                made.fetch_add(1, Ordering::SeqCst);
                "x".repeat(1000)
            })
        };
        let gate = Gate::closed();
        thread::scope(|scope| {
            let call = scope.spawn(|| call!(client.take_behind_gate(gate.number(), texts())));
            gate.until_reached();
            until("the window is full", || made.load(Ordering::SeqCst) >= FITS);
            assert_eq!(call!(client.add(1, 2)).unwrap(), 13);
            assert_eq!((made.load(Ordering::SeqCst), seen.items()), (FITS, 0));
            gate.open();
            assert_eq!(call.join().unwrap().unwrap(), 500);
        });
    });
}

#[test]
fn an_item_without_a_form_ends_the_call() {
    Model::each(|model| {
        let (server, seen) = server();
        let server = model.start(server);
        let numbers = || {
            let seen = Arc::clone(&seen);
            let number = move |place| match place {
                0 | 1 => Some(1.),
                _ => {
                    until("those before it are taken", || seen.items() >= 2);
                    Some(f64::NAN)
                }
            };
            // Nobody knows how many there are, so each is sent at once.
            (0..3).filter_map(number)
        };
        let error = both!(server.address(), |c| call!(c.take_floats(numbers()))).unwrap_err();
        assert!(matches!(error, Error::Misuse(_)), "{error}");
        assert!(error.to_string().contains("item [2] of an upload cannot be sent"), "{error}");
        until("the function hears of it", || seen.cuts().contains(&CutKind::Cancelled));
    });
}

#[test]
fn where_there_are_no_uploads_an_array_is_all_of_it() {
    Model::each(|model| {
        let server = model.start(server().0);
        let address = server.address().to_string();
        for framing in FRAMINGS {
            let mut peer = Peer::connect(server.address(), framing);
            peer.send(r#"{"jsonrpc":"2.0","method":"sum_up","params":{"numbers":[1,2]},"id":1}"#);
            assert_eq!(peer.receive().unwrap().trim(), r#"{"jsonrpc":"2.0","result":3,"id":1}"#);
            peer.send(r#"[{"jsonrpc":"2.0","method":"count_lines","params":[["a"]],"id":1}]"#);
            assert_eq!(peer.receive().unwrap().trim(), r#"[{"jsonrpc":"2.0","result":1,"id":1}]"#);
            peer.send(r#"{"method_name":"sum_up","method_args":[[1,2,4]],"method_kwargs":{}}"#);
            assert_eq!(peer.receive().unwrap().trim(), r#"{"res":7}"#);
            peer.send(r#"{"jsonrpc":"2.0","method":"twice_each","params":[[1,2]],"id":1}"#);
            let answer = peer.receive().unwrap();
            assert_eq!(answer.trim(), r#"{"jsonrpc":"2.0","result":[2,4],"id":1}"#);
        }
        let builders = [
            (RpcClient::builder().dialect(Dialect::JsonRpc), address.clone()),
            (RpcClient::builder().dialect(Dialect::NativeWithoutIds), address.clone()),
            (RpcClient::builder(), format!("http://{address}/")),
            (RpcClient::builder().dialect(Dialect::XmlRpc), format!("http://{address}/")),
        ];
        for (builder, address) in builders {
            let client = builder.clone().connect(&address).unwrap();
            assert_eq!(call!(client.sum_up(numbers = 1..=10)).unwrap(), 55);
            let twice = call!(client.twice_each([1, 2])).unwrap();
            assert!(twice.map(Result::unwrap).eq([2, 4]));
            run(async {
                let client = builder.connect_async(&address).await.unwrap();
                assert_eq!(call!(client.sum_up(stream::iter(1..=10))).await.unwrap(), 55);
                assert_eq!(call!(client.count_lines(["a".to_owned()])).await.unwrap(), 1);
                let waits = stream::pending();
                let error = call!(client.sum_up(waits)).await.unwrap_err();
                assert!(error.to_string().contains("collect its items first"), "{error}");
            });
        }
    });
}
