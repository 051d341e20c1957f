//! By HTTP a batch is one request, whatever becomes of its calls.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use examples::add;
use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::error::{IoErrorKind, Misuse};
use rpc_core::protocol::Limits;
use rpc_core::{Error, RpcClient, RpcServer, Stub, args, call, kwargs};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use tests::{Fake, HttpPeer, Model, after_ms, run, same, withdraw};

/// A server that answers requests in the way given, and all that it has been asked.
struct Answering {
    fake: Fake,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl Answering {
    /// Answers each request's calls with status and body.
    fn with(answer: impl Fn(&Value) -> (u16, String) + Send + 'static) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let received = Arc::clone(&requests);
        let fake = Fake::start_http(move |mut peer| {
            while let Some(request) = peer.receive_request() {
                let request: Value = serde_json::from_str(&request).unwrap();
                received.lock().unwrap().push(request.clone());
                let (status, body) = answer(&request);
                peer.respond(status, &body);
            }
        });
        Self { fake, requests }
    }

    /// Answers each call with its first argument.
    fn echoing() -> Self {
        Self::with(|request| {
            let reply = |call: &Value| json!({"jsonrpc": "2.0", "id": call["id"], "result": call["params"][0]});
            let replies = match request {
                Value::Array(calls) => calls.iter().map(reply).collect(),
                call => reply(call),
            };
            (200, replies.to_string())
        })
    }

    fn url(&self) -> String {
        format!("http://{}/", self.fake.address())
    }

    /// What has been asked since the last time.
    fn requests(&self) -> Vec<Value> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

fn builder() -> ClientBuilder {
    RpcClient::builder().connections(1)
}

#[test]
fn calls_of_every_kind_share_a_request() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let url = format!("http://{}/", server.address());
        let client = builder().connect(&url).unwrap();
        let (a, b, c, d) = client
            .batch(|calls| {
                (
                    calls.add(1, 2).call(),
                    call!(calls.add(1, 2, c = 3)),
                    calls.within(Duration::from_secs(9)).withdraw(60).call(),
                    // The server is asked for the names in between.
                    calls.call::<i64>("add", args![1, 2], kwargs! { c: 4 }),
                )
            })
            .unwrap();
        assert_eq!((a, b, c, d), (13, 6, 40, 7), "{model:?}");

        let error = client
            .batch(|calls| {
                (
                    calls.add(1, 2).call(),
                    calls.withdraw(101).call(),
                    calls.call::<i64>("ad", (), ()),
                )
            })
            .unwrap_err();
        assert_eq!(error.fault().unwrap().message(), "1 is missing", "{model:?}");
        drop(client);

        run(async {
            let client = builder().connect_async(&url).await.unwrap();
            let (a, b, c, d) = client
                .batch(|calls| {
                    (
                        calls.add(1, 2).call(),
                        call!(calls.add(1, 2, c = 3)),
                        calls.within(Duration::from_secs(9)).withdraw(60).call(),
                        calls.call::<i64>("add", args![1, 2], kwargs! { c: 4 }),
                    )
                })
                .await
                .unwrap();
            assert_eq!((a, b, c, d), (13, 6, 40, 7), "{model:?}");
            let outcome =
                client.batch(|calls| vec![calls.call::<i64>("ad", (), ()), calls.add(1, 2).call()]);
            let error = outcome.await.unwrap_err().to_string();
            assert!(error.contains("did you mean `add`?"), "{model:?}: {error}");
        });
    });
}

#[test]
fn a_batch_is_an_array_and_one_call_is_none() {
    let server = Answering::echoing();
    let client = builder().connect(server.url()).unwrap();
    let none = client.batch(|calls| (0..0).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>());
    assert_eq!(none.unwrap(), [0; 0]);
    assert!(server.requests().is_empty());

    let one = client.batch(|calls| calls.add(7, 0).call()).unwrap();
    assert_eq!((one, server.requests()[0]["method"].as_str()), (7, Some("add")));

    let two =
        client.batch(|calls| (calls.add(5, 0).call(), calls.same("x".into()).call())).unwrap();
    assert_eq!(two, (5, json!("x")));
    let [request] = &server.requests()[..] else { panic!("not one request") };
    let calls: Vec<_> = request.as_array().unwrap().iter().map(|call| &call["method"]).collect();
    assert_eq!(calls, ["add", "same"]);

    drop(client);
    run(async {
        let client = builder().connect_async(server.url()).await.unwrap();
        let none = client.batch(|calls| (0..0).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>());
        assert_eq!(none.await.unwrap(), [0; 0]);
        let one = client.batch(|calls| calls.add(7, 0).call()).await.unwrap();
        assert_eq!((one, server.requests().len()), (7, 1));
        // It may be made anywhere.
        let batch = tokio::spawn(async move {
            client.batch(|calls| (0..20).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>()).await
        });
        assert_eq!(batch.await.unwrap().unwrap(), (0..20).collect::<Vec<_>>());
        assert_eq!(server.requests()[0].as_array().unwrap().len(), 20);
    });
}

/// What becomes of three calls whose batch is answered so, `A`, `B` and `C` being their ids.
fn outcomes_of(status: u16, response: &'static str) -> [Result<i64, String>; 3] {
    let server = Answering::with(move |request| {
        let mut response = response.to_owned();
        for (name, call) in ["$A", "$B", "$C"].into_iter().zip(request.as_array().unwrap()) {
            response = response.replace(name, &call["id"].to_string());
        }
        (status, response)
    });
    let client = builder().connect(server.url()).unwrap();
    let mut outcomes = Vec::new();
    let none = client.batch(|calls| {
        let mut calls: Vec<_> = (0..3).map(|n| calls.add(n, 0).call().unwrap()).collect();
        while let Some(call) = calls.pop() {
            outcomes.insert(0, call.wait().map_err(|error: Error| error.to_string()));
        }
        calls.into_iter().map(Ok).collect::<Vec<Result<_, Error>>>()
    });
    assert_eq!(none.unwrap(), [0; 0]);
    drop(client);
    let together = run(async {
        let client = builder().connect_async(server.url()).await.unwrap();
        client.batch(|calls| (0..3).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>()).await
    });
    let together = together.map_err(|error| error.to_string());
    assert_eq!(together, outcomes.iter().cloned().collect(), "{response}");
    assert_eq!(server.requests().len(), 2);
    outcomes.try_into().unwrap()
}

#[test]
fn replies_find_their_calls_however_a_batch_is_answered() {
    let all = [Ok(1), Ok(2), Ok(3)];
    assert_eq!(
        outcomes_of(
            200,
            r#"[{"jsonrpc":"2.0","id":$A,"result":1},{"jsonrpc":"2.0","id":$B,"result":2},{"jsonrpc":"2.0","id":$C,"result":3}]"#
        ),
        all
    );
    // In any order and form, whatever the status, and none counts twice.
    assert_eq!(
        outcomes_of(
            500,
            r#" [ { "result" : 3 , "id" : $C } , {"id":99,"result":9}, {"jsonrpc":"2.0","id":$A,"result":1},
                {"jsonrpc":"2.0","id":$A,"result":7}, {"jsonrpc":"2.0","result":2,"id":$B} ] "#
        ),
        all
    );
    let [first, second, third] = outcomes_of(
        200,
        r#"[{"jsonrpc":"2.0","id":$C,"error":{"code":7,"message":"no luck"}},{"jsonrpc":"2.0","id":$A,"result":1}]"#,
    );
    assert_eq!((first, third), (Ok(1), Err("no luck (code 7)".to_owned())));
    assert!(second.unwrap_err().contains("the response to its batch has none to call"));
    // What could not be read is told without an id.
    let [first, second, third] = outcomes_of(
        200,
        r#"[{"jsonrpc":"2.0","id":$A,"result":1},{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"what?"}}]"#,
    );
    let refused = Err("what? (code -32600)".to_owned());
    assert_eq!((first, second, third), (Ok(1), refused.clone(), refused.clone()));
    // So is that the server takes no batches.
    let refusal = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"what?"}}"#;
    assert_eq!(outcomes_of(400, refusal), [refused.clone(), refused.clone(), refused]);
    for (status, response, said) in [
        (200, "[]", "has none to call"),
        (200, "not JSON", "200: not JSON"),
        (200, "[1]", "not a JSON object"),
        (200, "", "200"),
        (204, "", "204"),
        (502, "Bad Gateway", "Bad Gateway"),
        (200, "[{\"jsonrpc\":\"2.0\"", "JSON"),
    ] {
        for outcome in outcomes_of(status, response) {
            let error = outcome.unwrap_err();
            assert!(error.contains(said), "{status} {response}: {error}");
        }
    }
    // What was read before it breaks off has been said.
    let [first, second, _] =
        outcomes_of(200, r#"[{"jsonrpc":"2.0","id":$A,"result":1},{"jsonrpc":"2.0","id":$B,"#);
    assert!(first == Ok(1) && second.is_err(), "{first:?} {second:?}");
}

#[test]
fn more_than_a_request_takes_goes_in_several() {
    let server = Answering::echoing();
    let limits = Limits { max_message_bytes: 100_000, max_batch_calls: 30, ..Limits::default() };
    let sizes = |requests: Vec<Value>| -> Vec<usize> {
        let count = |request: &Value| request.as_array().map_or(1, Vec::len);
        assert!(
            requests.iter().all(|request| request.to_string().len() <= limits.max_message_bytes)
        );
        requests.iter().map(count).collect()
    };
    let text = |size| Value::from("x".repeat(size));
    let builder = builder().limits(limits);
    let client = builder.connect(server.url()).unwrap();
    let numbers = |n| (0..n).collect::<Vec<i64>>();
    let echoed = client.batch(|calls| (0..70).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>());
    assert_eq!((echoed.unwrap(), sizes(server.requests())), (numbers(70), vec![30, 30, 10]));
    // By their bytes: up to 64 KiB and the one that goes beyond, if that is within the limit.
    let texts = [30_000, 30_000, 30_000, 60_000, 60_000, 99_000, 5];
    let echoed = client.batch(|calls| {
        texts.map(|size| calls.same(text(size)).call()).into_iter().collect::<Vec<_>>()
    });
    assert_eq!(echoed.unwrap(), texts.map(text));
    let expected = [3, 1, 1, 1, 1];
    assert_eq!(sizes(server.requests()), expected);
    // What is too much by itself is refused, and the others are made.
    let mut after = Vec::new();
    let error = client
        .batch(|calls| {
            let before = calls.add(5, 0).call().unwrap();
            let refused = calls.same(text(100_000)).call();
            after.push(calls.add(6, 0).call().unwrap().wait().unwrap());
            after.push(before.wait().unwrap());
            refused
        })
        .unwrap_err();
    assert!(matches!(error, Error::Misuse(Misuse::CallTooLarge { limit: 100_000, .. })), "{error}");
    assert_eq!(after, [6, 5]);
    drop(client);
    server.requests();
    run(async {
        let client = builder.connect_async(server.url()).await.unwrap();
        let echoed =
            client.batch(|calls| (0..70).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>());
        assert_eq!(
            (echoed.await.unwrap(), sizes(server.requests())),
            (numbers(70), vec![30, 30, 10])
        );
        let echoed =
            client.batch(|calls| Vec::from(texts.map(|size| calls.same(text(size)).call())));
        let echoed: Vec<Value> = echoed.await.unwrap();
        assert_eq!((echoed, sizes(server.requests())), (texts.map(text).into(), expected.into()));
        let refused = client
            .batch(|calls| vec![calls.same(text(5)).call(), calls.same(text(100_000)).call()]);
        let error = refused.await.unwrap_err();
        assert!(matches!(error, Error::Misuse(Misuse::CallTooLarge { .. })), "{error}");
        assert_eq!(client.add(1, 0).call().await.unwrap(), 1);
        assert_eq!(server.requests().len(), 2);
    });
}

#[test]
fn in_a_dialect_without_batches_each_call_is_a_request() {
    let server = Answering::with(|call| {
        (200, json!({"res": call["method_args"][0], "id": call["id"]}).to_string())
    });
    let builder = builder().dialect(Dialect::Native);
    let client = builder.connect(server.url()).unwrap();
    let sums = client.batch(|calls| (0..5).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>());
    assert_eq!((sums.unwrap(), server.requests().len()), (vec![0, 1, 2, 3, 4], 5));
    drop(client);
    run(async {
        let client = builder.connect_async(server.url()).await.unwrap();
        let sums = client.batch(|calls| (0..5).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>());
        assert_eq!((sums.await.unwrap(), server.requests().len()), (vec![0, 1, 2, 3, 4], 5));
    });
}

#[test]
fn a_limit_of_no_calls_is_one_of_one() {
    let server = Answering::echoing();
    let builder = builder().limits(Limits { max_batch_calls: 0, ..Limits::default() });
    let client = builder.connect(server.url()).unwrap();
    let sums = client.batch(|calls| (calls.add(1, 0).call(), calls.add(2, 0).call()));
    assert_eq!((sums.unwrap(), server.requests().len()), ((1, 2), 2));
    drop(client);
    run(async {
        let client = builder.connect_async(server.url()).await.unwrap();
        let sums = client.batch(|calls| (calls.add(1, 0).call(), calls.add(2, 0).call()));
        assert_eq!((sums.await.unwrap(), server.requests().len()), ((1, 2), 2));
    });
}

#[test]
fn many_requests_are_answered_side_by_side() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let url = format!("http://{}/", server.address());
        let several = if model == Model::SingleThread { 1 } else { 6 };
        let builder = RpcClient::builder().connections(several);
        let client = builder.connect(&url).unwrap();
        let expected: Vec<_> = (0..5000).map(|n| n + 12).collect();
        let sums =
            client.batch(|calls| (0..5000).map(|n| calls.add(n, 2).call()).collect::<Vec<_>>());
        assert_eq!(sums.unwrap(), expected, "{model:?}");
        drop(client);
        run(async {
            let client = builder.connect_async(&url).await.unwrap();
            let sums =
                client.batch(|calls| (0..5000).map(|n| calls.add(n, 2).call()).collect::<Vec<_>>());
            assert_eq!(sums.await.unwrap(), expected, "{model:?}");
        });
    });
}

fn is_late(error: &Error) -> bool {
    let is_timeout =
        matches!(error, Error::Io(error) if matches!(error.kind(), IoErrorKind::TimedOut(_)));
    is_timeout && error.may_have_run()
}

#[test]
fn a_batch_is_given_up_with_the_last_of_its_calls() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let url = format!("http://{}/", server.address());
    let client = builder().connect(&url).unwrap();
    let begun = Instant::now();
    let late = client.batch(|calls| {
        let dropped = calls.add(1, 2).call();
        let hasty = calls.within(Duration::from_millis(50)).after_ms(400, 1).call().unwrap();
        let error = hasty.wait().unwrap_err();
        assert!(is_late(&error), "{error}");
        // The others are still waited for.
        drop(dropped);
        let _ = calls.after_ms(0, 7).call();
        calls.after_ms(0, 8).call()
    });
    assert_eq!(late.unwrap(), 8);
    assert!(begun.elapsed() < Duration::from_secs(20));
    let both = client.batch(|calls| {
        let calls = calls.within(Duration::from_millis(50));
        (calls.after_ms(1000, 1).call(), calls.after_ms(1000, 2).call())
    });
    assert!(is_late(&both.unwrap_err()));
    assert_eq!(call!(client.add(1, 2)).unwrap(), 13);
    drop(client);
    run(async {
        let client = builder().connect_async(&url).await.unwrap();
        let patience = Duration::from_millis(50);
        let batch = client.batch(|calls| {
            let calls = calls.within(patience);
            vec![calls.after_ms(1000, 1).call(), calls.after_ms(1000, 2).call()]
        });
        assert!(is_late(&batch.await.unwrap_err()));
        let batch = client.batch(|calls| (calls.add(1, 2).call(), calls.after_ms(1000, 2).call()));
        tokio::time::timeout(patience, batch).await.unwrap_err();
        assert_eq!(call!(client.add(1, 2)).await.unwrap(), 13);
    });
}

#[test]
fn what_cannot_be_written_takes_nothing_along() {
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("no such value")
        }
    }
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no such value"))
        }
    }
    let server = Answering::echoing();
    let client = builder().connect(server.url()).unwrap();
    let sums = client.batch(|calls| {
        let before = calls.add(1, 0).call();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            calls.call::<i64>("same", args![1, Panics], ()).map(drop)
        }));
        panicked.unwrap_err();
        let failed = calls.call::<i64>("same", args![1, Fails], ()).unwrap_err();
        assert!(failed.to_string().contains("no such value"), "{failed}");
        (before, calls.add(2, 0).call())
    });
    assert_eq!(sums.unwrap(), (1, 2));
    assert_eq!(server.requests().len(), 1);
    // A batch that ends in a panic is not sent, and the client lives on.
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        client.batch(|calls| {
            let call = calls.add(1, 0).call();
            assert!(call.is_err(), "before it is sent");
            call
        })
    }));
    panicked.unwrap_err();
    assert_eq!(client.add(3, 0).call().unwrap(), 3);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_lost_connection_is_told_to_every_call_of_a_batch() {
    let fake = Fake::start_http(|mut peer: HttpPeer| {
        peer.receive_request();
    });
    let url = format!("http://{}/", fake.address());
    let client = builder().connect(&url).unwrap();
    let mut told = 0;
    let lost = client.batch(|calls| {
        let started: Vec<_> = (0..3).map(|n| calls.add(n, 0).call().unwrap()).collect();
        for call in started {
            let error = call.wait().unwrap_err();
            assert!(error.may_have_run(), "{error}");
            told += 1;
        }
        Vec::from([calls.add(1, 0).call()])
    });
    assert!(lost.unwrap_err().may_have_run());
    assert_eq!(told, 3);
    drop(client);
    run(async {
        let client = builder().connect_async(&url).await.unwrap();
        let batch = client.batch(|calls| (calls.add(1, 0).call(), calls.add(2, 0).call()));
        assert!(batch.await.unwrap_err().may_have_run());
    });
}
