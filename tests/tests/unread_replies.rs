//! A peer that never reads its replies is closed when the write timeout has passed once.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpStream;

use tests::{Folder, Served, until};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// Whether a server's side of a connection is open.
fn is_open(peer: &TcpStream) -> bool {
    const ESTABLISHED: &str = "01";
    let port = |address: std::net::SocketAddr| format!(":{:04X}", address.port());
    let (server, peer) = (port(peer.peer_addr().unwrap()), port(peer.local_addr().unwrap()));
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().any(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        columns[1].ends_with(&server) && columns[2].ends_with(&peer) && columns[3] == ESTABLISHED
    })
}

/// More than sockets hold.
const CALL: &str = r#"{"method_name":"repeat","method_args":["x",5000000],"id":1}"#;

#[test]
fn a_peer_that_never_reads_is_closed_before_one_that_is_idle_for_twice_the_write_timeout() {
    let http = |call: &str| {
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        format!("{head}Content-Length: {}\r\n\r\n{call}", call.len())
    };
    let conversations = [CALL.to_owned(), http(CALL)];
    let options = "--write-timeout-ms 2000 --idle-timeout-ms 4000";
    for model in MODELS {
        let folder = Folder::new();
        let log = folder.file("log");
        let errors = File::create(&log).unwrap();
        let options = format!("--model {model} {options}");
        let server = Served::start_with_errors_to(errors, SERVER, &options);
        let address = server.address().to_string();
        let peers = conversations.each_ref().map(|conversation| {
            let mut unread = TcpStream::connect(&address).unwrap();
            unread.write_all(conversation.as_bytes()).unwrap();
            unread
        });
        // One thread that cannot look at both tells nothing of the second.
        let count = if matches!(model, "single" | "prefork") { 1 } else { 2 };
        for unread in peers.iter().take(count) {
            until("replies wait to be read", || unread.peek(&mut [0]).unwrap() > 0);
        }
        let idle = TcpStream::connect(&address).unwrap();
        for unread in peers.iter().take(count) {
            until("the peer is closed", || !is_open(unread));
        }
        assert!(is_open(&idle), "{model}");
        // Of two that are closed at one time only the first may have been said by now.
        let is_said = |peer: &TcpStream| {
            let peer = peer.local_addr().unwrap();
            let line = format!(
                "a connection from {peer} is closed: its replies were not taken within 2s, \
                 `write_timeout`"
            );
            fs::read_to_string(&log).unwrap().contains(&line)
        };
        until("it is said", || peers.iter().any(is_said));
    }
}
