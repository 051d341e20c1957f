//! Credentials that are good for a while are asked for again when they are not any more, and calls go on.

#![allow(clippy::unwrap_used)]

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rpc_core::client::{AnyAsyncClient, AnyClient, ClientBuilder, Dialect};
use rpc_core::identity::{Credentials, Identity, Unauthenticated};
use rpc_core::protocol::code;
use rpc_core::server::{InMemory, ServerHandle};
use rpc_core::{CallContext, Error, JsonRpc, RpcClient, RpcServer, TcpServer, rpc_export};
use tests::{Doorman, Guarded, Model, run};
use tokio::task::JoinSet;

const CALLS: usize = 64;

/// Doubles a number.
#[rpc_export]
fn twice(n: usize) -> usize {
    2 * n
}

/// Who calls.
#[rpc_export]
fn caller(context: &CallContext) -> Option<String> {
    Some(context.identity()?.name().to_owned())
}

fn guarded(model: Model, doorman: &Arc<Doorman>) -> ServerHandle {
    model.start(TcpServer::new(JsonRpc::new(Guarded::new(doorman))))
}

/// Every kind of connection to a server that wants to know who calls, with values that it gives out.
fn ways(server: &ServerHandle, doorman: &Arc<Doorman>) -> Vec<(String, ClientBuilder, String)> {
    let address = server.address().to_string();
    let ways = [
        ("tcp", Dialect::Native),
        ("tcp", Dialect::NativeWithoutIds),
        ("tcp", Dialect::JsonRpc),
        ("ws", Dialect::JsonRpc),
        ("http", Dialect::Native),
        ("http", Dialect::JsonRpc),
        ("http", Dialect::XmlRpc),
    ];
    let way = |(scheme, dialect): (&str, Dialect)| {
        let doorman = Arc::clone(doorman);
        let builder = ClientBuilder::default().dialect(dialect);
        let builder = match scheme {
            // One way or the other.
            "ws" => builder.credentials_async(move || {
                let value = doorman.issue();
                async { Ok(value) }
            }),
            _ => builder.credentials(move || Ok(doorman.issue())),
        };
        (format!("{dialect:?} {scheme}"), builder, format!("{scheme}://{address}"))
    };
    ways.into_iter().map(way).collect()
}

#[test]
fn calls_in_flight_of_a_blocking_client_have_it_asked_once_for_all() {
    for model in Model::CONCURRENT {
        let doorman = Arc::default();
        let server = guarded(model, &doorman);
        for (way, builder, url) in ways(&server, &doorman) {
            let client = builder.connect(&url).unwrap();
            for _ in 0..3 {
                assert_eq!(client.twice(1).call().unwrap(), 2, "{way}");
                let before = doorman.issued();
                doorman.withdraw();
                let together = Barrier::new(CALLS);
                thread::scope(|scope| {
                    for n in 0..CALLS {
                        let (client, together, way) = (&client, &together, &way);
                        scope.spawn(move || {
                            together.wait();
                            assert_eq!(client.twice(n).call().unwrap(), 2 * n, "{way}");
                        });
                    }
                });
                assert_eq!(doorman.issued() - before, 1, "{way} {model:?}");
            }
        }
    }
}

#[test]
fn calls_in_flight_of_an_asynchronous_client_have_it_asked_once_for_all() {
    for model in Model::CONCURRENT {
        let doorman = Arc::default();
        let server = guarded(model, &doorman);
        for (way, builder, url) in ways(&server, &doorman) {
            run(async {
                let client = builder.connect_async(&url).await.unwrap();
                for _ in 0..3 {
                    assert_eq!(client.twice(1).call().await.unwrap(), 2, "{way}");
                    let before = doorman.issued();
                    doorman.withdraw();
                    let mut calls = JoinSet::new();
                    for n in 0..CALLS {
                        let call = client.twice(n).call();
                        calls.spawn(async move { (n, call.await) });
                    }
                    while let Some(called) = calls.join_next().await {
                        let (n, called) = called.unwrap();
                        assert_eq!(called.unwrap(), 2 * n, "{way}");
                    }
                    assert_eq!(doorman.issued() - before, 1, "{way} {model:?}");
                }
            });
        }
    }
}

#[test]
fn every_form_of_a_call_is_made_again() {
    let doorman = Arc::default();
    let server = guarded(Model::ThreadPerConnection, &doorman);
    for (way, builder, url) in ways(&server, &doorman) {
        let client = builder.connections(4).connect(&url).unwrap();
        let batch =
            || client.batch(|calls| (0..CALLS).map(|n| calls.twice(n).call()).collect::<Vec<_>>());
        let even: Vec<_> = (0..CALLS).map(|n| 2 * n).collect();
        assert_eq!(batch().unwrap(), even, "{way}");
        let before = doorman.issued();
        doorman.withdraw();
        assert_eq!(batch().unwrap(), even, "{way}");
        assert_eq!(doorman.issued() - before, 1, "{way}");

        doorman.withdraw();
        assert_eq!(client.twice(4).start().unwrap().wait().unwrap(), 8, "{way}");
        doorman.withdraw();
        let burst = client.burst();
        let calls: Vec<_> = (0..9).map(|n| client.twice(n).start().unwrap()).collect();
        drop(burst);
        let called: Vec<_> = calls.into_iter().rev().map(|call| call.wait().unwrap()).collect();
        assert_eq!(called, [16, 14, 12, 10, 8, 6, 4, 2, 0], "{way}");
        doorman.withdraw();
        assert_eq!(AnyClient::new(client.clone()).twice(4).call().unwrap(), 8, "{way}");
        doorman.withdraw();
        client.twice(4).notify().unwrap();
        assert_eq!(client.twice(4).call().unwrap(), 8, "{way}");
    }
}

#[test]
fn every_form_of_an_asynchronous_call_is_made_again() {
    let doorman = Arc::default();
    let server = guarded(Model::EventLoop, &doorman);
    for (way, builder, url) in ways(&server, &doorman) {
        run(async {
            let client = builder.connect_async(&url).await.unwrap();
            let batch = || {
                client.batch(|calls| (0..CALLS).map(|n| calls.twice(n).call()).collect::<Vec<_>>())
            };
            let even: Vec<_> = (0..CALLS).map(|n| 2 * n).collect();
            assert_eq!(batch().await.unwrap(), even, "{way}");
            let before = doorman.issued();
            doorman.withdraw();
            assert_eq!(batch().await.unwrap(), even, "{way}");
            assert_eq!(doorman.issued() - before, 1, "{way}");

            doorman.withdraw();
            assert_eq!(client.twice(4).start().unwrap().await.unwrap(), 8, "{way}");
            doorman.withdraw();
            let any = AnyAsyncClient::new(client.clone());
            assert_eq!(any.twice(4).call().await.unwrap(), 8, "{way}");
            doorman.withdraw();
            client.twice(4).notify().await.unwrap();
            assert_eq!(client.twice(4).call().await.unwrap(), 8, "{way}");
        });
    }
}

#[test]
fn a_connection_for_each_call_says_so_each_time() {
    let doorman = Arc::default();
    let server = guarded(Model::ThreadPerConnection, &doorman);
    let given = Arc::clone(&doorman);
    let builder = RpcClient::builder().one_call_per_connection();
    let client = builder.credentials(move || Ok(given.issue())).connect(server.address()).unwrap();
    for n in 1..4 {
        assert_eq!(client.twice(n).call().unwrap(), 2 * n);
        assert_eq!((doorman.issued(), doorman.greetings()), (n, n));
        doorman.withdraw();
    }
}

#[test]
fn a_token_that_stays_the_same_is_not_said_again() {
    let doorman = Arc::<Doorman>::default();
    let token = doorman.issue().replace("Bearer ", "");
    let memory = InMemory::new(JsonRpc::new(Guarded::new(&doorman)));
    let client = RpcClient::builder().bearer(token).connect_over(memory).unwrap();
    assert_eq!(client.twice(1).call().unwrap(), 2);
    doorman.withdraw();
    let error = client.twice(1).call().unwrap_err();
    assert_eq!((error.code(), error.may_have_run()), (Some(code::UNAUTHENTICATED), false));
    assert_eq!(doorman.greetings(), 1);
}

#[test]
fn a_function_that_fails_fails_all_calls_that_wait_for_it_and_is_asked_again_later() {
    let doorman = Arc::<Doorman>::default();
    let server = guarded(Model::ThreadPerConnection, &doorman);
    for scheme in ["tcp", "http"] {
        let (given, asked) = (Arc::clone(&doorman), Arc::<AtomicUsize>::default());
        let count = Arc::clone(&asked);
        let builder =
            RpcClient::builder().credentials(move || match count.fetch_add(1, Ordering::SeqCst) {
                1 => Err(io::Error::other("the vault is shut")),
                _ => Ok(given.issue()),
            });
        let client = builder.connect(format!("{scheme}://{}", server.address())).unwrap();
        assert_eq!(client.twice(1).call().unwrap(), 2);
        doorman.withdraw();
        let outcomes = client
            .batch_outcomes(|calls| (0..9).map(|n| calls.twice(n).call()).collect::<Vec<_>>());
        for outcome in outcomes {
            let error = outcome.unwrap_err();
            assert!(error.to_string().contains("the vault is shut") && !error.may_have_run());
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!(client.twice(1).call().unwrap(), 2);
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }
}

#[test]
fn a_client_greets_a_server_that_was_restarted() {
    let doorman = Arc::<Doorman>::default();
    let mut server = guarded(Model::ThreadPerConnection, &doorman);
    let given = Arc::clone(&doorman);
    let builder = RpcClient::builder().credentials(move || Ok(given.issue()));
    let address = server.address().clone();
    let client = builder.connect(&address).unwrap();
    let asynchronous = run(async { builder.connect_async(&address).await.is_ok() });
    assert!(asynchronous);
    for round in 0..3 {
        assert_eq!(client.twice(round).call().unwrap(), 2 * round);
        let greetings = doorman.greetings();
        server.stop();
        server.wait().unwrap();
        doorman.withdraw();
        let again = TcpServer::new(JsonRpc::new(Guarded::new(&doorman)));
        server = Model::ThreadPerConnection.start_at(&address, again).unwrap();
        assert_eq!(client.twice(round).call().unwrap(), 2 * round);
        assert_eq!(doorman.greetings(), greetings + 1);
    }
}

#[test]
fn tokens_that_expire_are_renewed_at_a_server_of_ours() {
    for model in Model::CONCURRENT {
        let server = model.start(RpcServer::exported().authenticate(|shown: &Credentials<'_>| {
            match shown.bearer() {
                Some(token) if token.starts_with("s3cret") => {
                    let soon = SystemTime::now() + Duration::from_millis(20);
                    Ok(Identity::new("ada").expires_at(soon))
                }
                _ => Err(Unauthenticated::new("no such token")),
            }
        }));
        for scheme in ["tcp", "ws", "http"] {
            let url = format!("{scheme}://{}", server.address());
            let asked = Arc::<AtomicUsize>::default();
            let count = Arc::clone(&asked);
            let builder = RpcClient::builder().credentials(move || {
                Ok(format!("Bearer s3cret-{}", count.fetch_add(1, Ordering::SeqCst)))
            });
            let goes_on = |begun: Instant| {
                let enough = asked.load(Ordering::SeqCst) >= 4 || scheme == "http";
                assert!(begun.elapsed() < Duration::from_secs(30));
                !enough
            };
            let client = builder.connect(&url).unwrap();
            let begun = Instant::now();
            while goes_on(begun) {
                assert_eq!(client.caller().call().unwrap().as_deref(), Some("ada"), "{url}");
            }
            asked.store(0, Ordering::SeqCst);
            run(async {
                let client = builder.connect_async(&url).await.unwrap();
                let begun = Instant::now();
                while goes_on(begun) {
                    assert_eq!(client.caller().call().await.unwrap().as_deref(), Some("ada"));
                }
            });
            let wrong = RpcClient::builder().bearer("wrong").connect(&url);
            let error: Error = wrong.and_then(|client| client.caller().call()).unwrap_err();
            assert_eq!(error.code(), Some(code::UNAUTHENTICATED), "{url}: {error}");
        }
    }
}
