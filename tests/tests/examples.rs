//! Every example program runs, and prints what it is there to show.

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rpc_core::identity::{Credentials, Identity, Unauthenticated};
use rpc_core::{RpcClient, RpcServer, Stub, args, kwargs};
use serde_json::Value;
use tests::{Folder, Running, example, example_names};

#[test]
fn the_server_serves_the_client_in_every_model() {
    for model in ["single", "threads", "fork", "prefork", "event-loop", "prefork-event-loop"] {
        let mut server =
            Running::start(example("server").args(["--listen", "127.0.0.1:0", "--model", model]));
        let listening = server.line();
        let address = listening.strip_prefix("listening ").expect(&listening);
        let lines = Running::lines(example("client").args(["--connect", address]));
        let expected = [
            "res: [6]",
            "add(1, 2) = 13",
            "subtract = 19",
            "greet = Hello, Ada!",
            "ping = ireader 0",
            "by name = 6",
            "as JSON = \"Good day, Grace.\"",
        ];
        assert_eq!(lines, expected, "{model}");
        let lines = Running::lines(example("async_client").args(["--connect", address]));
        let at_once = ["at once = 12", "at once = 14", "at once = 16"];
        assert_eq!(lines, [&expected[..], &at_once].concat(), "{model}");
    }
}

#[test]
fn the_server_speaks_over_standard_input_and_output_too() {
    let mut command = example("server");
    command.arg("--stdio").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = command.spawn().unwrap();
    let call = br#"{"jsonrpc":"2.0","method":"nap_ms","params":[1],"id":1}"#;
    server.stdin.take().unwrap().write_all(call).unwrap();
    let output = server.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout.trim_ascii_end(), br#"{"jsonrpc":"2.0","result":1,"id":1}"#);
}

#[test]
fn a_program_is_spoken_to_over_standard_input_and_output() {
    let mut command = example("stdio_server");
    let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let call = br#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;
    server.stdin.take().unwrap().write_all(call).unwrap();
    let output = server.wait_with_output().unwrap();
    assert_eq!(output.stdout.trim_ascii_end(), br#"{"jsonrpc":"2.0","result":13,"id":1}"#);
}

#[test]
fn the_clients_say_who_they_are() {
    let seen = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&seen);
    let server =
        RpcServer::exported().authenticate(move |shown: &Credentials<'_>| match shown.bearer() {
            Some("s3cret") => {
                count.fetch_add(1, Ordering::SeqCst);
                Ok(Identity::new("ada"))
            }
            _ => Err(Unauthenticated::new("no such token")),
        });
    let server = server.start("127.0.0.1:0").unwrap();
    let address = server.address().to_string();
    for name in ["client", "async_client"] {
        let client = || {
            let mut client = example(name);
            client.args(["--connect", &address]);
            client
        };
        assert_eq!(Running::lines(client().args(["--token", "s3cret"]))[0], "res: [6]");
        assert_eq!(Running::lines(client().env("RPC_TOKEN", "s3cret"))[0], "res: [6]");
        let output = client().args(["--token", "wr0ng"]).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("no such token") && !error.contains("wr0ng"), "{error}");
    }
    assert_eq!(seen.load(Ordering::SeqCst), 4);
}

#[test]
fn the_client_says_when_no_server_is_there() {
    let output = example("client").args(["--connect", "127.0.0.1:1"]).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("127.0.0.1:1"), "{error}");
}

#[test]
fn the_quickstart_shows_calls_and_what_refusals_look_like() {
    let lines = Running::lines(&mut example("quickstart"));
    let expected = [
        "typed:   total(1, 2, c = 3) = 6",
        "proxied: total(1, 2).c(3)   = 6",
        "by name: total(1, 2, c = 3) = 6",
        "refused: `total` has no parameter `d`; it has `a`, `b` and `c` (code -32602)",
        "refused: `total` is missing argument `b`; it is called as total(a: i64, b: i64, c: i64 = 10) -> i64 (code -32602)",
        "refused: no function `totl` is served here; did you mean `total`? (code -32601)",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn the_call_log_says_how_calls_ended() {
    let lines = Running::lines(&mut example("call_log"));
    let logged: Vec<_> = lines.iter().map(|line| line.split(" in ").next().unwrap()).collect();
    let expected = [
        "add -> 6",
        "ad -> no function `ad` is served here; did you mean `add`?",
        "the caller sees: no function `ad` is served here; did you mean `add`? (code -32601)",
    ];
    assert_eq!(logged, expected);
}

#[test]
fn the_clients_log_says_what_calls_came_to() {
    let lines = Running::lines(&mut example("client_log"));
    let logged: Vec<_> = lines.iter().map(|line| line.split(" in ").next().unwrap()).collect();
    let expected = [
        r#"add([1,2], {"c":3}) -> 6"#,
        r#"greet(["Ada"], {"excited":true}) -> "Hello, Ada!""#,
        "ad([1,2]) -> no function `ad` is served here; did you mean `add`? (code -32601)",
        "the caller sees the error too",
    ];
    assert_eq!(logged, expected);
}

#[test]
fn the_retry_goes_on_until_the_call_succeeds() {
    let lines = Running::lines(&mut example("client_retry"));
    let expected = [
        "attempt 1: call 1 comes too early (code 503)",
        "attempt 2: call 2 comes too early (code 503)",
        "attempt 3: 3",
        "in time: 4",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn clients_of_every_type_say_the_same() {
    let lines = Running::lines(&mut example("any_client"));
    assert_eq!(lines, ["known: 6", "socket: 6", "registry: 6"]);
    assert_eq!(Running::lines(&mut example("client_mock")), ["tea: 3.5 EUR, 4 USD"]);
}

#[test]
fn towers_layers_stand_under_typed_stubs() {
    let lines = Running::lines(&mut example("tower_stack"));
    assert_eq!(lines, ["as a service: 6", "typed: 6", "too slow: request timed out"]);
}

#[test]
fn listeners_and_streams_of_ones_own_are_served() {
    let lines = Running::lines(&mut example("own_listener"));
    assert_eq!(lines, ["listening at a queue of this program", "add(1, 2, c = 3) = 6"]);
    let lines = Running::lines(&mut example("serve_stream"));
    assert_eq!(lines, [r#"{"jsonrpc":"2.0","result":13,"id":1}"#]);
}

#[test]
fn the_task_tracker_is_tried_and_served() {
    let lines = Running::lines(example("tasks").arg("--demo"));
    let expected =
        ["added 1: Water the plants", "found Read the guide and 0 more", "refused: 1 is over"];
    assert_eq!(lines[..3], expected, "{lines:?}");
    assert!(lines.contains(&r#""tasks.start" was called 2 times"#.to_owned()), "{lines:?}");

    let folder = Folder::new();
    let file = folder.file("tasks.redb");
    let serve = || {
        let mut command = example("tasks");
        command.args(["--listen", "127.0.0.1:0", "--data"]).arg(&file);
        Running::start(&mut command)
    };
    for last in 1..=2 {
        let mut server = serve();
        let listening = server.line();
        let address = listening.strip_prefix("listening ").expect(&listening);
        let client = RpcClient::connect(address).unwrap();
        let title = format!("Task {last}");
        let added: Value = client.call("tasks.add", args![title], kwargs! {}).unwrap();
        // What is in the file stays there.
        assert_eq!(added["id"], last);
    }
}

#[test]
fn every_other_example_ends_well() {
    for name in example_names() {
        if !["server", "client", "async_client", "dev_certificate", "tasks"].contains(&name) {
            Running::lines(&mut example(name));
        }
    }
}

#[test]
fn who_calls_says_what_is_known_of_a_caller() {
    let lines = Running::lines(&mut example("who_calls"));
    let expected = [
        "call 1 of a connection from 127.0.0.1, by no team, on behalf of nothing",
        "call 2 of a connection from 127.0.0.1, by no team, on behalf of a-trace",
        "call 1 of a connection from 127.0.0.1, by analysis, on behalf of a-trace",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn the_mounted_service_is_told_who_calls() {
    let lines = Running::lines(&mut example("mounted"));
    assert_eq!(lines, [r#"{"res":"Hello, Ada!"}"#, r#"{"res":"Hello, nobody!"}"#]);
}
