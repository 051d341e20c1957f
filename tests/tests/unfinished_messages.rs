//! What unfinished messages take together is bounded, and a message that finds no memory is refused.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use rpc_core::RpcServer;
use rpc_core::identity::{Credentials, Identity};
use tests::{FRAMINGS, Gate, HttpPeer, Model, Peer, Process, Served, at_once, frame, until};
use tokio::sync::Semaphore;

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;
const MIB: usize = 1 << 20;

/// A call that is large.
fn large() -> String {
    format!(r#"{{"id":"large","method_name":"same","method_args":["{}"]}}"#, "x".repeat(8 * MIB))
}

/// A peer that sends all of a message but its last byte.
fn begin(server: &Served, message: &[u8]) -> TcpStream {
    let mut peer = TcpStream::connect(server.address()).unwrap();
    peer.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    // It may be refused before all has been sent.
    let _ = peer.write_all(&message[..message.len() - 1]);
    peer
}

/// Whether a peer has been told by now that there is no room for its message.
fn is_refused(peer: &mut TcpStream) -> bool {
    let mut told = [0; 4096];
    let count = peer.read(&mut told).unwrap_or_default();
    String::from_utf8_lossy(&told[..count]).contains("-32000")
}

/// The memory that processes have used at most, in bytes.
fn peak(process: Process) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", process.0)).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<usize>().unwrap() * 1024
}

/// The addresses that a process has, in bytes.
fn size(process: Process) -> usize {
    let sizes = fs::read_to_string(format!("/proc/{}/statm", process.0)).unwrap();
    sizes.split(' ').next().unwrap().parse::<usize>().unwrap() * 4096
}

/// Leaves a process so many bytes of addresses besides those that it has.
fn leave(bytes: usize, process: Process) {
    let pid = process.0.to_string();
    loop {
        let before = size(process);
        let limit = format!("--as={}:", before + bytes);
        assert!(Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap().success());
        // A thread may just have begun, whose heap sets 64 MiB of them aside.
        if size(process) == before {
            return;
        }
    }
}

#[test]
fn many_large_unfinished_messages_stay_within_the_budget() {
    let framed = frame(FRAMINGS[0], large().as_bytes());
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let http = format!("{head}Content-Length: {}\r\n\r\n{}", large().len(), large());
    // One process must see them all, and look after all.
    for (model, message) in [
        ("threads", &framed[..]),
        ("threads", http.as_bytes()),
        ("event-loop", &framed[..]),
        ("prefork-event-loop --workers 1", &framed[..]),
    ] {
        let budget = 64 * MIB;
        let options = format!("--model {model} --unfinished-bytes {budget}");
        let server = Served::start(SERVER, &options);
        let mut peers: Vec<_> = (0..12).map(|_| begin(&server, message)).collect();
        let mut refused = 0;
        until("most are refused", || {
            let before = peers.len();
            peers.retain_mut(|peer| !is_refused(peer));
            refused += before - peers.len();
            refused >= 7
        });
        let processes = server.children().into_iter().chain([server.process()]);
        let peak = processes.map(peak).max().unwrap();
        assert!(peak < 2 * budget, "{model}: {peak}");
        // Others are served, and those who have room can end what they have begun.
        assert_eq!(Peer::connect(server.address(), FRAMINGS[0]).ask(ADD), SUM, "{model}");
        drop(peers);
        if model == "event-loop" {
            assert_eq!(HttpPeer::connect(server.address()).ask(&large()).status, 200, "{model}");
        }
    }
}

#[test]
fn a_message_that_finds_no_memory_is_refused_and_the_server_lives() {
    for model in ["threads", "prefork"] {
        let options = format!("--model {model} --workers 1 --unfinished-bytes {}", 1_u64 << 40);
        let server = Served::start(SERVER, &options);
        let mut first = Peer::connect(server.address(), FRAMINGS[0]);
        assert_eq!(first.ask(ADD), SUM, "{model}");
        let processes = server.children();
        let process = processes.first().copied().unwrap_or(server.process());
        leave(32 * MIB, process);
        let framed = frame(FRAMINGS[0], large().as_bytes());
        // More than there is, and more than the allocator has in store.
        let mut peers: Vec<_> = (0..12).map(|_| begin(&server, &framed)).collect();
        until("some are refused", || peers.iter_mut().any(is_refused));
        drop(peers);
        until("others are served", || Peer::connect(server.address(), FRAMINGS[0]).ask(ADD) == SUM);
        assert!(process.exists() && !process.is_zombie(), "{model}");
    }
}

#[test]
fn many_threads_in_a_small_address_space_refuse_messages_and_go_on() {
    let mut command = Command::new("prlimit");
    command.args([&format!("--as={}", 700 * MIB), SERVER, "--model", "threads"]);
    let server = Served::start_by(command.stderr(Stdio::null()));
    let framed = frame(FRAMINGS[0], "x".repeat(10 * MIB - 1).as_bytes());
    let (refused, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                let mut peer = begin(&server, &framed);
                until("it is refused", || is_over.load(Relaxed) || is_refused(&mut peer));
                refused.fetch_add(1, Relaxed);
                until("all are", || is_over.load(Relaxed));
            });
        }
        // The budget has room for eight.
        until("most are refused", || refused.load(Relaxed) > 60);
        is_over.store(true, Relaxed);
    });
    until("others are served", || Peer::connect(server.address(), FRAMINGS[0]).ask(ADD) == SUM);
    assert!(server.process().exists() && !server.process().is_zombie());
}

#[test]
fn a_body_counts_until_its_request_is_answered() {
    let gate = Arc::new(Semaphore::new(0));
    let of_server = Arc::clone(&gate);
    let server = RpcServer::exported()
        .authenticate_async(move |_: Credentials<'static>| {
            let gate = Arc::clone(&of_server);
            async move {
                gate.acquire().await.unwrap().forget();
                Ok(Identity::new("ada"))
            }
        })
        // Room for two that grow by doubling.
        .unfinished_bytes(40 * MIB);
    let server = Model::EventLoop.start(server);
    let call = format!(r#"{{"method_name":"same","method_args":["{}"]}}"#, "x".repeat(9 * MIB));
    let request = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{call}",
        call.len()
    );
    let mut peers: Vec<_> = (0..3)
        .map(|_| {
            let mut peer = TcpStream::connect(server.address().socket_addr().unwrap()).unwrap();
            peer.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
            // It may be refused before all has been sent.
            let _ = peer.write_all(request.as_bytes());
            peer
        })
        .collect();
    until("one is refused", || {
        peers.retain_mut(|peer| !is_refused(peer));
        peers.len() < 3
    });
    assert_eq!(peers.len(), 2);
    gate.add_permits(2);
    for mut peer in peers {
        peer.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut head = [0; 15];
        peer.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 200 OK");
    }
}

/// Text in gzip that is hardly smaller, since what stands in it is chance; `None` without Python.
fn zipped(call: &str) -> Option<Vec<u8>> {
    let zip =
        "import gzip, sys; sys.stdout.buffer.write(gzip.compress(sys.stdin.buffer.read(), 1))";
    let mut python = Command::new("python3");
    let python = python.args(["-c", zip]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut python = python.ok()?;
    let mut input = python.stdin.take().unwrap();
    let call = call.to_owned();
    let writing = thread::spawn(move || input.write_all(call.as_bytes()).unwrap());
    let zipped = python.wait_with_output().unwrap().stdout;
    writing.join().unwrap();
    Some(zipped)
}

#[test]
fn of_a_body_in_gzip_what_came_is_let_go_of_when_it_is_inflated() {
    let mut noise = 1_u32;
    let noise = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'0' + noise.to_be_bytes()[0] % 64)
    });
    let noise: String = noise.filter(|c| *c != '\\').take(7 * MIB).collect();
    // What came grows to 8 MiB, and so does what it was: there is room for both, and then for one and what came of another.
    let server = RpcServer::exported().unfinished_bytes(27 * MIB);
    let server = Model::EventLoop.start(server);
    let gate = Gate::closed();
    let call = format!(
        r#"{{"method_name":"pass_gate_blocking","method_args":[{}],"method_kwargs":{{"number":1}},"noise":"{noise}"}}"#,
        gate.number()
    );
    let Some(zipped) = zipped(&call) else { return println!("no Python: not tested") };
    assert!(zipped.len() > 4 * MIB, "{}", zipped.len());
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\
         Content-Length: {}\r\n\r\n",
        zipped.len()
    );
    let request = [head.as_bytes(), &zipped].concat();
    let peers: Vec<_> = (1..=2)
        .map(|count| {
            let mut peer = HttpPeer::connect(server.address());
            peer.write(&request);
            gate.until_reached_by(count);
            peer
        })
        .collect();
    gate.open();
    for mut peer in peers {
        assert_eq!(peer.receive().unwrap().status, 200);
    }
}

/// Every model, each process of which has a budget of its own.
const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// Sends bytes and receives what is said up to the end, as far as it is text.
fn told(server: &Served, bytes: &[u8]) -> String {
    let mut peer = TcpStream::connect(server.address()).unwrap();
    peer.write_all(bytes).unwrap();
    let mut told = Vec::new();
    peer.read_to_end(&mut told).unwrap();
    String::from_utf8_lossy(&told).into_owned()
}

#[test]
fn every_model_refuses_what_its_budget_has_no_room_for() {
    let call = format!(r#"{{"method_name":"same","method_args":["{}"]}}"#, "x".repeat(800_000));
    let zip = "import gzip, sys; sys.stdout.buffer.write(gzip.compress(sys.stdin.buffer.read()))";
    let mut python = Command::new("python3");
    let python = python.args(["-c", zip]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = python else { return println!("no Python: not tested") };
    python.stdin.take().unwrap().write_all(call.as_bytes()).unwrap();
    let zipped = python.wait_with_output().unwrap().stdout;
    // Small as it comes, and large when it is inflated.
    assert!(zipped.len() < 60_000, "{}", zipped.len());
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        zipped.len()
    );
    let zipped = [head.as_bytes(), &zipped].concat();
    let framed = frame(FRAMINGS[0], call.as_bytes());
    at_once(MODELS, |model| {
        let small = Served::start(SERVER, &format!("--model {model} --unfinished-bytes 300000"));
        for bytes in [&zipped[..], &framed[..framed.len() - 1]] {
            let told = told(&small, bytes);
            assert!(told.contains("-32000"), "{model}: {told}");
            let figure = "unfinished ones may take 300000 bytes together";
            assert!(
                told.contains(figure) && told.contains("`unfinished_bytes`"),
                "{model}: {told}"
            );
        }
        assert_eq!(HttpPeer::connect(small.address()).ask(ADD).status, 200, "{model}");
        let large = Served::start(SERVER, &format!("--model {model} --unfinished-bytes 3000000"));
        let told = told(&large, &zipped);
        assert!(told.contains("xxx") && told.starts_with("HTTP/1.1 200 "), "{model}: {told:.300}");
    });
}
