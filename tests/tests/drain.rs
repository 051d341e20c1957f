//! A server that stops under load loses no call, and its clients leave it by themselves.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::error::IoErrorKind;
use rpc_core::transport::Address;
use rpc_core::{AsyncRpcClient, Error, FunctionRegistry, RpcClient, RpcServer, State, rpc_export};
use tests::{Model, run};
use tokio::task::JoinSet;

/// Counts its calls.
#[rpc_export]
fn count(counter: State<Arc<AtomicU64>>) -> u64 {
    counter.fetch_add(1, Ordering::SeqCst)
}

/// The end of a caller: how many of its calls were answered.
fn assert_refused(error: &Error) {
    let is_connect = matches!(error, Error::Io(error) if error.kind() == IoErrorKind::Connect);
    assert!(is_connect && !error.may_have_run(), "{error}");
}

fn call_blocking(client: RpcClient) -> u64 {
    let mut answered = 0;
    loop {
        match client.count().call() {
            Ok(_) => answered += 1,
            Err(error) => {
                assert_refused(&error);
                return answered;
            }
        }
    }
}

async fn call_without_blocking(client: AsyncRpcClient) -> u64 {
    let mut answered = 0;
    loop {
        match client.count().call().await {
            Ok(_) => answered += 1,
            Err(error) => {
                assert_refused(&error);
                return answered;
            }
        }
    }
}

/// Stops a server while `load` calls it, and compares what was answered with what has run.
fn stop_under(model: Model, load: impl FnOnce(Address) -> u64 + Send) {
    let counter = Arc::new(AtomicU64::new(0));
    let mut registry = FunctionRegistry::exported();
    registry.share(Arc::clone(&counter));
    let server = model.start(RpcServer::of(registry));
    let address = server.address();
    let answered = thread::scope(|scope| {
        let calling = scope.spawn(move || load(address));
        while counter.load(Ordering::SeqCst) < 500 {
            thread::sleep(Duration::from_millis(1));
        }
        let begun = Instant::now();
        server.stop();
        server.wait().unwrap();
        let took = begun.elapsed();
        // Far below the stop timeout: nobody had to be thrown out.
        assert!(took < Duration::from_secs(15), "{model:?}: {took:?}");
        calling.join().unwrap()
    });
    assert_eq!(answered, counter.load(Ordering::SeqCst), "{model:?}");
}

#[test]
fn every_call_of_a_blocking_client_is_answered_or_has_not_run() {
    Model::each(|model| {
        stop_under(model, |address| {
            // All are connected before the first calls: the server is stopped soon after that. Where
            // one is served at a time, the others are connected and wait to be accepted.
            let builder = RpcClient::builder().connect_timeout(Duration::from_millis(100));
            let clients: Vec<_> = (0..8).map(|_| builder.connect(&address).unwrap()).collect();
            thread::scope(|scope| {
                let calling: Vec<_> = clients
                    .into_iter()
                    .map(|client| scope.spawn(move || call_blocking(client)))
                    .collect();
                calling.into_iter().map(|calling| calling.join().unwrap()).sum()
            })
        });
    });
}

/// Elsewhere a connection may be made between the moment at which all have been accepted and that at
/// which the port is closed.
#[cfg(target_os = "linux")]
#[test]
fn every_call_over_a_connection_of_its_own_is_answered_or_has_not_run() {
    Model::each(|model| {
        for _ in 0..10 {
            stop_under(model, |address| {
                let builder = RpcClient::builder().connect_timeout(Duration::from_millis(100));
                let answered = AtomicU64::new(0);
                thread::scope(|scope| {
                    for _ in 0..4 {
                        scope.spawn(|| {
                            while let Ok(client) = builder.connect(&address) {
                                client.count().call().unwrap();
                                answered.fetch_add(1, Ordering::SeqCst);
                            }
                        });
                    }
                });
                answered.into_inner()
            });
        }
    });
}

#[test]
fn every_call_of_an_asynchronous_client_is_answered_or_has_not_run() {
    Model::each(|model| {
        stop_under(model, |address| {
            run(async {
                let builder = AsyncRpcClient::builder().connect_timeout(Duration::from_millis(100));
                let client = builder.connect_async(address).await.unwrap();
                let mut tasks = JoinSet::new();
                for _ in 0..8 {
                    tasks.spawn(call_without_blocking(client.clone()));
                }
                let mut answered = 0;
                while let Some(ended) = tasks.join_next().await {
                    answered += ended.unwrap();
                }
                answered
            })
        });
    });
}
