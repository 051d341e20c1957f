//! Both clients call servers that others wrote, by HTTP in whichever way those answer.

#![allow(clippy::unwrap_used)]

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use examples::add;
use rpc_core::client::ClientBuilder;
use rpc_core::error::IoErrorKind;
use rpc_core::protocol::{Framing, Limits, ProtocolError, code};
use rpc_core::{AsyncRpcClient, Error, RpcClient, Stub, args, call, kwargs};
use tests::{Fake, Running, after_ms, python, run, same, until};
use tokio::time::{sleep, timeout};

/// A server in Python that speaks HTTP of this version.
struct Python {
    _running: Running,
    port: String,
}

impl Python {
    fn start(version: &str) -> Option<Self> {
        let mut running = Running::start(python("http_server.py")?.arg(version));
        let port = running.line();
        Some(Self { _running: running, port })
    }

    /// The URL of one of its ways to answer.
    fn url(&self, way: &str) -> String {
        format!("http://127.0.0.1:{}/{way}", self.port)
    }

    fn client(&self, way: &str) -> RpcClient {
        RpcClient::connect(self.url(way)).unwrap()
    }
}

const VERSIONS: [&str; 2] = ["HTTP/1.0", "HTTP/1.1"];
const WAYS: [&str; 6] = ["length", "close", "interim", "status/200", "status/500", "status/201"];

/// How many connections and calls the server has had.
fn counts(client: &RpcClient) -> [u64; 2] {
    client.call("counts", args![], kwargs! {}).unwrap()
}

fn http_error(error: Error) -> (u16, String) {
    let Error::Protocol(error) = &error else { panic!("{error:?}") };
    match error.cause() {
        ProtocolError::Http { status, said, .. } => (*status, said.clone()),
        other => panic!("{other:?}"),
    }
}

fn is_too_large(error: &Error) -> bool {
    let Error::Protocol(error) = error else { return false };
    matches!(error.cause(), ProtocolError::TooLarge { .. })
}

#[test]
fn replies_are_understood_however_they_come() {
    for version in VERSIONS {
        let Some(server) = Python::start(version) else { return };
        // Chunks came with the later version.
        let chunked = ["chunked"].into_iter().filter(|_| version == "HTTP/1.1");
        for way in WAYS.into_iter().chain(chunked) {
            let client = server.client(way);
            for _ in 0..3 {
                assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6, "{version}, {way}");
                let text = "Grüß 🦀 ".repeat(10_000);
                let same = client.same(text.clone().into()).call();
                assert!(
                    same.as_ref().is_ok_and(|same| *same == text),
                    "{version}, {way}: {same:?}"
                );
            }
            let error = client.call::<i64>("multiply", args![1, 2], kwargs! {}).unwrap_err();
            let fault = error.fault().unwrap();
            assert_eq!((fault.code(), fault.message()), (code::METHOD_NOT_FOUND, "no 'multiply'"));

            run(async {
                let client = AsyncRpcClient::connect(server.url(way)).await.unwrap();
                for _ in 0..3 {
                    let sum = call!(client.add(1, 2, c = 3)).await.unwrap();
                    assert_eq!(sum, 6, "{version}, {way}");
                }
                let text = "Grüß 🦀 ".repeat(10_000);
                assert_eq!(client.same(text.clone().into()).call().await.unwrap(), text);
                client.call::<i64>("multiply", args![1, 2], kwargs! {}).await.unwrap_err();
            });
        }
    }
}

#[test]
fn a_connection_is_kept_for_the_next_call_where_the_server_lets_it() {
    let Some(server) = Python::start("HTTP/1.1") else { return };
    let client = server.client("length");
    for calls in 1..=5 {
        assert_eq!(counts(&client), [1, calls]);
    }
    // One that the server has ended meanwhile is seen to be, before it is used.
    let client = server.client("hang-up");
    run(async {
        let asynchronous = AsyncRpcClient::connect(server.url("hang-up")).await.unwrap();
        let watch = server.client("length");
        for n in 0..20 {
            assert_eq!(client.add(n, 2).call().unwrap(), n + 12);
            assert_eq!(asynchronous.add(n, 2).call().await.unwrap(), n + 12);
            until("both connections have ended", || {
                let ended: i64 = watch.call("ended", args![], kwargs! {}).unwrap();
                ended == 2 * (n + 1)
            });
        }
    });
}

#[test]
fn threads_and_tasks_that_call_side_by_side_have_connections_of_their_own() {
    let Some(server) = Python::start("HTTP/1.1") else { return };
    let begun = Instant::now();
    let client = server.client("length");
    std::thread::scope(|scope| {
        for n in 0..8 {
            let client = &client;
            scope.spawn(move || assert_eq!(client.after_ms(1000, n).call().unwrap(), n));
        }
    });
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    let [connections, _] = counts(&client);
    assert_eq!(connections, 8, "one of them was used again");

    run(async {
        let builder = AsyncRpcClient::builder().connections(3);
        let client = builder.connect_async(server.url("length")).await.unwrap();
        let calls: Vec<_> = (0..50).map(|n| tokio::spawn(client.after_ms(1, n).call())).collect();
        for (n, call) in (0..).zip(calls) {
            assert_eq!(call.await.unwrap().unwrap(), n);
        }
        let [after, _] = client.call::<[u64; 2]>("counts", args![], kwargs! {}).await.unwrap();
        assert_eq!(after - connections, 3);
    });
}

#[test]
fn calls_that_were_started_are_answered_in_whatever_order_they_are_waited_for() {
    for version in VERSIONS {
        let Some(server) = Python::start(version) else { return };
        let client = server.client("length");
        let mut calls: Vec<_> = (0..20).map(|n| client.add(n, 1).c(0).start().unwrap()).collect();
        calls.reverse();
        let sums: Vec<_> = calls.into_iter().map(|call| call.wait().unwrap()).collect();
        assert_eq!(sums, (1..=20).rev().collect::<Vec<_>>());

        let sums =
            client.batch(|calls| (0..20).map(|n| calls.add(n, 1).call()).collect::<Vec<_>>());
        assert_eq!(sums.unwrap(), (11..=30).collect::<Vec<_>>());
        let burst = client.burst();
        let call = client.add(1, 2).start().unwrap();
        drop(burst);
        assert_eq!(call.wait().unwrap(), 13);

        run(async {
            let client = AsyncRpcClient::connect(server.url("length")).await.unwrap();
            let calls: Vec<_> = (0..20).map(|n| client.add(n, 1).start().unwrap()).collect();
            for (n, call) in (11..).zip(calls).collect::<Vec<_>>().into_iter().rev() {
                assert_eq!(call.await.unwrap(), n);
            }
        });
    }
}

#[test]
fn notifications_are_made_and_not_answered() {
    for version in VERSIONS {
        let Some(server) = Python::start(version) else { return };
        for way in ["length", "close"] {
            let client = server.client(way);
            let [_, before] = counts(&client);
            client.same(1.into()).notify().unwrap();
            run(async {
                let client = AsyncRpcClient::connect(server.url(way)).await.unwrap();
                client.same(1.into()).notify().await.unwrap();
                assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
            });
            assert_eq!(counts(&client)[1] - before, 4);
        }
    }
}

#[test]
fn a_response_that_is_no_reply_is_an_error_that_says_what_it_is() {
    let Some(server) = Python::start("HTTP/1.1") else { return };
    let error = |way: &str| server.client(way).add(1, 2).call().unwrap_err();
    let text = error("text").to_string();
    assert!(text.contains("HTTP status 200: <h1>It works!</h1>"), "{text}");
    assert_eq!(server.client("compressed").add(1, 2).call().unwrap(), 13);
    let text = error("brotli").to_string();
    assert!(text.contains("its body is compressed (br), which nobody asked for"), "{text}");

    let (status, said) = http_error(error("key"));
    assert_eq!((status, said.as_str()), (401, "who are you?"));
    let builder = RpcClient::builder().header("Authorization", "Bearer 7");
    let client = builder.connect(server.url("key")).unwrap();
    assert_eq!(client.add(1, 2).call().unwrap(), 13);
    let error = RpcClient::connect(server.url("key")).unwrap().add(1, 2).call().unwrap_err();
    let text = error.to_string();
    let said = "calling `add` at 127.0.0.1:";
    assert!(
        text.starts_with(said) && text.contains(": the server answered with HTTP status 401"),
        "{text}"
    );
    assert!(text.ends_with(": who are you?") && !error.may_have_run(), "{text}");

    run(async {
        let client = AsyncRpcClient::connect(server.url("key")).await.unwrap();
        assert_eq!(http_error(client.add(1, 2).call().await.unwrap_err()).0, 401);
    });
}

#[test]
fn no_response_takes_more_memory_than_the_limit() {
    let Some(server) = Python::start("HTTP/1.1") else { return };
    let limits = Limits { max_message_bytes: 100_000, ..Limits::default() };
    let builder = ClientBuilder::default().limits(limits);
    for way in ["huge", "endless", "head"] {
        let client = builder.connect(server.url(way)).unwrap();
        let error = client.add(1, 2).call().unwrap_err();
        assert!(is_too_large(&error), "{way}: {error}");
        run(async {
            let client = builder.connect_async(server.url(way)).await.unwrap();
            let error = client.add(1, 2).call().await.unwrap_err();
            assert!(is_too_large(&error), "{way}: {error}");
        });
    }
}

#[test]
fn a_call_whose_connection_ends_without_an_answer_may_have_run_and_is_not_repeated() {
    let Some(server) = Python::start("HTTP/1.1") else { return };
    let counter = server.client("length");
    let check = |error: Error| {
        let is_lost = matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::Lost);
        assert!(is_lost && error.may_have_run(), "{error}");
    };
    let [_, before] = counts(&counter);
    let client = server.client("lose");
    check(client.add(1, 2).call().unwrap_err());
    check(client.add(1, 2).call().unwrap_err());
    run(async {
        let client = AsyncRpcClient::connect(server.url("lose")).await.unwrap();
        check(client.add(1, 2).call().await.unwrap_err());
        check(client.add(1, 2).call().await.unwrap_err());
    });
    assert_eq!(counts(&counter)[1] - before, 5);

    let builder = RpcClient::builder().one_call_per_connection();
    check(builder.connect(server.url("lose")).unwrap().add(1, 2).call().unwrap_err());
    assert_eq!(builder.connect(server.url("length")).unwrap().add(1, 2).call().unwrap(), 13);

    let nobody = RpcClient::connect("http://127.0.0.1:1").unwrap();
    let error = nobody.within(Duration::from_millis(100)).add(1, 2).call().unwrap_err();
    let is_unmade = matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::Connect);
    assert!(is_unmade && !error.may_have_run(), "{error}");
}

#[test]
fn a_call_that_is_given_up_costs_its_connection_and_nothing_else() {
    let Some(server) = Python::start("HTTP/1.1") else { return };
    let client = server.client("length");
    let patience = Duration::from_millis(50);
    for n in 0..3 {
        let error = client.within(patience).after_ms(20_000, n).call().unwrap_err();
        assert!(error.to_string().contains("no reply within 50ms"), "{error}");
        drop(client.after_ms(20_000, n).start().unwrap());
        assert_eq!(client.after_ms(0, n).call().unwrap(), n);
    }
    run(async {
        let builder = AsyncRpcClient::builder().connections(1);
        let client = builder.connect_async(server.url("length")).await.unwrap();
        for n in 0..3 {
            client.within(patience).after_ms(20_000, n).call().await.unwrap_err();
            let dropped = timeout(patience, client.after_ms(20_000, n).call()).await;
            dropped.unwrap_err();
            assert_eq!(client.after_ms(0, n).call().await.unwrap(), n);
        }
    });
}

#[test]
fn what_is_no_http_is_said_to_be_none() {
    let server = Fake::start(Framing::Raw, |mut peer| {
        peer.receive_line();
        let _ = peer.try_write(b"{\"res\":13}\n\r\n");
        while peer.receive_line().is_some_and(|line| !line.trim().is_empty()) {}
    });
    let client = RpcClient::connect(format!("http://{}", server.address())).unwrap();
    let error = client.add(1, 2).call().unwrap_err();
    let said = format!("calling `add` at {}: not an HTTP response: ", server.address());
    assert!(error.to_string().starts_with(&said), "{error}");
    drop(client);
}

#[test]
fn urls_that_name_no_server_are_refused_in_words() {
    for (url, word) in [
        ("ftp://localhost/", "`http://host[:port][/path]`"),
        ("http:///path", "no host"),
        ("http://u:p@localhost/", "`.basic(user, password)`"),
        ("http://localhost/a b", "ASCII"),
        ("tcp://localhost", "`tcp://host:port`"),
    ] {
        let error = RpcClient::connect(url).unwrap_err().to_string();
        // A password is not shown.
        let shown = url.replace("u:p@", "…@");
        assert!(error.contains(&shown) && error.contains(word), "{error}");
    }
    for (name, value) in [("Host", "x"), ("A B", "x"), ("", "x"), ("X", "a\r\nY: b")] {
        let builder = RpcClient::builder().header(name, value);
        builder.connect("http://127.0.0.1:1/").unwrap_err();
    }
}

#[test]
fn a_call_that_is_given_up_in_the_middle_of_its_response_takes_no_other_along() {
    let (asks, asked) = mpsc::channel();
    let server = Fake::start_http(move |mut peer| {
        peer.receive_request();
        asks.send(()).unwrap();
        thread::sleep(Duration::from_millis(50));
        peer.respond(200, r#"{"jsonrpc":"2.0","result":1,"id":0}"#);
        peer.receive_request();
        // The end of the connection is that of the response.
        peer.write(b"HTTP/1.1 200 OK\r\n\r\n{\"jsonrpc\":\"2.0\",\"result\":2,\"id\":1}");
        thread::sleep(Duration::from_millis(200));
    });
    let url = format!("http://{}/", server.address());
    run(async {
        let client = RpcClient::builder().connections(1).connect_async(&url).await.unwrap();
        // It is sent, and its reply comes while nobody looks.
        let mut answered = client.add(1, 0).call();
        while asked.try_recv().is_err() {
            let poll = poll_fn(|task| Poll::Ready(Pin::new(&mut answered).poll(task)));
            assert!(poll.await.is_pending());
            sleep(Duration::from_millis(5)).await;
        }
        sleep(Duration::from_millis(150)).await;
        let given_up = timeout(Duration::from_millis(100), client.add(2, 0).call());
        given_up.await.unwrap_err();
        sleep(Duration::from_millis(200)).await;
        assert_eq!(answered.await.unwrap(), 1);
    });
}
