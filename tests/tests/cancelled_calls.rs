//! A call that nobody waits for any more costs nobody anything, and the server stops working on it.

#![allow(clippy::unwrap_used, clippy::unused_async)]

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::task::Poll;
use std::time::{Duration, Instant};

use examples::add;
use rpc_core::error::IoErrorKind;
use rpc_core::server::ServerHandle;
use rpc_core::{
    AsyncRpcClient, CallContext, Error, FunctionRegistry, RpcServer, State, Stub, args, rpc_export,
};
use serde_json::Value;
use tests::{FRAMINGS, Fake, Gate, Model, pass_gate_later, run, until};

/// How often functions have begun, ended, and been dropped on their way.
#[derive(Debug, Default)]
struct Counts {
    begun: AtomicUsize,
    ended: AtomicUsize,
    dropped: AtomicUsize,
}

/// Counts how a function comes to its end.
struct Guard<'c>(&'c Counts, bool);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let count = if self.1 { &self.0.ended } else { &self.0.dropped };
        count.fetch_add(1, Ordering::SeqCst);
    }
}

/// Takes its time.
#[rpc_export]
async fn linger(counts: State<Arc<Counts>>, ms: u64) {
    counts.begun.fetch_add(1, Ordering::SeqCst);
    let mut guard = Guard(&counts, false);
    tokio::time::sleep(Duration::from_millis(ms)).await;
    guard.1 = true;
}

/// Blocks its thread until nobody waits for it.
#[rpc_export(blocking)]
fn work_until_cancelled(counts: State<Arc<Counts>>, context: &CallContext) {
    counts.begun.fetch_add(1, Ordering::SeqCst);
    let begun = Instant::now();
    while !context.is_cancelled() && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let count = if context.is_cancelled() { &counts.dropped } else { &counts.ended };
    count.fetch_add(1, Ordering::SeqCst);
    // A caller whose time is up gives up before it is answered, whichever side saw it first.
    std::thread::sleep(Duration::from_millis(500));
}

/// How long the caller still waits, in milliseconds.
#[rpc_export]
async fn remaining_ms(context: &CallContext) -> Option<u64> {
    context.remaining().map(|left| u64::try_from(left.as_millis()).unwrap())
}

fn server() -> (ServerHandle, Arc<Counts>) {
    let counts = Arc::new(Counts::default());
    let mut registry = FunctionRegistry::exported();
    registry.share(Arc::clone(&counts));
    (Model::EventLoop.start(RpcServer::of(registry)), counts)
}

fn is(count: &AtomicUsize, expected: usize) -> bool {
    count.load(Ordering::SeqCst) == expected
}

/// Polls a call a few times and drops it unless it is done.
async fn give_up_after<T>(call: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut call = pin!(call);
    let mut polled = 0;
    poll_fn(|task| {
        if let Poll::Ready(result) = call.as_mut().poll(task) {
            return Poll::Ready(Some(result));
        }
        polled += 1;
        if polled > polls {
            Poll::Ready(None)
        } else {
            task.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

#[test]
fn no_byte_is_lost_or_doubled_and_no_late_reply_reaches_another_call() {
    const CALLS: u64 = 600;
    for framing in FRAMINGS {
        let (received, log) = channel();
        let server = Fake::start(framing, move |mut peer| {
            // A torn message would not parse here.
            while let Some(message) = peer.receive() {
                let message: Value = serde_json::from_str(&message).unwrap();
                if message.get("cancel").is_none() {
                    let (id, argument) = (&message["id"], &message["method_args"][0]);
                    let text = &message["method_args"][1];
                    peer.send(&format!(r#"{{"res":[{argument},{text}],"id":{id}}}"#));
                }
                received.send(message).unwrap();
            }
        });
        let given_up = run(async {
            let client = AsyncRpcClient::connect_in(framing, &server).await;
            let mut given_up = 0;
            for n in 0..CALLS {
                // Some are larger than a socket takes at once.
                let text = "x".repeat(if n % 50 == 7 { 3_000_000 } else { 100 });
                let call = client.call::<(u64, String)>("same", args![n, &text], ());
                let polls = [usize::MAX, 0, 1, 30][usize::try_from(n).unwrap() % 4];
                match give_up_after(call, polls).await {
                    Some(result) => assert_eq!(result.unwrap(), (n, text)),
                    None => given_up += 1,
                }
            }
            // Its reply is the last, so everything before has been read.
            let last = client.call::<(u64, String)>("same", args![CALLS, ""], ());
            assert_eq!(last.await.unwrap().0, CALLS);
            given_up
        });
        drop(server);
        // How many depends on how fast the replies come; none would test nothing.
        assert!(given_up > CALLS / 100, "{given_up}");
        let (mut calls, mut cancelled) = (Vec::new(), HashMap::new());
        for message in log {
            match message.get("cancel") {
                Some(id) => *cancelled.entry(id.as_u64().unwrap()).or_insert(0) += 1,
                None => calls.push(message["id"].as_u64().unwrap()),
            }
        }
        assert_eq!(calls, (0..=CALLS).collect::<Vec<_>>());
        assert_eq!(cancelled.len() as u64, given_up);
        assert!(cancelled.values().all(|&times| times == 1));
    }
}

/// A client that speaks in a framing.
trait ConnectIn: Sized {
    async fn connect_in(framing: rpc_core::protocol::Framing, server: &Fake) -> Self;
}

impl ConnectIn for AsyncRpcClient {
    async fn connect_in(framing: rpc_core::protocol::Framing, server: &Fake) -> Self {
        Self::builder().framing(framing).connect_async(server.address()).await.unwrap()
    }
}

#[test]
fn a_function_is_dropped_when_its_call_is() {
    let (server, counts) = server();
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let mut calls: Vec<_> = (0..10).map(|_| client.linger(60_000).start().unwrap()).collect();
        let gate = Gate::closed();
        let lasting = client.pass_gate_later(gate.number(), 7).start().unwrap();
        until("the functions to begin", || is(&counts.begun, 10));
        calls.truncate(4);
        until("six to be dropped", || is(&counts.dropped, 6));
        assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
        gate.open();
        assert_eq!(lasting.await.unwrap(), 7);
        assert!(is(&counts.ended, 0) && is(&counts.dropped, 6));
        drop(calls);
        until("all to be dropped", || is(&counts.dropped, 10));
    });
}

#[test]
fn a_function_is_dropped_at_its_callers_deadline() {
    let (server, counts) = server();
    run(async {
        // Long enough for the calls to be on their way.
        let timeout = Duration::from_secs(1);
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let builder = AsyncRpcClient::builder().call_timeout(timeout);
        let hasty = builder.connect_async(server.address()).await.unwrap();
        for call in [client.within(timeout).linger(60_000).call(), hasty.linger(60_000).call()] {
            let begun = Instant::now();
            let error = call.await.unwrap_err();
            assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
            // Whoever notices first says so.
            match &error {
                Error::Io(error) => assert_eq!(error.kind(), IoErrorKind::TimedOut(timeout)),
                error => {
                    assert_eq!(error.fault().unwrap().code(), rpc_core::protocol::code::TIMED_OUT)
                }
            }
            assert!(error.may_have_run());
        }
        until("both to be dropped", || is(&counts.dropped, 2));
        assert!(is(&counts.begun, 2) && is(&counts.ended, 0));
    });
}

#[test]
fn a_server_that_is_told_of_a_deadline_answers_by_it() {
    let (server, counts) = server();
    for framing in FRAMINGS {
        let mut peer = tests::Peer::connect(server.address(), framing);
        let call = r#"{"method_name":"linger","method_args":[60000],"id":1,"timeout_ms":50}"#;
        assert_eq!(
            peer.ask(call),
            r#"{"error":{"code":-32001,"message":"`linger` was not done within 50ms"},"id":1}"#
        );
    }
    until("both to be dropped", || is(&counts.dropped, 2));
}

#[test]
fn a_function_knows_how_long_its_caller_waits() {
    let (server, _counts) = server();
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        assert_eq!(client.remaining_ms().call().await.unwrap(), None);
        let hour = Duration::from_secs(3600);
        let left = client.within(hour).remaining_ms().call().await.unwrap().unwrap();
        assert!(left <= 3_600_000 && left > 3_590_000, "{left}");
        let builder = AsyncRpcClient::builder().call_timeout(hour);
        let client = builder.connect_async(server.address()).await.unwrap();
        assert!(client.remaining_ms().call().await.unwrap().is_some());
    });
}

#[test]
fn a_function_that_blocks_can_ask_whether_anybody_waits() {
    let (server, counts) = server();
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let timeout = Duration::from_secs(1);
        client.within(timeout).work_until_cancelled().call().await.unwrap_err();
        until("the deadline to be noticed", || is(&counts.dropped, 1));
        let call = client.work_until_cancelled().start().unwrap();
        until("the second to begin", || is(&counts.begun, 2));
        // The server is told, and the connection goes on.
        drop(call);
        until("the cancelling to be noticed", || is(&counts.dropped, 2));
        assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
        let call = client.work_until_cancelled().start().unwrap();
        until("the third to begin", || is(&counts.begun, 3));
        drop((call, client));
        until("the caller's leaving to be noticed", || is(&counts.dropped, 3));
    });
}

#[test]
fn the_time_a_call_has_travels_with_it_where_it_was_set() {
    let (received, log) = channel();
    let server = Fake::start(FRAMINGS[0], move |mut peer| {
        while let Some(message) = peer.receive() {
            let message: Value = serde_json::from_str(&message).unwrap();
            peer.send(&format!(r#"{{"res":null,"id":{}}}"#, message["id"]));
            received.send(message["timeout_ms"].as_u64()).unwrap();
        }
    });
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        client.call::<()>("same", (), ()).await.unwrap();
        let within = |timeout| client.within(timeout).call::<()>("same", (), ());
        within(Duration::from_millis(1500)).await.unwrap();
        within(Duration::from_micros(60_000_100)).await.unwrap();
        within(Duration::MAX).await.unwrap();
        drop(client);
        let builder = AsyncRpcClient::builder().call_timeout(Duration::from_secs(7));
        let client = builder.connect_async(server.address()).await.unwrap();
        client.call::<()>("same", (), ()).await.unwrap();
        client.within(Duration::from_secs(3)).call::<()>("same", (), ()).await.unwrap();
    });
    drop(server);
    let sent: Vec<_> = log.into_iter().collect();
    assert_eq!(sent, [None, Some(1500), Some(60_001), None, Some(7000), Some(3000)]);
}
