//! The asynchronous client replaces connections that are lost, and tells the truth about the calls
//! that were on them.

#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use examples::add;
use rpc_core::client::ConnectionState;
use rpc_core::error::IoErrorKind;
use rpc_core::protocol::Framing;
use rpc_core::transport::Address;
use rpc_core::{AsyncRpcClient, Error, RpcServer, Stub, rpc_export};
use tests::{Fake, Model, run, same};
use tokio::time::sleep;

/// Answers with the number; may be run twice.
#[rpc_export(idempotent)]
fn number(n: u64) -> u64 {
    n
}

fn is_kind(error: &Error, expected: IoErrorKind) -> bool {
    matches!(error, Error::Io(error) if error.kind() == expected)
}

#[test]
fn a_call_waits_while_the_server_is_restarted_and_states_are_told() {
    for model in Model::CONCURRENT {
        let states = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&states);
        let server = model.start(RpcServer::exported());
        let address = server.address();
        run(async {
            let builder = AsyncRpcClient::builder()
                .on_state_change(move |state| told.lock().unwrap().push(state));
            let client = builder.connect_async(&address).await.unwrap();
            assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
            server.stop();
            server.wait().unwrap();
            let restarting = thread::spawn(move || {
                thread::sleep(Duration::from_millis(300));
                model_at(model, &address)
            });
            // The loss has been noticed by now, and the address is tried again and again.
            sleep(Duration::from_millis(50)).await;
            assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
            drop(restarting.join().unwrap());
        });
        let expected =
            [ConnectionState::Connected, ConnectionState::Disconnected, ConnectionState::Connected];
        assert_eq!(*states.lock().unwrap(), expected, "{model:?}");
    }
}

fn model_at(model: Model, address: &Address) -> rpc_core::server::ServerHandle {
    match model {
        Model::EventLoop => {
            RpcServer::exported().start_with(address, rpc_core::server::EventLoop::default())
        }
        _ => RpcServer::exported().start(address),
    }
    .unwrap()
}

#[test]
fn calls_in_flight_when_the_connection_is_cut_fail_once_each_and_may_have_run() {
    let mut connections = 0;
    let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
        connections += 1;
        if connections > 1 {
            return peer.echo_all();
        }
        for _ in 0..20 {
            peer.receive_call().unwrap();
        }
    });
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let calls: Vec<_> = (0..20_u64).map(|n| client.same(n.into()).start().unwrap()).collect();
        for call in calls {
            let error = call.await.unwrap_err();
            assert!(is_kind(&error, IoErrorKind::Lost) && error.may_have_run(), "{error}");
        }
        assert_eq!(client.call::<u64>("same", [5], ()).await.unwrap(), 5);
    });
}

#[test]
fn only_an_idempotent_call_is_sent_again() {
    let received = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&received);
    let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
        // Two connections of three are cut without an answer.
        while let Some(call) = peer.receive_call() {
            if count.fetch_add(1, Ordering::SeqCst) % 3 != 2 {
                return;
            }
            peer.echo(&call);
        }
    });
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        assert_eq!(client.number(7).call().await.unwrap(), 7);
        assert_eq!(received.load(Ordering::SeqCst), 3);
        let error = client.same(7.into()).call().await.unwrap_err();
        assert!(is_kind(&error, IoErrorKind::Lost) && error.may_have_run(), "{error}");
        assert_eq!(received.load(Ordering::SeqCst), 4);
    });
}

#[test]
fn a_repeated_call_whose_first_try_may_have_run_never_says_it_has_not() {
    let (ready, address) = channel();
    let server = thread::spawn(move || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        ready.send(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        // The call comes, then both the connection and the port are gone.
        stream.peek(&mut [0]).unwrap();
    });
    let address = address.recv().unwrap();
    run(async {
        let builder = AsyncRpcClient::builder().connect_timeout(Duration::from_millis(300));
        let client = builder.connect_async(&address).await.unwrap();
        let error = client.number(7).call().await.unwrap_err();
        assert!(error.may_have_run(), "{error}");
        // A call that was never sent says so.
        let error = client.number(7).call().await.unwrap_err();
        assert!(is_kind(&error, IoErrorKind::Connect) && !error.may_have_run(), "{error}");
    });
    server.join().unwrap();
}

/// A client that tries for a minute to connect.
async fn persistent(address: &Address) -> AsyncRpcClient {
    let builder = AsyncRpcClient::builder().connect_timeout(Duration::from_secs(60));
    builder.connect_async(address).await.unwrap()
}

#[test]
fn connecting_takes_no_longer_than_the_call_may() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let address = server.address();
    run(async {
        let client = persistent(&address).await;
        drop(server);
        let begun = Instant::now();
        let error = client.within(Duration::from_millis(200)).add(1, 2).call().await.unwrap_err();
        assert!(!error.may_have_run(), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_caller_that_is_not_polled_holds_up_no_other_while_a_connection_is_made() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let address = server.address();
    run(async {
        let client = persistent(&address).await;
        drop(server);
        sleep(Duration::from_millis(50)).await;
        let mut idle = std::pin::pin!(client.add(1, 2).call());
        // It begins to connect, and is then left alone.
        std::future::poll_fn(|task| {
            let _ = idle.as_mut().poll(task);
            std::task::Poll::Ready(())
        })
        .await;
        let _server = model_at(Model::EventLoop, &address);
        let other = client.add(3, 4).call();
        let other = tokio::time::timeout(Duration::from_secs(20), other).await;
        assert_eq!(other.expect("in time").unwrap(), 17);
        assert_eq!(idle.await.unwrap(), 13);
    });
}
