//! Far more callers than a server has room for: each that sends a call is told so, and at little cost.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tests::{FRAMINGS, HttpPeer, Peer, Served, until};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const FULL: [&str; 4] = [
    "--model threads --max-connections 2",
    "--model fork --max-children 2",
    "--model event-loop --max-connections 2",
    "--model prefork-event-loop --workers 1 --max-connections 2",
];

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;

/// A server that has as many connections as it takes.
fn full(options: &str) -> (Served, [Peer; 2]) {
    let server = Served::start(SERVER, options);
    let peers = FRAMINGS.map(|framing| {
        let mut peer = Peer::connect(server.address(), framing);
        assert_eq!(peer.ask(ADD), SUM);
        peer
    });
    (server, peers)
}

fn connect(server: &Served) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Whether a caller is told that the server is busy, which call that concerns and when to come again.
fn is_told(mut caller: TcpStream) -> bool {
    let mut told = String::new();
    let read = caller.read_to_string(&mut told);
    let is_told = told.contains(r#""code":-32000"#)
        && told.contains(r#""data":{"retry_after_ms":1000}"#)
        && told.contains(r#""id":1"#);
    if !is_told {
        println!("{read:?}: {told:?}");
    }
    is_told
}

/// How many threads and processes a server is.
fn size(server: &Served) -> usize {
    let mut processes = server.children();
    processes.push(server.process());
    let tasks = |process: &tests::Process| fs::read_dir(format!("/proc/{}/task", process.0));
    processes.iter().map(|process| tasks(process).map_or(0, Iterator::count)).sum()
}

#[test]
fn of_1400_callers_at_once_nearly_all_are_told() {
    const CALLERS: usize = 1400;
    for options in FULL {
        let (server, mut peers) = full(options);
        let before = size(&server);
        let mut callers: Vec<_> = (0..CALLERS).map(|_| connect(&server)).collect();
        for caller in &mut callers {
            // One that was closed without a word is counted below.
            let _ = caller.write_all(ADD.as_bytes());
        }
        assert!(size(&server) <= before + 1, "{options}: {} and {before}", size(&server));
        let told = callers.into_iter().map(is_told).filter(|told| *told).count();
        println!("{options}: {told} of {CALLERS}");
        assert!(told * 100 >= CALLERS * 99, "{options}: {told} of {CALLERS}");
        for peer in &mut peers {
            assert_eq!(peer.ask(ADD), SUM, "{options}");
        }
    }
}

#[test]
fn those_who_stay_without_a_word_keep_nobody_from_being_told() {
    for options in FULL {
        let (server, _peers) = full(options);
        let silent: Vec<_> = (0..100).map(|_| connect(&server)).collect();
        let callers: Vec<_> = (0..20)
            .map(|_| {
                let mut caller = connect(&server);
                caller.write_all(ADD.as_bytes()).unwrap();
                caller
            })
            .collect();
        for caller in callers {
            assert!(is_told(caller), "{options}");
        }
        // They have had their time, and go.
        for mut silent in silent {
            assert_eq!(silent.read(&mut [0]).unwrap(), 0, "{options}");
        }
    }
}

#[test]
fn a_caller_by_http_is_told_when_to_come_again() {
    for options in FULL {
        let (server, _peers) = full(options);
        let response = HttpPeer::connect(server.address()).ask(ADD);
        assert_eq!(response.status, 503, "{options}");
        assert_eq!(response.header("retry-after"), Some("1"), "{options}");
    }
}

#[test]
fn a_call_that_comes_in_pieces_is_answered_too() {
    for options in FULL {
        let (server, _peers) = full(options);
        let mut caller = connect(&server);
        let (begin, end) = ADD.as_bytes().split_at(20);
        caller.write_all(begin).unwrap();
        // Another is served meanwhile, so the first piece has been read.
        let mut other = connect(&server);
        other.write_all(ADD.as_bytes()).unwrap();
        assert!(is_told(other), "{options}");
        caller.write_all(end).unwrap();
        assert!(is_told(caller), "{options}");
    }
}

#[test]
fn a_place_that_becomes_free_is_given_to_the_next_caller() {
    for options in FULL {
        let (server, [leaving, mut staying]) = full(options);
        drop(leaving);
        until("a place becomes free", || {
            Peer::connect(server.address(), FRAMINGS[0]).ask(ADD) == SUM
        });
        assert_eq!(staying.ask(ADD), SUM, "{options}");
    }
}
