//! What a server says of functions that panic: who called what, some lines a second, and no more memory
//! for it.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::fs::{self, File};
use std::process::Command;
use std::time::Instant;

use rpc_core::protocol::Framing;
use tests::{Folder, HttpPeer, Peer, Served};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// A server that writes what it says into a file.
fn start(folder: &Folder, model: &str) -> Served {
    let errors = File::create(folder.file(model)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_model_server"));
    Served::start_by(command.args(["--model", model]).env("RUST_BACKTRACE", "1").stderr(errors))
}

#[test]
fn a_panic_is_said_with_its_function_its_caller_and_its_call() {
    let folder = Folder::new();
    for model in MODELS {
        let server = start(&folder, model);
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        let reply = peer.ask(r#"{"method_name":"fail","method_args":["one\\ntwo"],"id":"x-7"}"#);
        assert!(reply.contains("`fail` panicked; the server's log says why"), "{reply}");
        peer.ask(r#"{"jsonrpc":"2.0","method":"panic_later","params":["later"],"id":8}"#);
        peer.ask(r#"{"jsonrpc":"2.0","method":"panic_blocking","params":["blocking"],"id":9}"#);
        let mut http = HttpPeer::connect(server.address().socket_addr().unwrap());
        drop(peer);
        http.ask(r#"{"jsonrpc":"2.0","method":"fail","params":["by http"],"id":10}"#);
        drop(http);
        drop(server);
        let said = fs::read_to_string(folder.file(model)).unwrap();
        let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("rpc server")).collect();
        for (line, (function, message, dialect, id)) in lines.iter().zip([
            ("fail", "one\\\\ntwo", "native", "\\\"x-7\\\""),
            ("panic_later", "later", "json-rpc", "8"),
            ("panic_blocking", "blocking", "json-rpc", "9"),
            ("fail", "by http", "json-rpc", "10"),
        ]) {
            assert!(line.contains(&format!("`{function}` panicked at ")), "{model}: {line}");
            let end = format!(": {message} ({dialect} from 127.0.0.1:");
            assert!(line.contains(&end), "{model}: {line}: {end}");
            assert!(line.ends_with(&format!(", id {id})")), "{model}: {line}");
        }
        assert_eq!(lines.len(), 4, "{model}: {said}");
    }
}

#[test]
fn a_function_that_panics_often_takes_few_lines_and_no_memory() {
    let folder = Folder::new();
    for model in ["threads", "event-loop"] {
        let server = start(&folder, model);
        let call = r#"{"method_name":"fail","method_args":["again"]}"#;
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        let panic = |peer: &mut Peer, times: usize| {
            for _ in 0..times {
                assert!(peer.ask(call).contains("-32603"));
            }
        };
        let begun = Instant::now();
        // The first backtrace reads the names of all functions, which are kept.
        panic(&mut peer, 200);
        let memory = resident(&server);
        panic(&mut peer, 4000);
        let grown = resident(&server).saturating_sub(memory);
        let seconds = begun.elapsed().as_secs() + 1;
        drop(server);
        assert!(grown < 1 << 20, "{model}: {grown} bytes");
        let said = fs::read_to_string(folder.file(model)).unwrap();
        let lines = said.lines().filter(|line| line.starts_with("rpc server")).count() as u64;
        assert!((5..=5 * (seconds + 1)).contains(&lines), "{model}: {lines} in {seconds} s");
        let backtraces = said.matches("stack backtrace").count() as u64;
        assert!((1..=seconds + 1).contains(&backtraces), "{model}: {backtraces} in {seconds} s");
    }
}

/// The memory of a process, in bytes.
fn resident(server: &Served) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process().0)).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}
