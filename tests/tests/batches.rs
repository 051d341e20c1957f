//! A batch leaves in one write and comes back together, whatever becomes of its calls.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rpc_core::client::{Dialect, OutcomeOf, Pipelined};
use rpc_core::protocol::code;
use rpc_core::{
    CallError, Error, FunctionRegistry, RpcClient, RpcServer, State, Stub, args, call, kwargs,
    rpc_export,
};
use tests::{Model, run};

/// Squares.
#[rpc_export]
fn square(n: i64) -> i64 {
    n * n
}

/// Counts its calls and fails.
#[rpc_export]
fn decline(count: State<AtomicU64>, reason: &str) -> Result<i64, String> {
    count.fetch_add(1, Ordering::Relaxed);
    Err(reason.to_owned())
}

/// Tells how many calls there were.
#[rpc_export]
fn declined(count: State<AtomicU64>) -> u64 {
    count.load(Ordering::Relaxed)
}

/// Squares later.
#[rpc_export]
async fn square_later(n: i64) -> i64 {
    std::future::ready(n).await * n
}

fn server(model: Model) -> (rpc_core::server::ServerHandle, RpcClient) {
    let mut registry = FunctionRegistry::exported();
    registry.share(AtomicU64::new(0));
    let server = model.start(RpcServer::of(registry));
    let client = RpcClient::connect(server.address()).unwrap();
    (server, client)
}

#[test]
fn calls_of_every_kind_share_a_batch() {
    for model in Model::ALL {
        let (_server, client) = server(model);
        let (a, b, c, d) = client
            .batch(|calls| {
                (
                    calls.square(3).call(),
                    call!(calls.square_later(n = 4)),
                    calls.at("math").weigh_by_name(),
                    calls.call::<u64>("declined", args![], ()),
                )
            })
            .unwrap();
        assert_eq!((a, b, c, d), (9, 16, 123, 0));
    }
}

/// The ways that a batch may travel.
fn ways(address: &str) -> [(String, Dialect); 6] {
    [
        (address.to_owned(), Dialect::Native),
        (address.to_owned(), Dialect::JsonRpc),
        (format!("http://{address}/"), Dialect::Native),
        (format!("http://{address}/"), Dialect::JsonRpc),
        (format!("http://{address}/"), Dialect::XmlRpc),
        (format!("ws://{address}/"), Dialect::JsonRpc),
    ]
}

/// Calls a function of another crate by name.
trait WeighByName: Stub {
    fn weigh_by_name(&self) -> OutcomeOf<Self, i64> {
        self.call("weigh", args![1, 2], ())
    }
}

impl<S: Stub> WeighByName for S {}

#[test]
fn many_calls_share_a_batch() {
    for model in Model::ALL {
        let (_server, client) = server(model);
        let squares =
            client.batch(|calls| (0..1000).map(|n| calls.square(n).call()).collect::<Vec<_>>());
        assert_eq!(squares.unwrap(), (0..1000).map(|n| n * n).collect::<Vec<_>>());
    }
}

#[test]
fn the_first_error_is_returned_after_every_call_has_run() {
    for model in Model::ALL {
        let (_server, client) = server(model);
        let error = client
            .batch(|calls| {
                (
                    calls.square(1).call(),
                    calls.decline("first").call(),
                    calls.call::<i64>("no_such_function", (), ()),
                    calls.decline("second").call(),
                )
            })
            .unwrap_err();
        assert_eq!(error.fault().unwrap().message(), "first");
        assert_eq!(client.declined().call().unwrap(), 2);
    }
}

#[test]
fn an_asynchronous_batch_is_the_same_whatever_it_travels_by() {
    for model in Model::ALL {
        let (server, client) = server(model);
        // Some servers serve one connection at a time.
        drop(client);
        let address = server.address().to_string();
        for (way, (url, dialect)) in (1..).zip(ways(&address)) {
            run(async {
                let builder = RpcClient::builder().dialect(dialect).connections(1);
                let client = builder.connect_async(&url).await.unwrap();
                let (a, b, c, d) = client
                    .batch(|calls| {
                        (
                            calls.square(3).call(),
                            call!(calls.square_later(n = 4)),
                            // Of a batch, or with names that are asked for first, or alone.
                            vec![
                                calls.square(5).call(),
                                calls.call("math.weigh", args![1], kwargs! { b: 2 }),
                            ],
                            calls.square(6).notify(),
                        )
                    })
                    .await
                    .unwrap();
                assert_eq!((a, b, c, d), (9, 16, vec![25, 123], ()), "{url}, {dialect:?}");
                let squares = client
                    .batch(|calls| (0..200).map(|n| calls.square(n).call()).collect::<Vec<_>>())
                    .await;
                assert_eq!(squares.unwrap(), (0..200).map(|n| n * n).collect::<Vec<_>>());
                let outcome = client.batch(|calls| {
                    (calls.square(1).call(), calls.decline("a").call(), calls.decline("b").call())
                });
                let error = outcome.await.unwrap_err();
                assert_eq!(error.fault().unwrap().message(), "a", "{url}, {dialect:?}");
                assert_eq!(client.declined().call().await.unwrap(), 2 * way);
                let none = client
                    .batch(|calls| (0..0).map(|n| calls.square(n).call()).collect::<Vec<_>>());
                assert_eq!(none.await.unwrap(), [0; 0]);
            });
        }
        drop(server);
        run(async {
            let builder = RpcClient::builder().connect_timeout(Duration::from_millis(50));
            let client = builder.connect_async(format!("http://{address}/")).await.unwrap();
            let lost = client.batch(|calls| (calls.square(1).call(), calls.square(2).call()));
            assert!(matches!(lost.await, Err(Error::Io(_))));
        });
    }
}

#[test]
fn each_call_has_an_outcome_of_its_own() {
    for model in Model::ALL {
        let (server, client) = server(model);
        drop(client);
        let address = server.address().to_string();
        for (url, dialect) in ways(&address) {
            let builder = RpcClient::builder().dialect(dialect).connections(1);
            let client = builder.connect(&url).unwrap();
            let (square, declined, unknown, squares) = client.batch_outcomes(|calls| {
                (
                    calls.square(3).call(),
                    calls.decline("no").call(),
                    calls.call::<i64>("no_such_function", (), ()),
                    vec![calls.square(4).call(), calls.call("square", args!["four"], ())],
                )
            });
            assert_outcomes(square, declined, unknown, squares, (&url, dialect));
            drop(client);
            run(async {
                let client = builder.connect_async(&url).await.unwrap();
                let calls = client.batch_outcomes(|calls| {
                    (
                        calls.square(3).call(),
                        calls.decline("no").call(),
                        calls.call::<i64>("no_such_function", (), ()),
                        vec![calls.square(4).call(), calls.call("square", args!["four"], ())],
                    )
                });
                let (square, declined, unknown, squares) = calls.await;
                assert_outcomes(square, declined, unknown, squares, (&url, dialect));
            });
        }
    }
}

fn assert_outcomes(
    square: Result<i64, Error>,
    declined: Result<i64, CallError<String>>,
    unknown: Result<i64, Error>,
    squares: Vec<Result<i64, Error>>,
    (way, dialect): (&str, Dialect),
) {
    assert_eq!(square.unwrap(), 9, "{way}");
    // A fault of XML-RPC has no place for an error of a function's own.
    match declined.unwrap_err() {
        CallError::Function(why) => assert!(why == "no" && dialect != Dialect::XmlRpc, "{way}"),
        CallError::Rpc(error) => {
            assert_eq!(error.fault().unwrap().message(), "no", "{way}");
            assert_eq!(dialect, Dialect::XmlRpc, "{way}");
        }
    }
    let unknown = unknown.unwrap_err();
    assert!(unknown.fault().unwrap().code() == code::METHOD_NOT_FOUND, "{way}: {unknown}");
    let [Ok(16), Err(wrong)] = &squares[..] else { panic!("{way}: {squares:?}") };
    assert!(wrong.fault().unwrap().code() == code::INVALID_PARAMS, "{way}: {wrong}");
}

#[test]
fn a_batch_may_be_empty() {
    let (_server, client) = server(Model::ThreadPerConnection);
    let none = client.batch(|calls| (0..0).map(|n| calls.square(n).call()).collect::<Vec<_>>());
    assert_eq!(none.unwrap(), Vec::<i64>::new());
    assert_eq!(client.square(2).call().unwrap(), 4);
}

#[test]
fn calls_are_started_behind_a_prefix_too() {
    fn start<S: Pipelined>(client: &S) -> S::Pending<i64, Error> {
        client.square(5).start().unwrap()
    }
    let (_server, client) = server(Model::ThreadPerConnection);
    assert_eq!(start(&client).wait().unwrap(), 25);
    let refusal = client.at("nowhere").square(5).start().unwrap().wait().unwrap_err();
    assert!(refusal.to_string().contains("nowhere.square"), "{refusal}");
}
