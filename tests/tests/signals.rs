//! Signals stop or renew a server, and no call that it has taken is lost by that.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::env;
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use examples::add;
use rpc_core::{RpcClient, Stub, args, kwargs};
use tests::{FRAMINGS, Peer, Process, Served, at_once, until, until_accepted, until_closed};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const MODELS: [&str; 4] =
    ["--model single", "--model threads", "--model fork", "--model prefork --workers 3"];

/// Far below any timeout of a server, far above what a busy machine adds.
const AT_ONCE: Duration = Duration::from_secs(15);

/// How a shell says that SIGTERM ended a process.
const ENDED: i32 = 143;

/// A call that takes this many milliseconds.
fn slow(ms: u64) -> String {
    format!(r#"{{"method_name":"after_ms","method_args":[{ms},7],"id":1}}"#)
}

/// Whether none of the processes runs.
fn gone(processes: &[Process]) -> bool {
    processes.iter().all(|process| !process.exists() || process.is_zombie())
}

/// The processes a server has made, once there are so many.
fn children(server: &Served, count: usize) -> Vec<Process> {
    let mut children = Vec::new();
    until("the workers are there", || {
        children = server.children();
        children.len() == count
    });
    children
}

/// How many of `calls` calls, made by three clients, get no answer while `meanwhile` is done.
fn lost(server: &Served, calls: usize, meanwhile: impl FnOnce(&AtomicUsize)) -> usize {
    let (made, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let client = server.client();
                while made.fetch_add(1, Ordering::Relaxed) < calls {
                    if let Err(error) = client.add(1, 2).call() {
                        println!("lost: {error}");
                        lost.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        meanwhile(&made);
    });
    lost.into_inner()
}

#[test]
fn a_server_that_is_told_to_stop_ends_well_and_the_program_goes_on() {
    at_once(MODELS, |model| {
        for signal in ["TERM", "INT"] {
            let mut server = Served::start(SERVER, model);
            let client = server.client();
            assert_eq!(client.add(1, 2).call().unwrap(), 13);
            server.process().signal(signal);
            drop(client);
            assert!(server.wait().success(), "{model}, {signal}");
            // What was in the buffer when processes were made was written once.
            assert_eq!(server.printed(), "once and for all\n", "{model}");
            assert!(TcpStream::connect(server.address()).is_err(), "{model}");
        }
    });
}

#[test]
fn a_client_that_waits_for_nothing_holds_no_stopping_server_up() {
    at_once(MODELS, |model| {
        let mut server = Served::start(SERVER, model);
        let client = server.client();
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
        let never_used = (model != "--model single").then(|| server.client());
        server.process().signal("TERM");
        let begun = Instant::now();
        assert!(server.wait().success(), "{model}");
        assert!(begun.elapsed() < AT_ONCE, "{model}: {:?}", begun.elapsed());
        drop(never_used);
    });
}

#[test]
fn every_call_that_was_taken_is_answered_when_a_server_is_stopped_under_load() {
    for model in MODELS {
        let mut server = Served::start(SERVER, model);
        let (stopping, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            // They try again for this long when the server has gone. Where fewer are served at a time,
            // the others are connected and wait to be accepted.
            let builder = RpcClient::builder().connect_timeout(Duration::from_millis(200));
            let clients: Vec<_> =
                (0..8).map(|_| builder.connect(server.address()).unwrap()).collect();
            for client in clients {
                let (stopping, calls) = (&stopping, &calls);
                scope.spawn(move || {
                    loop {
                        match client.add(1, 2).call() {
                            Ok(sum) => assert_eq!(sum, 13),
                            Err(error) => {
                                assert!(stopping.load(Ordering::Relaxed), "{model}: {error}");
                                assert!(!error.may_have_run(), "{model}: {error}");
                                break;
                            }
                        }
                        calls.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            until("there is load", || calls.load(Ordering::Relaxed) > 500);
            stopping.store(true, Ordering::Relaxed);
            server.process().signal("TERM");
        });
        let children = server.children();
        assert!(server.wait().success(), "{model}");
        assert!(gone(&children), "{model}");
    }
}

#[test]
fn no_call_over_a_connection_of_its_own_is_lost_when_a_server_is_stopped() {
    for model in MODELS {
        let mut server = Served::start(SERVER, model);
        let calls = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let builder = RpcClient::builder().connect_timeout(Duration::from_millis(100));
                    while let Ok(client) = builder.connect(server.address()) {
                        assert_eq!(client.add(1, 2).call().unwrap(), 13, "{model}");
                        calls.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            until("there is load", || calls.load(Ordering::Relaxed) > 200);
            server.process().signal("TERM");
        });
        assert!(server.wait().success(), "{model}");
    }
}

#[test]
fn calls_that_run_are_answered_before_a_stopping_server_ends() {
    for model in MODELS {
        for framing in FRAMINGS {
            let mut server = Served::start(SERVER, model);
            let mut peer = Peer::connect(server.address(), framing);
            peer.send(&slow(300));
            until_accepted(server.address(), 1);
            server.process().signal("TERM");
            assert_eq!(peer.receive().unwrap(), r#"{"res":7,"id":1}"#, "{model}");
            peer.finish();
            assert!(server.wait().success(), "{model}");
        }
    }
}

#[test]
fn calls_over_connections_that_are_not_accepted_yet_are_answered() {
    let of_workers = ["--model prefork --workers 2", "--model prefork-event-loop --workers 2"];
    for model in ["--model single", "--model fork", "--model event-loop"].iter().chain(&of_workers)
    {
        let mut server = Served::start(SERVER, model);
        let connect = |n: usize| Peer::connect(server.address(), FRAMINGS[n % 2]);
        // They keep the workers of some models from accepting the others.
        let mut first: Vec<_> = (0..2).map(connect).collect();
        for peer in &mut first {
            peer.send(&slow(500));
        }
        until_accepted(server.address(), 1);
        let mut others: Vec<_> = (0..8).map(connect).collect();
        for peer in &mut others {
            peer.send(&slow(0));
        }
        let silent = connect(0);
        server.process().signal("TERM");
        for mut peer in first.into_iter().chain(others) {
            assert_eq!(peer.receive().unwrap(), r#"{"res":7,"id":1}"#, "{model}");
            peer.finish();
        }
        let begun = Instant::now();
        assert!(server.wait().success(), "{model}");
        assert!(begun.elapsed() < AT_ONCE, "{model}: {:?}", begun.elapsed());
        drop(silent);
    }
}

#[test]
fn a_second_signal_ends_everything_at_once() {
    for model in MODELS {
        let mut server = Served::start(SERVER, model);
        let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
        peer.send(&slow(60_000));
        until_accepted(server.address(), 1);
        let children = server.children();
        server.process().signal("TERM");
        // Two signals that come at the same time are one.
        until_closed(server.address());
        assert!(server.process().exists(), "{model}");
        let begun = Instant::now();
        server.process().signal("TERM");
        assert_eq!(server.wait().code(), Some(ENDED), "{model}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{model}: {:?}", begun.elapsed());
        until("no child runs", || gone(&children));
    }
}

#[test]
fn a_call_that_does_not_end_is_waited_for_as_long_as_the_stop_timeout() {
    for model in MODELS.iter().skip(1) {
        let mut server = Served::start(SERVER, &format!("{model} --stop-timeout-ms 300"));
        let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
        peer.send(&slow(60_000));
        until_accepted(server.address(), 1);
        let children = server.children();
        let begun = Instant::now();
        server.process().signal("TERM");
        assert!(server.wait().success(), "{model}");
        assert!(begun.elapsed() >= Duration::from_millis(300), "{model}: {:?}", begun.elapsed());
        assert!(begun.elapsed() < AT_ONCE, "{model}: {:?}", begun.elapsed());
        assert!(gone(&children), "{model}");
    }
}

#[test]
fn a_signal_to_all_processes_at_once_loses_no_call() {
    // As from a terminal, or from a service manager that signals a whole group.
    for model in ["--model fork", "--model prefork --workers 3"] {
        for signal in ["TERM", "INT"] {
            let mut server = Served::start(SERVER, model);
            let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
            peer.send(&slow(300));
            until_accepted(server.address(), 1);
            until("there are children", || !server.children().is_empty());
            let mut kill = Command::new("kill");
            kill.args(["-s", signal, &server.process().0.to_string()]);
            kill.args(server.children().iter().map(|child| child.0.to_string()));
            assert!(kill.status().unwrap().success());
            assert_eq!(peer.receive().unwrap(), r#"{"res":7,"id":1}"#, "{model}, {signal}");
            drop(peer);
            assert!(server.wait().success(), "{model}, {signal}");
        }
    }
}

#[test]
fn renewing_the_workers_under_load_loses_no_call() {
    const RENEWALS: usize = 5;
    // The full figure takes a while: `CALLS=200000 cargo test --release`.
    let calls = env::var("CALLS").ok().and_then(|calls| calls.parse().ok()).unwrap_or(20_000);
    let server = Served::start(SERVER, "--model prefork --workers 3");
    let first = children(&server, 3);
    let begun = Instant::now();
    let lost = lost(&server, calls, |made| {
        for renewal in 1..=RENEWALS {
            let share = calls * renewal / (RENEWALS + 1);
            while made.load(Ordering::Relaxed) < share {
                thread::sleep(Duration::from_millis(1));
            }
            server.process().signal("HUP");
        }
    });
    let took = begun.elapsed();
    println!("{lost} of {calls} calls lost in {RENEWALS} renewals, {took:?}");
    assert_eq!(lost, 0);
    until("the old ones have left", || server.children().len() == 3);
    assert!(gone(&first));
}

#[test]
fn a_worker_that_is_renewed_finishes_what_it_is_at() {
    let server = Served::start(SERVER, "--model prefork --workers 1");
    let old = children(&server, 1);
    let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
    peer.send(&slow(2000));
    until_accepted(server.address(), 1);
    server.process().signal("HUP");
    until("there is a new one beside it", || server.children().len() == 2);
    let client = server.client();
    assert!(!old.contains(&Served::of(&client)));
    assert_eq!(peer.receive().unwrap(), r#"{"res":7,"id":1}"#);
    let children = server.children();
    assert!(children.len() == 2 || gone(&old));
    drop(peer);
    until("the old one has left", || gone(&old));
    assert_eq!(client.call::<i64>("add", args![1, 2], kwargs! {}).unwrap(), 13);
}

#[test]
fn a_client_made_before_any_call_is_served_whatever_happens_to_the_workers() {
    // Its connection is accepted by a worker that then leaves; its first call comes after that.
    let server = Served::start(SERVER, "--model prefork --workers 3");
    let first = children(&server, 3);
    let clients: [RpcClient; 3] = [server.client(), server.client(), server.client()];
    until_accepted(server.address(), 3);
    server.process().signal("HUP");
    until("there are new ones", || {
        server.children().iter().filter(|child| !first.contains(child)).count() == 3
    });
    for client in &clients {
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
    }
}
