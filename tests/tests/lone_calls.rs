//! A call that is alone on an asynchronous connection is written and read by its own task; whatever that
//! task does, nobody waits for it in vain.

#![allow(clippy::unwrap_used)]

use std::future::poll_fn;
use std::net::TcpListener;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use examples::add;
use rpc_core::client::Dialect;
use rpc_core::server::EventLoop;
use rpc_core::{AsyncRpcClient, RpcServer, Stub, args, kwargs, rpc_export};
use tests::{Frame, Gate, WebSocket, pass_gate_later};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, yield_now};
use tokio::time::sleep;

/// Runs a test on one thread, where nothing happens while it does not wait.
fn run<T>(test: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// Polls a future once.
async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|task| Poll::Ready(future.as_mut().poll(task))).await
}

#[test]
fn a_ping_is_answered_while_the_only_call_is_not_polled() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let (answered, is_answered) = oneshot::channel();
    let server = thread::spawn(move || {
        let mut socket = WebSocket::accept(listener.accept().unwrap().0);
        let call = socket.receive_json();
        socket.send_frame(0x89, b"are you there");
        assert_eq!(socket.receive(), Some(Frame::Pong(b"are you there".to_vec())));
        answered.send(()).unwrap();
        socket.send(&format!(r#"{{"res":1,"id":{}}}"#, call["id"]));
    });
    run(async {
        let builder = AsyncRpcClient::builder().dialect(Dialect::Native);
        let client = builder.connect_async(url).await.unwrap();
        // The driver has begun.
        yield_now().await;
        let mut call = pin!(client.call::<i64>("one", args![], kwargs! {}));
        assert!(poll_once(call.as_mut()).await.is_pending());
        is_answered.await.unwrap();
        assert_eq!(call.await.unwrap(), 1);
    });
    server.join().unwrap();
}

#[test]
fn others_get_their_replies_while_the_first_call_is_not_polled() {
    let server = RpcServer::exported().start_with("127.0.0.1:0", EventLoop::default()).unwrap();
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        yield_now().await;
        let mut first = pin!(client.add(1, 2).call());
        assert!(poll_once(first.as_mut()).await.is_pending());
        for number in 0..10 {
            assert_eq!(client.add(number, 0).c(0).call().await.unwrap(), number);
        }
        assert_eq!(first.await.unwrap(), 13);
    });
}

#[test]
fn the_only_call_may_be_dropped_at_any_moment() {
    let server = RpcServer::exported().start_with("127.0.0.1:0", EventLoop::default()).unwrap();
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        for turns in 0..50 {
            let mut call = Box::pin(client.add(1, 2).call());
            let _ = poll_once(call.as_mut()).await;
            for _ in 0..turns {
                yield_now().await;
            }
            drop(call);
            assert_eq!(client.add(turns, 0).c(0).call().await.unwrap(), turns);
        }
    });
}

#[test]
fn a_call_that_takes_long_is_left_asleep() {
    let server = RpcServer::exported().start_with("127.0.0.1:0", EventLoop::default()).unwrap();
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let gate = Gate::closed();
        let polls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&polls);
        let number = gate.number();
        let call = tokio::spawn(async move {
            let mut call = pin!(client.pass_gate_later(number, 5).call());
            poll_fn(|task| {
                counted.fetch_add(1, Ordering::Relaxed);
                call.as_mut().poll(task)
            })
            .await
        });
        sleep(Duration::from_millis(500)).await;
        gate.open();
        assert_eq!(call.await.unwrap().unwrap(), 5);
        assert!(polls.load(Ordering::Relaxed) <= 5, "polled {polls:?} times");
    });
}

/// Has others run before it answers, one time of three.
#[rpc_export]
async fn number_soon_or_later(number: u64) -> u64 {
    if number.is_multiple_of(3) {
        yield_now().await;
    }
    number
}

#[test]
fn calls_are_alone_and_together_by_turns_on_several_threads() {
    let server = RpcServer::exported().start_with("127.0.0.1:0", EventLoop::default()).unwrap();
    let address = server.address().clone();
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let client = AsyncRpcClient::connect(address).await.unwrap();
        let mut tasks = JoinSet::new();
        for task in 0..4_u64 {
            let client = client.clone();
            tasks.spawn(async move {
                for turn in 0..1000 {
                    let number = task * 1000 + turn;
                    match (number * 7) % 11 {
                        0 => sleep(Duration::from_micros(200)).await,
                        1 => {
                            // Begun and given up.
                            let mut call = pin!(client.number_soon_or_later(number).call());
                            let _ = poll_once(call.as_mut()).await;
                        }
                        2 => {
                            let later = client.number_soon_or_later(number + 1).start().unwrap();
                            let now = client.number_soon_or_later(number).call().await;
                            assert_eq!(now.unwrap(), number);
                            assert_eq!(later.await.unwrap(), number + 1);
                        }
                        _ => {
                            let call = client.number_soon_or_later(number).call();
                            assert_eq!(call.await.unwrap(), number);
                        }
                    }
                }
            });
        }
        // Alone again when these have ended.
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        assert_eq!(client.number_soon_or_later(7).call().await.unwrap(), 7);
    });
}
