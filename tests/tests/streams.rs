//! Functions that answer with many items, over sockets: in every model, by both clients and by hand.

#![allow(clippy::unwrap_used, clippy::unused_async)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use examples::add;
use futures_util::{Stream, StreamExt, stream};
use rpc_core::Stub as _;
use rpc_core::client::Streaming;
use rpc_core::protocol::{Framing, Limits, code};
use rpc_core::server::ServerHandle;
use rpc_core::{
    AsyncRpcClient, CallContext, CallError, Error, FunctionRegistry, RpcClient, RpcServer, State,
    args, call, kwargs, rpc_export,
};
use tests::{
    FRAMINGS, Model, Peer, Refusal, Served, breaks, few, few_in_a_box, numbers, paced, pieces, run,
    some, split, until,
};

/// How far endless functions have come, and how many of them go on.
#[derive(Debug, Default)]
struct Progress {
    /// The items asked for, of all of them together.
    items: AtomicU64,
    /// Those that have begun and not ended.
    running: AtomicU64,
    /// Those that have heard that nobody wants their items.
    heard: AtomicU64,
}

/// Goes on for as long as it lives.
struct Going(Arc<Progress>);

impl Going {
    fn begin(progress: &Arc<Progress>) -> Self {
        progress.running.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(progress))
    }

    fn next(&self) -> u64 {
        self.0.items.fetch_add(1, Ordering::SeqCst)
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Numbers without end.
#[rpc_export]
fn endless(progress: State<Arc<Progress>>) -> impl Iterator<Item = u64> {
    let going = Going::begin(&progress);
    (0..).inspect(move |_| _ = going.next())
}

/// Numbers without end, by a thread that waits for each.
#[rpc_export(blocking)]
fn endless_by_a_thread(
    progress: State<Arc<Progress>>,
    context: &CallContext,
) -> impl Iterator<Item = u64> {
    let (going, context) = (Going::begin(&progress), context.clone());
    (0..).take_while(move |_| {
        thread::sleep(Duration::from_millis(1));
        going.next();
        if context.is_cancelled() {
            going.0.heard.fetch_add(1, Ordering::SeqCst);
        }
        true
    })
}

/// One number, and then nothing for ever.
#[rpc_export]
async fn silent(progress: State<Arc<Progress>>) -> impl Stream<Item = u64> {
    let going = Going::begin(&progress);
    stream::once(async move { going.next() }).chain(stream::pending())
}

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

fn server() -> (RpcServer, Arc<Progress>) {
    let progress = Arc::new(Progress::default());
    let mut registry = FunctionRegistry::exported();
    registry.share(Arc::clone(&progress));
    (RpcServer::of(registry), progress)
}

/// All items of a stream, by either client.
macro_rules! both {
    ($server:expr, |$client:ident| $call:expr) => {{
        let blocking = {
            let $client = RpcClient::connect($server).unwrap();
            $call.unwrap().collect::<Vec<_>>()
        };
        let asynchronous = run(async {
            let $client = AsyncRpcClient::connect($server).await.unwrap();
            let mut stream = $call.await.unwrap();
            let mut items = Vec::new();
            while let Some(item) = stream.next().await {
                items.push(item);
            }
            items
        });
        assert_eq!(format!("{blocking:?}"), format!("{asynchronous:?}"));
        blocking
    }};
}

fn values<T, E: std::fmt::Debug>(items: Vec<Result<T, E>>) -> Vec<T> {
    items.into_iter().map(Result::unwrap).collect()
}

/// What users rely on, of a server in any model.
fn converse(address: &str) {
    assert_eq!(values(both!(address, |c| call!(c.numbers(1, 3)))), [1, 2, 3]);
    assert!(both!(address, |c| call!(c.numbers(1, 0))).is_empty());
    assert_eq!(values(both!(address, |c| call!(c.numbers(5, 5)))), [5]);
    assert_eq!(
        values(both!(address, |c| call!(c.split("lent to it", between = "t")))),
        ["len", " ", "o i", ""]
    );
    let many = values(both!(address, |c| call!(c.numbers(1, 20_000))));
    assert!(many.iter().copied().eq(1..=20_000));
    let sizes = vec![1, 9 * 1024 * 1024, 0, 70_000, 3];
    let pieces = values(both!(address, |c| call!(c.pieces(sizes.clone()))));
    assert!(pieces.iter().map(String::len).eq(sizes));
    assert_eq!(values(both!(address, |c| call!(c.paced(1, 5)))), [0, 1, 2, 3, 4]);
    assert_eq!(values(both!(address, |c| call!(c.some(2)))), [0, 1]);
    let refused = both!(address, |c| call!(c.some(0)));
    assert!(matches!(refused[..], [Err(CallError::Function(Refusal::Missing(1)))]));
    for count in [0, 2, 5000] {
        let mut items = both!(address, |c| call!(c.few(count)));
        let last = items.pop().unwrap().unwrap_err();
        assert!(matches!(last, CallError::Function(Refusal::Missing(n)) if n == count), "{last}");
        assert!(values(items).into_iter().eq(0..count));
        let mut items = both!(address, |c| call!(c.few_in_a_box(count)));
        assert!(matches!(items.pop(), Some(Err(CallError::Function(Refusal::Missing(_))))));
        assert!(values(items).into_iter().eq(0..count));
    }
    let mut items = both!(address, |c| call!(c.breaks(3)));
    let fault = items.pop().unwrap().unwrap_err();
    assert_eq!(fault.fault().map(rpc_core::Fault::code), Some(code::INTERNAL_ERROR), "{fault}");
    assert_eq!(values(items), [0, 1, 2]);
    for (name, expected) in [("nambers", code::METHOD_NOT_FOUND), ("numbers", code::INVALID_PARAMS)]
    {
        let items = both!(address, |c| c.stream::<u64>(name, args![1], kwargs! {}));
        let [Err(Error::Fault(fault))] = &items[..] else { panic!("{items:?}") };
        assert_eq!(fault.code(), expected, "{fault}");
    }
}

#[test]
fn items_come_in_order_and_errors_end_them_in_every_model() {
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
fn who_asks_for_no_stream_has_one_array() {
    Model::each(|model| {
        let server = model.start(server().0);
        for framing in FRAMINGS {
            let mut peer = Peer::connect(server.address(), framing);
            peer.send(r#"{"method_name":"numbers","method_args":[1,3],"method_kwargs":{},"id":1}"#);
            assert_eq!(peer.receive().unwrap().trim(), r#"{"res":[1,2,3],"id":1}"#);
            peer.send(r#"{"jsonrpc":"2.0","method":"numbers","params":[1,0],"id":2}"#);
            assert_eq!(peer.receive().unwrap().trim(), r#"{"jsonrpc":"2.0","result":[],"id":2}"#);
            peer.send(r#"[{"jsonrpc":"2.0","method":"numbers","params":[1,2],"id":3}]"#);
            let batch = peer.receive().unwrap();
            assert_eq!(batch.trim(), r#"[{"jsonrpc":"2.0","result":[1,2],"id":3}]"#);
            peer.send(r#"{"jsonrpc":"2.0","method":"few","params":[2],"id":4}"#);
            assert!(peer.receive().unwrap().contains(r#""data":{"Missing":2}"#));
            // An array of everything has an end.
            peer.send(r#"{"jsonrpc":"2.0","method":"endless","params":[],"id":5}"#);
            let refusal = peer.receive().unwrap();
            assert!(refusal.contains("ask for them as a stream"), "{refusal}");
        }
    });
}

#[test]
fn a_server_sends_no_more_than_there_is_credit_for() {
    Model::each(|model| {
        let (server, progress) = server();
        let server = model.start(server);
        for framing in FRAMINGS {
            let asked = progress.items.load(Ordering::SeqCst);
            let mut peer = Peer::connect(server.address(), framing);
            let open = |id, credit| {
                format!(
                    r#"{{"method_name":"endless","method_args":[],"method_kwargs":{{}},"id":{id},"stream":{credit}}}"#
                )
            };
            let items = |peer: &mut Peer, id| {
                let text = peer.receive().unwrap();
                let items = text.trim().strip_prefix(r#"{"items":["#).unwrap();
                let items = items.strip_suffix(&format!(r#"],"id":{id}}}"#)).unwrap();
                items.split(',').map(|item| item.parse::<u64>().unwrap()).collect::<Vec<_>>()
            };
            peer.send(&open(1, r#"{"items":3}"#));
            assert_eq!(items(&mut peer, 1), [0, 1, 2]);
            peer.send(&open(2, r#"{"bytes":2}"#));
            assert_eq!(items(&mut peer, 2), [0, 1]);
            // Another call is answered meanwhile, and what has been granted before changes nothing.
            peer.send(r#"{"credit":1,"items":2}"#);
            peer.send(r#"{"credit":77,"items":9}"#);
            peer.send(r#"{"method_name":"add","method_args":[1,2],"method_kwargs":{},"id":3}"#);
            assert_eq!(peer.receive().unwrap().trim(), r#"{"res":13,"id":3}"#);
            // One item goes beyond the bytes, whatever its size.
            peer.send(r#"{"credit":2,"bytes":3}"#);
            assert_eq!(items(&mut peer, 2), [2]);
            peer.send(r#"{"credit":1,"items":5}"#);
            assert_eq!(items(&mut peer, 1), [3, 4]);
            assert_eq!(progress.items.load(Ordering::SeqCst) - asked, 8, "{model:?}");
            peer.send(r#"{"cancel":1}"#);
            peer.send(r#"{"credit":1,"items":50}"#);
            peer.send(r#"{"cancel":2}"#);
            peer.send(r#"{"method_name":"add","method_args":[1,2],"method_kwargs":{},"id":3}"#);
            assert_eq!(peer.receive().unwrap().trim(), r#"{"res":13,"id":3}"#);
            until("both have ended", || progress.running.load(Ordering::SeqCst) == 0);
        }
    });
}

#[test]
fn what_is_no_credit_is_answered_as_such() {
    Model::each(|model| {
        let server = model.start(server().0);
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        for (message, sentence) in [
            (r#"{"credit":1,"items":-1}"#, "`items` and `bytes` of a credit must be whole numbers"),
            (
                r#"{"credit":1,"bytes":"2"}"#,
                "`items` and `bytes` of a credit must be whole numbers",
            ),
            (
                r#"{"method_name":"numbers","method_args":[1,2],"method_kwargs":{},"id":1,"stream":3}"#,
                "member `stream` must be an object of whole numbers",
            ),
            (
                r#"{"method_name":"numbers","method_args":[1,2],"method_kwargs":{},"id":1,"stream":{"items":0.5}}"#,
                "member `stream` must be an object of whole numbers",
            ),
        ] {
            peer.send(message);
            let answer = peer.receive().unwrap();
            assert!(answer.contains(sentence), "{answer}");
        }
    });
}

/// Starts streams that end only when they are cancelled, and has each client leave one after its first item.
fn leave_early(server: &ServerHandle, progress: &Progress) {
    let client = RpcClient::connect(server.address()).unwrap();
    let first = |mut stream: Box<dyn Iterator<Item = Result<u64, Error>>>| {
        assert!(stream.next().unwrap().is_ok());
    };
    first(Box::new(call!(client.endless()).unwrap()));
    first(Box::new(call!(client.endless_by_a_thread()).unwrap()));
    first(Box::new(call!(client.silent()).unwrap()));
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let mut stream = call!(client.endless()).await.unwrap();
        stream.next().await.unwrap().unwrap();
        drop(stream);
        let mut stream = call!(client.silent()).await.unwrap();
        stream.next().await.unwrap().unwrap();
        drop(stream);
        // Its connection serves other calls.
        assert_eq!(call!(client.add(1, 2)).await.unwrap(), 13);
    });
    assert_eq!(call!(client.add(1, 2)).unwrap(), 13);
    until("all have ended", || progress.running.load(Ordering::SeqCst) == 0);
}

#[test]
fn a_stream_that_nobody_reads_on_is_cancelled() {
    Model::each(|model| {
        let (server, progress) = server();
        let server = model.start(server);
        leave_early(&server, &progress);
        assert!(progress.heard.load(Ordering::SeqCst) <= 1);
    });
}

#[test]
fn a_caller_who_goes_away_cancels() {
    Model::each(|model| {
        let (server, progress) = server();
        let server = model.start(server);
        for function in ["endless", "endless_by_a_thread", "silent"] {
            let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
            peer.send(&format!(
                r#"{{"method_name":"{function}","method_args":[],"method_kwargs":{{}},"id":1,"stream":{{"items":1}}}}"#
            ));
            peer.receive().unwrap();
            drop(peer);
            until("it has ended", || progress.running.load(Ordering::SeqCst) == 0);
        }
    });
}

#[test]
fn a_reader_who_stops_holds_up_nobody_and_costs_a_window() {
    Model::each(|model| {
        let (server, progress) = server();
        let server = model.start(server);
        let client =
            RpcClient::builder().stream_window(64, 1 << 20).connect(server.address()).unwrap();
        let mut stopped = call!(client.endless()).unwrap();
        assert_eq!(stopped.next().unwrap().unwrap(), 0);
        let clone = client.clone();
        let other = thread::spawn(move || {
            assert_eq!(values(call!(clone.numbers(1, 10_000)).unwrap().collect()).len(), 10_000);
            for n in 0..100 {
                assert_eq!(call!(clone.add(n, 2)).unwrap(), n + 12);
            }
        });
        other.join().unwrap();
        assert!(progress.items.load(Ordering::SeqCst) <= 64 + 1, "{model:?}");
        let next: Vec<_> = stopped.by_ref().take(1000).map(Result::unwrap).collect();
        assert!(next.into_iter().eq(1..=1000));
    });
}

#[test]
fn many_streams_and_calls_share_a_connection() {
    Model::each(|model| {
        let server = model.start(server().0);
        let client = RpcClient::connect(server.address()).unwrap();
        thread::scope(|scope| {
            for thread in 0..8 {
                let client = &client;
                scope.spawn(move || {
                    let items = values(call!(client.numbers(thread, 20_000)).unwrap().collect());
                    assert!(items.into_iter().eq(thread..=20_000));
                    assert_eq!(call!(client.add(1, 1)).unwrap(), 12);
                });
            }
        });
        run(async {
            let client = AsyncRpcClient::connect(server.address()).await.unwrap();
            let tasks: Vec<_> = (0..8)
                .map(|task| {
                    let client = client.clone();
                    tokio::spawn(async move {
                        let mut stream = call!(client.numbers(task, 20_000)).await.unwrap();
                        let mut next = task;
                        while let Some(item) = stream.next().await {
                            assert_eq!(item.unwrap(), next);
                            next += 1;
                        }
                        assert_eq!(next, 20_001);
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
}

#[test]
fn a_connection_has_no_more_streams_than_it_may() {
    Model::each(|model| {
        let (server, _) = server();
        let limits = Limits { max_streams: 2, ..Limits::default() };
        let server = model.start(server.limits(limits));
        let client = RpcClient::connect(server.address()).unwrap();
        let mut kept: Vec<_> = (0..2).map(|_| call!(client.silent()).unwrap()).collect();
        for stream in &mut kept {
            stream.next().unwrap().unwrap();
        }
        let refused = call!(client.numbers(1, 3)).unwrap().next().unwrap().unwrap_err();
        assert!(refused.to_string().contains("`Limits::max_streams`"), "{refused}");
        kept.pop();
        until("there is room again", || {
            call!(client.numbers(1, 3)).unwrap().next().unwrap().is_ok()
        });
    });
}

#[test]
fn a_server_that_stops_ends_streams_with_an_error_of_its_own() {
    Model::each(|model| {
        let (server, progress) = server();
        let server = model.start(server.stop_timeout(Duration::from_millis(300)));
        let client = RpcClient::connect(server.address()).unwrap();
        let mut endless = call!(client.silent()).unwrap();
        endless.next().unwrap().unwrap();
        let last = thread::spawn(move || endless.next());
        let begun = Instant::now();
        server.stop();
        server.wait().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(20));
        let error = last.join().unwrap().unwrap().unwrap_err();
        assert_eq!(error.fault().map(rpc_core::Fault::code), Some(code::SHUTTING_DOWN), "{error}");
        assert!(error.may_have_run(), "{error}");
        until("it has ended", || progress.running.load(Ordering::SeqCst) == 0);
    });
}

#[test]
fn a_stream_ends_when_its_time_is_up() {
    Model::each(|model| {
        let (server, progress) = server();
        let server = model.start(server);
        let client = RpcClient::connect(server.address()).unwrap();
        let items: Vec<_> =
            call!(client.within(Duration::from_millis(100)).silent()).unwrap().collect();
        let [Ok(_), Err(error)] = &items[..] else { panic!("{items:?}") };
        assert!(error.to_string().contains("100ms"), "{error}");
        until("it has ended", || progress.running.load(Ordering::SeqCst) == 0);
    });
}

#[test]
fn a_reader_who_takes_nothing_for_the_idle_timeout_is_told() {
    Model::each(|model| {
        let (server, progress) = server();
        let server = model.start(server.idle_timeout(Duration::from_millis(200)));
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        peer.send(
            r#"{"method_name":"endless","method_args":[],"method_kwargs":{},"id":1,"stream":{"items":1}}"#,
        );
        assert_eq!(peer.receive().unwrap(), r#"{"items":[0],"id":1}"#);
        let end = peer.receive().unwrap();
        assert!(end.contains("the caller has taken no items for 200ms"), "{end}");
        until("it has ended", || progress.running.load(Ordering::SeqCst) == 0);
        // One that only waits for its function may be silent for as long as it likes.
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        peer.send(
            r#"{"method_name":"paced","method_args":[500,2],"method_kwargs":{},"id":1,"stream":{}}"#,
        );
        assert_eq!(peer.receive().unwrap(), r#"{"items":[0],"id":1}"#);
        assert_eq!(peer.receive().unwrap(), r#"{"items":[1],"id":1}"#);
        assert_eq!(peer.receive().unwrap(), r#"{"res":null,"id":1}"#);
    });
}

#[test]
fn a_worker_with_a_long_stream_is_not_taken_for_one_that_hangs() {
    let options = "--model prefork --workers 1 --busy-timeout-ms 300 --silent x";
    let server = Served::start(env!("CARGO_BIN_EXE_model_server"), options);
    let client = RpcClient::connect(server.address()).unwrap();
    let mut stream = call!(client.paced(250, 6)).unwrap();
    for n in 0..6 {
        assert_eq!(stream.next().unwrap().unwrap(), n);
        assert_eq!(call!(client.add(1, 2)).unwrap(), 13);
    }
    assert!(stream.next().is_none());
}
