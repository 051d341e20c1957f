//! Programs in plain Python, written as the two articles write theirs, call and are called unchanged.

#![allow(clippy::unwrap_used)]

use examples::{add, fail, greet, ping, subtract};
use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::protocol::Framing;
use rpc_core::{Error, RpcClient, RpcServer, Stub, args, call, kwargs};
use tests::{Model, Running, Served, python};

/// Runs a client against our server and returns what it prints.
fn prints(script: &str, model: Model) -> Option<Vec<String>> {
    let mut command = python(script)?;
    let server = model.start(RpcServer::exported());
    Some(Running::lines(command.arg(server.address().socket_addr().unwrap().port().to_string())))
}

/// Connects our client to a server in Python, which runs as long as the first of the two lives.
fn served_by(script: &str, builder: ClientBuilder) -> Option<(Running, RpcClient)> {
    let mut server = Running::start(&mut python(script)?);
    let client = builder.connect(format!("127.0.0.1:{}", server.line())).unwrap();
    Some((server, client))
}

#[test]
fn the_stub_articles_client_calls_our_server() {
    for model in Model::ALL {
        let Some(lines) = prints("stub_client.py", model) else { return };
        assert_eq!(
            lines,
            [
                r#"{"res": 6}"#,
                r#"{"res": 13}"#,
                r#"{"res": "Gr\u00fc\u00df Gott \ud83e\udd80, Grace."}"#,
                r#"{"error": {"code": -32601, "message": "no function `multiply` is served here"}}"#,
                r#"{"error": {"code": -32602, "message": "`add` is missing argument `b`; it is called as add(a: i64, b: i64, c: i64 = 10) -> i64"}}"#,
            ]
        );
    }
}

#[test]
fn the_stub_articles_client_may_leave_its_connections_open() {
    const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
    let models = ["single", "threads", "event-loop"];
    let forking = ["fork", "prefork --workers 1", "prefork-event-loop --workers 1"];
    for model in models.into_iter().chain(forking.into_iter().filter(|_| cfg!(unix))) {
        let Some(mut command) = python("stub_client_left_open.py") else { return };
        let server = Served::start(SERVER, &format!("--model {model} --idle-timeout-ms 60000"));
        let port = server.address().socket_addr().unwrap().port().to_string();
        assert_eq!(
            Running::lines(command.arg(port)),
            [
                r#"{"res":6}"#,
                r#"{"res":13}"#,
                r#"{"res":"Hello, Ada."}"#,
                r#"{"res":"Hello, Grace!"}"#,
                r#"{"res":17}"#,
            ],
            "{model}"
        );
    }
}

#[test]
fn our_client_calls_the_stub_articles_server() {
    let builder = RpcClient::builder()
        .framing(Framing::Raw)
        .dialect(Dialect::NativeWithoutIds)
        .one_call_per_connection();
    let Some((_server, client)) = served_by("stub_server.py", builder) else { return };
    assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6);
    assert_eq!(client.add(1, 2).call().unwrap(), 13);
    assert_eq!(call!(client.greet("Ada", excited = true)).unwrap(), "Hello, Ada!");
    let words: String =
        client.call("greet", args!["Grace"], kwargs! { greeting: "Grüß Gott 🦀" }).unwrap();
    assert_eq!(words, "Grüß Gott 🦀, Grace.");
    let calls = [client.add(1, 1).start().unwrap(), client.add(2, 2).start().unwrap()];
    assert_eq!(calls.map(|call| call.wait().unwrap()), [12, 14]);
}

#[test]
fn the_ping_articles_client_calls_our_server() {
    for model in Model::ALL {
        let Some(lines) = prints("ping_client.py", model) else { return };
        assert_eq!(
            lines,
            [
                "pong ireader 0",
                "pong ireader 1",
                "pong ireader 2",
                "subtract 19",
                "subtract 19",
                "error {'code': -32601, 'message': 'no function `pong` is served here; did you mean `ping`?'}",
                "pong still here",
            ]
        );
    }
}

#[test]
fn our_client_calls_the_ping_articles_server() {
    let builder = RpcClient::builder().framing(Framing::LengthPrefix).dialect(Dialect::Ping);
    let Some((_server, client)) = served_by("ping_server.py", builder) else { return };
    for i in 0..3 {
        let text = format!("ireader {i}");
        assert_eq!(client.ping(&text).call().unwrap(), text);
    }
    assert_eq!(call!(client.subtract(42, 23)).unwrap(), 19);
    // A call with keywords goes by name as a whole, since the dialect has no place for both.
    assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6);
    let everything = call!(client.greet("Ada", excited = true)).unwrap();
    assert_eq!(everything, r#"{"excited": true, "name": "Ada"}"#);

    let sum: i64 = client.call("add", (), kwargs! { a: 1, b: 2 }).unwrap();
    assert_eq!(sum, 3);
    let refusal = client.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).unwrap_err();
    assert!(matches!(&refusal, Error::Misuse(_)), "{refusal}");
    let refusal = client.fail("out of paper").call().unwrap_err();
    assert_eq!(refusal.to_string(), "out of paper (code 7)");
    assert_eq!(client.ping("still here").call().unwrap(), "still here");
}
