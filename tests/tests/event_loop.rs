//! The event loop serves every connection at once, and none of them can hold up the others.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use examples::{add, echo};
use rpc_core::protocol::Framing;
use rpc_core::server::EventLoop;
use rpc_core::transport::Address;
use rpc_core::{AsyncRpcClient, RpcClient, RpcServer, Stub, args, rpc_export};
use tests::{FRAMINGS, Gate, Model, Peer, Running, frame, run, until};

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;

/// Lets others run for some time, then answers with the number.
#[rpc_export]
async fn doze_ms(ms: u64, number: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    number
}

/// Panics after some time.
#[rpc_export]
async fn fall_later() {
    tokio::time::sleep(Duration::from_millis(10)).await;
    panic!("a secret");
}

fn call(method: &str, first: u64, second: u64, id: Option<u64>) -> String {
    let id = id.map(|id| format!(r#","id":{id}"#)).unwrap_or_default();
    format!(r#"{{"method_name":"{method}","method_args":[{first},{second}]{id}}}"#)
}

#[test]
fn calls_with_ids_overtake_each_other_and_calls_without_keep_their_order() {
    let server = Model::EventLoop.start(RpcServer::exported());
    for framing in FRAMINGS {
        for method in ["pass_gate_later", "pass_gate_blocking"] {
            let mut peer = Peer::connect(server.address(), framing);
            let [first, second] = [(); 2].map(|()| Gate::closed());
            peer.send(&call(method, first.number(), 1, Some(1)));
            peer.send(&call(method, second.number(), 2, Some(2)));
            assert_eq!(peer.ask(ADD.replace(":1}", ":3}").as_str()), r#"{"res":13,"id":3}"#);
            second.open();
            assert_eq!(peer.receive().unwrap(), r#"{"res":2,"id":2}"#);
            first.open();
            assert_eq!(peer.receive().unwrap(), r#"{"res":1,"id":1}"#);
            let gate = Gate::closed();
            peer.send(&call(method, gate.number(), 1, None));
            peer.send(&call(method, second.number(), 2, None));
            peer.send(r#"{"method_name":"add","method_args":[1,2]}"#);
            // Time for the later ones to overtake, if they could.
            thread::sleep(Duration::from_millis(50));
            gate.open();
            for expected in [1, 2, 13] {
                assert_eq!(peer.receive().unwrap(), format!(r#"{{"res":{expected}}}"#));
            }
        }
    }
}

#[test]
fn functions_that_block_or_wait_hold_up_nobody() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let address = server.address();
    let gate = Gate::closed();
    let mut waiting: Vec<_> = (0..16)
        .map(|n| {
            let mut peer = Peer::connect(&address, FRAMINGS[0]);
            let method = if n % 2 == 0 { "pass_gate_later" } else { "pass_gate_blocking" };
            peer.send(&call(method, gate.number(), n, None));
            peer
        })
        .collect();
    for _ in 0..100 {
        assert_eq!(Peer::connect(&address, FRAMINGS[0]).ask(ADD), SUM);
    }
    gate.open();
    for (n, peer) in waiting.iter_mut().enumerate() {
        assert_eq!(peer.receive().unwrap(), format!(r#"{{"res":{n}}}"#));
    }
}

#[test]
fn a_panic_on_the_way_is_answered() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
    let panicked =
        r#"{"code":-32603,"message":"`fall_later` panicked; the server's log says why"}"#;
    for id in ["", r#","id":"x""#] {
        let reply = peer.ask(&format!(r#"{{"method_name":"fall_later"{id}}}"#));
        assert_eq!(reply, format!(r#"{{"error":{panicked}{id}}}"#));
        assert_eq!(peer.ask(ADD), SUM);
    }
}

#[test]
fn a_fault_of_the_connection_does_not_overtake_the_replies_of_calls_that_run() {
    let server = Model::EventLoop.start(RpcServer::exported());
    for bytes in [&b"{\"method"[..], b"}"] {
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        peer.send(&call("doze_ms", 200, 1, Some(1)));
        // The rest is not looked at.
        peer.write(bytes);
        peer.finish();
        assert_eq!(peer.receive().unwrap(), r#"{"res":1,"id":1}"#);
        assert!(peer.receive().unwrap().contains("-32700"));
        assert!(peer.is_ended());
    }
}

#[test]
fn one_connection_too_many_is_told_so() {
    let model = EventLoop { max_connections: 2, ..EventLoop::default() };
    let server = RpcServer::exported().start_with("127.0.0.1:0", model).unwrap();
    let mut peers = FRAMINGS.map(|framing| {
        let mut peer = Peer::connect(server.address(), framing);
        assert_eq!(peer.ask(ADD), SUM);
        peer
    });
    for framing in FRAMINGS {
        let mut peer = Peer::connect(server.address(), framing);
        let reply = peer.ask(ADD);
        assert!(reply.contains("-32000") && reply.ends_with(r#","id":1}"#), "{reply}");
        assert!(peer.is_ended());
    }
    assert_eq!(peers[0].ask(ADD), SUM);
    drop(peers);
    until("a place becomes free", || Peer::connect(server.address(), FRAMINGS[0]).ask(ADD) == SUM);
}

#[test]
fn several_threads_serve_one_port() {
    let model = EventLoop { threads: 2, ..EventLoop::default() };
    let server = RpcServer::exported().start_with("127.0.0.1:0", model).unwrap();
    thread::scope(|scope| {
        for n in 0..8 {
            let address = server.address();
            scope.spawn(move || {
                let client = RpcClient::connect(address).unwrap();
                for m in 0..100 {
                    assert_eq!(client.add(n, m).call().unwrap(), n + m + 10);
                }
            });
        }
    });
    let address = server.address();
    server.stop();
    server.wait().unwrap();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_server_is_part_of_somebody_elses_runtime() {
    let mut single = tokio::runtime::Builder::new_current_thread();
    let mut several = tokio::runtime::Builder::new_multi_thread();
    for runtime in [single.enable_all(), several.worker_threads(2).enable_all()] {
        runtime.build().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let server = RpcServer::exported().serve_on(listener, async { drop(stopped.await) });
            let server = tokio::spawn(server);
            let client = AsyncRpcClient::connect(&address).await.unwrap();
            assert_eq!(client.echo("embedded").call().await.unwrap(), "embedded");
            let running = client.doze_ms(200, 5).start().unwrap();
            assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
            drop(stop);
            assert_eq!(running.await.unwrap(), 5);
            // The client was told and has left, so nobody is waited for.
            let ended = tokio::time::timeout(Duration::from_secs(1), server).await;
            ended.expect("in time").unwrap().unwrap();
            assert!(TcpStream::connect(address).is_err());
        });
    }
}

#[test]
fn a_server_on_somebody_elses_runtime_answers_who_is_not_accepted_yet() {
    run(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut peers: Vec<_> = (0..5).map(|n| Peer::connect(address, FRAMINGS[n % 2])).collect();
        for peer in &mut peers {
            peer.send(ADD);
        }
        let asking = thread::spawn(move || {
            for mut peer in peers {
                assert_eq!(peer.receive().unwrap(), SUM);
                peer.finish();
            }
        });
        // Stopped before it has served at all.
        RpcServer::exported().serve_on(listener, async {}).await.unwrap();
        assert!(TcpStream::connect(address).is_err());
        asking.join().unwrap();
    });
}

#[test]
fn slow_peers_do_not_disturb_others() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let address = server.address();
    let slow: Vec<_> = (0..200)
        .map(|n| {
            let mut peer = Peer::connect(&address, FRAMINGS[n % 2]);
            peer.write(&frame(peer.framing(), ADD.as_bytes())[..7 + n % 9]);
            peer
        })
        .collect();
    run(async {
        let client = AsyncRpcClient::connect(&address).await.unwrap();
        let begun = Instant::now();
        for n in 0..1000 {
            assert_eq!(client.add(n, 0).call().await.unwrap(), n + 10);
        }
        // Far below the time that slow peers have.
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    });
    drop(slow);
}

/// The server of the tests in a process that has so many descriptors.
fn with_descriptors(limit: usize) -> (Running, Address, u32) {
    let program = env!("CARGO_BIN_EXE_model_server");
    let mut command = Command::new("sh");
    let script =
        format!("ulimit -n {limit}; exec {program} --model event-loop --idle-timeout-ms 600000");
    command.args(["-c", &script]).process_group(0);
    let mut server = Running::start(&mut command);
    let line = server.line();
    let address: Address = line.strip_prefix("listening ").expect(&line).parse().unwrap();
    let process = RpcClient::connect(&address).unwrap().call("process_id", args![], ()).unwrap();
    (server, address, process)
}

/// The time of a processor that a process has taken.
fn processor_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let ticks = |n| rest.split(' ').nth(n).unwrap().parse::<u64>().unwrap();
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

#[test]
fn without_descriptors_the_server_waits_for_some_and_does_not_spin() {
    let (_server, address, process) = with_descriptors(40);
    let mut connections: Vec<_> = (0..60).map(|_| TcpStream::connect(&address).unwrap()).collect();
    thread::sleep(Duration::from_millis(300));
    let before = processor_time(process);
    thread::sleep(Duration::from_secs(2));
    let taken = processor_time(process).saturating_sub(before);
    assert!(taken <= Duration::from_millis(100), "{taken:?} of two seconds");
    connections.truncate(5);
    let begun = Instant::now();
    assert_eq!(Peer::connect(&address, FRAMINGS[0]).ask(ADD), SUM);
    // The promise is a second; a busy machine may take a while.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

fn resident_bytes(process: u32) -> usize {
    let sizes = fs::read_to_string(format!("/proc/{process}/statm")).unwrap();
    sizes.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn ten_thousand_idle_connections_cost_little() {
    let descriptors = fs::read_to_string("/proc/self/limits").unwrap();
    let line = descriptors.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let soft: usize = line.split_whitespace().nth(3).unwrap().parse().unwrap_or(usize::MAX);
    let count = 10_000.min(soft.saturating_sub(500));
    let (_server, address, process) = with_descriptors(count + 200);
    // What is allocated once is there before it is measured.
    for _ in 0..10 {
        assert_eq!(Peer::connect(&address, FRAMINGS[0]).ask(ADD), SUM);
    }
    let before = resident_bytes(process);
    let mut peers: Vec<_> = (0..count)
        .map(|n| {
            let mut peer = Peer::connect_small(&address, FRAMINGS[n % 2]);
            assert_eq!(peer.ask(ADD), SUM);
            peer
        })
        .collect();
    let each = (resident_bytes(process) - before) / count;
    println!("{count} idle connections: {each} bytes each");
    assert!(each <= 4096, "{each} bytes each");
    for peer in peers.iter_mut().step_by(997) {
        assert_eq!(peer.ask(ADD), SUM);
    }
}
