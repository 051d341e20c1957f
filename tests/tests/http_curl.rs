//! curl calls every server: HTTP/1.1, HTTP/2, and over a Unix socket.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::RpcServer;
use tests::{Folder, Model, Running, Served, curl};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const MODELS: [&str; 6] =
    ["single", "threads", "fork", "prefork", "event-loop", "prefork-event-loop"];
const ADD: &str = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;
const SUM: &str = r#"{"jsonrpc":"2.0","result":13,"id":1}"#;
const JSON: &str = "content-type: application/json";
const HTTP_2: &str = "--http2-prior-knowledge";

/// Prepares a call, after whose reply stand its status and the version of HTTP.
fn call(version: &str, body: &str) -> Option<Command> {
    let mut command = curl()?;
    let form = ["--write-out", " %{http_code} %{http_version}\n"];
    command.args([version, "--data", body, "--header", JSON]).args(form);
    Some(command)
}

#[test]
fn every_model_answers_in_both_versions() {
    for model in MODELS {
        let server = Served::start(SERVER, &format!("--model {model}"));
        let url = format!("http://{}", server.address());
        for (option, version) in [("--http1.1", "1.1"), ("--http1.0", "1"), (HTTP_2, "2")] {
            let Some(mut curl) = call(option, ADD) else { return };
            let lines = Running::lines(curl.arg(&url));
            assert_eq!(lines, [format!("{SUM} 200 {version}")], "{model}, {option}");
        }
        // As older clients ask for HTTP/2, which is not granted, and does no harm.
        let Some(mut curl) = call("--http2", ADD) else { return };
        assert_eq!(Running::lines(curl.arg(&url)), [format!("{SUM} 200 1.1")], "{model}");
    }
}

#[test]
fn unix_sockets_speak_http() {
    for model in MODELS {
        let folder = Folder::new();
        let path = folder.file("rpc.socket");
        let path = path.to_str().unwrap();
        let _server = Served::start(SERVER, &format!("--model {model} --listen unix:{path}"));
        for version in ["--http1.1", HTTP_2] {
            let Some(mut curl) = call(version, ADD) else { return };
            let lines = Running::lines(curl.args(["--unix-socket", path, "http://localhost/"]));
            assert!(lines[0].starts_with(SUM), "{model}: {lines:?}");
        }
    }
}

#[test]
fn http_2_is_held_to_the_same_guards() {
    for model in Model::ALL {
        let server = model.start(RpcServer::exported());
        let url = format!("http://{}", server.address());
        for (arguments, status) in [
            (&["--header", "x: y"][..], 200),
            (&["--header", "host: evil.example"], 403),
            (&["--header", "origin: http://evil.example"], 403),
            (&["--header", "content-type: text/plain"], 415),
            (&["--request", "PUT"], 405),
        ] {
            let Some(mut curl) = call(HTTP_2, ADD) else { return };
            if arguments[1].starts_with("content-type") {
                curl = tests::curl().unwrap();
                curl.args([HTTP_2, "--data", ADD, "--write-out", " %{http_code} %{http_version}"]);
            }
            let lines = Running::lines(curl.args(arguments).arg(&url));
            let end = format!(" {status} 2");
            assert!(lines.last().unwrap().ends_with(&end), "{arguments:?}: {lines:?}");
        }
    }
}

#[test]
fn a_stream_that_runs_when_the_server_stops_is_answered() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let body = r#"{"method_name":"hold_ms","method_args":[1000,5]}"#;
        let Some(mut curl) = call(HTTP_2, body) else { return };
        let curl = curl.arg(format!("http://{}", server.address()));
        thread::scope(|scope| {
            let calling = scope.spawn(|| Running::lines(curl));
            thread::sleep(Duration::from_millis(500));
            server.stop();
            assert_eq!(calling.join().unwrap(), [r#"{"res":5} 200 2"#], "{model:?}");
        });
        let begun = Instant::now();
        server.wait().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    });
}
