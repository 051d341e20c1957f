//! A server that is told to stop before it serves stops in good order.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use tests::{Folder, Served, at_once};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// A server that has its address, and serves once there is the file `serve` in the folder.
fn bound(model: &str, folder: &Folder) -> Served {
    let (socket, serve) = (folder.file("socket"), folder.file("serve"));
    let (socket, serve) = (socket.display(), serve.display());
    let options = format!("--model {model} --listen unix:{socket} --serve-after {serve}");
    // Whoever runs the tests in the background has them, and their programs, ignore INT.
    let mut command = Command::new("env");
    command.arg("--default-signal").arg(SERVER).args(options.split_whitespace());
    Served::start_by(command.stderr(Stdio::null()))
}

fn serve(folder: &Folder) {
    fs::write(folder.file("serve"), "").unwrap();
}

#[test]
fn a_signal_before_a_server_serves_ends_it_well() {
    at_once(MODELS, |model| {
        for signal in ["TERM", "INT"] {
            let folder = Folder::new();
            let mut server = bound(model, &folder);
            server.process().signal(signal);
            serve(&folder);
            assert!(server.wait().success(), "{model}, {signal}");
            assert_eq!(server.printed(), "once and for all\n", "{model}, {signal}");
            assert!(!folder.file("socket").exists(), "{model}, {signal}");
        }
    });
}

#[test]
fn a_second_one_ends_it_at_once() {
    at_once(MODELS, |model| {
        let folder = Folder::new();
        let mut server = bound(model, &folder);
        // Two of one kind that come at the same time are one.
        server.process().signal("TERM");
        server.process().signal("INT");
        assert_eq!(server.wait().code(), Some(143), "{model}");
    });
}

#[test]
fn one_that_renews_workers_waits_too_and_ends_other_servers() {
    at_once(MODELS, |model| {
        let folder = Folder::new();
        let mut server = bound(model, &folder);
        server.process().signal("HUP");
        serve(&folder);
        if model.starts_with("prefork") {
            let worker = Served::of(&server.client());
            assert_ne!(worker, server.process(), "{model}");
            server.process().signal("TERM");
            assert!(server.wait().success(), "{model}");
        } else {
            assert_eq!(server.wait().signal(), Some(1), "{model}");
        }
    });
}

#[test]
fn a_server_that_leaves_signals_alone_leaves_this_one_too() {
    let folder = Folder::new();
    let mut server = bound("started", &folder);
    server.process().signal("TERM");
    serve(&folder);
    assert_eq!(server.wait().signal(), Some(15));

    let folder = Folder::new();
    let mut server = bound("started", &folder);
    serve(&folder);
    server.client();
    server.process().signal("TERM");
    assert_eq!(server.wait().signal(), Some(15));
}
