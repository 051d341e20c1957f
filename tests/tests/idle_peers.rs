//! A peer that is silent keeps nobody else from being served, in any model, and is served afterwards.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use examples::add;
use rpc_core::client::Dialect;
use rpc_core::error::Misuse;
use rpc_core::protocol::Framing;
use rpc_core::{RpcClient, RpcServer, Stub, args, kwargs};
use tests::{
    EVERY_FRAMING, Folder, Frame, HttpPeer, Model, Peer, Served, WebSocket, frame, until,
    until_accepted,
};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
/// The default of the server's is as long as others would wait.
const PATIENT: &str = "--idle-timeout-ms 60000";
const MODELS: [&str; 6] = [
    "--model single",
    "--model threads",
    "--model fork",
    "--model prefork --workers 2",
    "--model event-loop",
    "--model prefork-event-loop --workers 2",
];
/// Those in which a thread serves several connections in turns.
const IN_TURNS: [&str; 3] =
    ["--model single", "--model prefork --workers 1", "--model prefork --workers 2"];

/// Far longer than a time slice, far shorter than any timeout.
const A_WHILE: Duration = Duration::from_millis(100);
/// Far below the idle timeout, far above what a busy machine adds.
const AT_ONCE: Duration = Duration::from_secs(20);

const CALL: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const SUM: &str = r#"{"res":13}"#;
const CALL_WITH_ID: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM_WITH_ID: &str = r#"{"res":13,"id":1}"#;
const JSON_RPC: &str = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;
const JSON_RPC_SUM: &str = r#"{"jsonrpc":"2.0","result":13,"id":1}"#;
const NOTICE: &str = r#"{"notice":"draining"}"#;

fn serve(model: &str) -> Served {
    Served::start(SERVER, &format!("{model} {PATIENT}"))
}

fn at(server: &Served) -> SocketAddr {
    server.address().socket_addr().unwrap()
}

/// A client that gives up long before an idle peer is.
fn client(server: &Served) -> RpcClient {
    RpcClient::builder().call_timeout(AT_ONCE).connect(server.address()).unwrap()
}

/// Somebody who has been served and stays connected.
enum Idle {
    Raw(Peer, &'static str, &'static str),
    Http(HttpPeer),
    WebSocket(WebSocket),
}

impl Idle {
    const KINDS: [&str; 7] = [
        "silent from the start",
        "after a call with an id",
        "after a call without one",
        "in JSON-RPC",
        "in frames",
        "over HTTP",
        "over a WebSocket",
    ];

    /// Connects and is silent.
    fn new(server: &Served, kind: &str) -> Self {
        let raw = |framing, call, reply| {
            let mut peer = Peer::connect(server.address(), framing);
            if kind != "silent from the start" {
                assert_eq!(peer.ask(call), reply, "{kind}");
            }
            Self::Raw(peer, call, reply)
        };
        match kind {
            "after a call with an id" => raw(Framing::Raw, CALL_WITH_ID, SUM_WITH_ID),
            "in JSON-RPC" => raw(Framing::Raw, JSON_RPC, JSON_RPC_SUM),
            "in frames" => raw(Framing::LengthPrefix, CALL, SUM),
            "over HTTP" => {
                let mut peer = HttpPeer::connect(at(server));
                assert_eq!(peer.ask(CALL).body, SUM);
                Self::Http(peer)
            }
            "over a WebSocket" => {
                let mut socket = WebSocket::connect(at(server));
                assert_eq!(socket.ask(CALL), SUM);
                Self::WebSocket(socket)
            }
            _ => raw(Framing::Raw, CALL, SUM),
        }
    }

    /// Calls again over the same connection; one that HTTP is spoken on may have been closed for others.
    fn call(&mut self, place: &str) {
        match self {
            Self::Raw(peer, call, reply) => assert_eq!(peer.ask(call), *reply, "{place}"),
            Self::WebSocket(socket) => assert_eq!(socket.ask(CALL), SUM, "{place}"),
            Self::Http(peer) => {
                let request = HttpPeer::post("Content-Type: application/json\r\n", CALL);
                if peer.try_write(request.as_bytes()).is_ok()
                    && let Some(response) = peer.receive()
                {
                    assert_eq!(response.body, SUM, "{place}");
                }
            }
        }
    }
}

/// Runs a test with every model, all at the same time since such tests mostly wait.
fn with_each(models: &[&'static str], test: impl Fn(&'static str) + Sync) {
    thread::scope(|scope| {
        for model in models {
            let test = &test;
            scope.spawn(move || test(model));
        }
    });
}

#[test]
fn others_are_served_beside_idle_peers_who_then_go_on() {
    with_each(&MODELS, |model| {
        for kind in Idle::KINDS {
            let place = format!("{kind}, {model}");
            let server = serve(model);
            // More than there are workers.
            let mut idle: Vec<_> = (0..4).map(|_| Idle::new(&server, kind)).collect();
            let client = client(&server);
            assert_eq!(client.add(1, 2).call().unwrap(), 13, "{place}");
            assert_eq!(HttpPeer::connect(at(&server)).ask(CALL).body, SUM, "{place}");
            assert_eq!(WebSocket::connect(at(&server)).ask(CALL), SUM, "{place}");
            for _ in 0..2 {
                for peer in idle.iter_mut().rev() {
                    peer.call(&place);
                }
                thread::sleep(A_WHILE);
            }
            assert_eq!(client.add(1, 2).call().unwrap(), 13, "{place}");
        }
    });
}

#[test]
fn many_of_every_kind_share_a_thread() {
    with_each(&IN_TURNS, |model| {
        let server = serve(model);
        let kinds = || Idle::KINDS.into_iter().cycle().take(15 * Idle::KINDS.len());
        let mut idle: Vec<_> = kinds().map(|kind| (kind, Idle::new(&server, kind))).collect();
        let client = client(&server);
        for (kind, peer) in &mut idle {
            peer.call(kind);
            assert_eq!(client.add(1, 2).call().unwrap(), 13, "{model}");
        }
    });
}

#[test]
fn a_peer_that_stops_within_a_message_keeps_nobody_waiting() {
    with_each(&IN_TURNS, |model| {
        for framing in EVERY_FRAMING {
            let server = serve(model);
            let whole = frame(framing, CALL.as_bytes());
            for length in [1, 3, 5, 30] {
                let mut slow = [(); 3].map(|()| Peer::connect(server.address(), framing));
                for peer in &mut slow {
                    peer.write(&whole[..length]);
                }
                assert_eq!(client(&server).add(1, 2).call().unwrap(), 13, "{model}, {framing:?}");
                thread::sleep(A_WHILE);
                for peer in &mut slow {
                    peer.write(&whole[length..]);
                    assert_eq!(peer.receive().unwrap(), SUM, "{model}, {framing:?}, {length}");
                    assert_eq!(peer.ask(CALL), SUM, "{model}, {framing:?}");
                }
            }
        }
    });
}

#[test]
fn a_peer_that_calls_without_pause_gives_way() {
    with_each(&["--model single", "--model prefork --workers 1"], |model| {
        let server = serve(model);
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let mut sender = Peer::connect(server.address(), Framing::Raw);
            assert_eq!(sender.ask(CALL), SUM);
            let over = &over;
            scope.spawn(move || {
                // Always more than one ahead, so that there is never a gap.
                (0..4).for_each(|_| sender.send(CALL));
                while !over.load(Ordering::Relaxed) {
                    sender.send(CALL);
                    assert_eq!(sender.receive().unwrap(), SUM);
                }
            });
            for _ in 0..3 {
                let other = client(&server).call::<i64>("add", args![1, 2], kwargs! {});
                over.store(other.is_err(), Ordering::Relaxed);
                assert_eq!(other.unwrap(), 13, "{model}");
            }
            over.store(true, Ordering::Relaxed);
        });
    });
}

#[test]
fn idle_peers_are_closed_when_their_time_is_up_and_not_before() {
    let timeout = Duration::from_secs(2);
    let server = Model::SingleThread.start(RpcServer::exported().idle_timeout(timeout));
    let mut peers: Vec<_> =
        (0..4).map(|n| Peer::connect(server.address(), EVERY_FRAMING[n % 3])).collect();
    let begun = Instant::now();
    for peer in &mut peers[1..] {
        assert_eq!(peer.ask(CALL), SUM);
    }
    for peer in &mut peers {
        assert!(peer.is_ended());
        assert!(begun.elapsed() + A_WHILE >= timeout, "{:?}", begun.elapsed());
    }
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    // Nobody who is closed keeps another waiting until it has seen that.
    drop(Peer::connect(server.address(), Framing::Raw).ask(CALL));
}

#[test]
fn a_websocket_that_is_set_aside_is_asked_whether_it_is_there() {
    let options = "--model single --idle-timeout-ms 2000";
    let server = Served::start(SERVER, options);
    let mut sockets = [(); 3].map(|()| WebSocket::connect(at(&server)));
    for socket in &mut sockets {
        assert_eq!(socket.ask(CALL), SUM);
    }
    for socket in &mut sockets {
        assert_eq!(socket.receive(), Some(Frame::Ping(Vec::new())));
    }
    let [mut answers, silent @ ..] = sockets;
    answers.send_frame(0x8a, b"");
    for mut socket in silent {
        socket.assert_closed_with(1000, options);
    }
    assert_eq!(answers.receive(), Some(Frame::Ping(Vec::new())));
    assert_eq!(answers.ask(CALL), SUM);
}

#[test]
fn others_are_served_beside_idle_peers_over_unix_sockets() {
    let folder = Folder::new();
    for (number, model) in IN_TURNS.iter().enumerate() {
        let path = folder.path().join(number.to_string());
        let options = format!("{model} {PATIENT} --listen unix:{}", path.display());
        let server = Served::start(SERVER, &options);
        let mut idle: Vec<_> =
            (0..6).map(|n| Peer::connect(server.address(), EVERY_FRAMING[n % 3])).collect();
        for _ in 0..2 {
            assert_eq!(client(&server).add(1, 2).call().unwrap(), 13, "{model}");
            for peer in idle.iter_mut().rev() {
                assert_eq!(peer.ask(CALL), SUM, "{model}");
            }
        }
    }
}

#[test]
fn a_connection_over_http_is_kept_while_nobody_waits() {
    with_each(&IN_TURNS, |model| {
        let server = serve(model);
        let mut peer = HttpPeer::connect(at(&server));
        for _ in 0..4 {
            assert_eq!(peer.ask(CALL).body, SUM, "{model}");
            thread::sleep(A_WHILE);
        }
        if !model.ends_with('2') {
            assert_eq!(client(&server).add(1, 2).call().unwrap(), 13, "{model}");
            assert!(peer.is_ended(), "{model}");
        }
    });
}

#[test]
fn a_client_that_keeps_calling_over_http_gives_way() {
    with_each(&["--model single", "--model prefork --workers 1"], |model| {
        let server = serve(model);
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let (server, over) = (&server, &over);
            scope.spawn(move || {
                let mut peer = HttpPeer::connect(at(server));
                while !over.load(Ordering::Relaxed) {
                    let response = peer.ask(CALL);
                    assert_eq!(response.body, SUM, "{model}");
                    // It is told with a response, not between two calls.
                    if response.header("connection") == Some("close") {
                        assert!(peer.is_ended(), "{model}");
                        peer = HttpPeer::connect(at(server));
                    }
                }
            });
            let other = client(server);
            for _ in 0..10 {
                let sum = other.call::<i64>("add", args![1, 2], kwargs! {});
                over.store(sum.is_err(), Ordering::Relaxed);
                assert_eq!(sum.unwrap(), 13, "{model}");
            }
            over.store(true, Ordering::Relaxed);
        });
    });
}

#[test]
fn of_very_many_those_are_given_up_who_have_been_silent_for_longest() {
    let many = |server: &Served, count: usize| {
        let mut peers: Vec<_> = (0..count)
            .map(|_| {
                let mut peer = Peer::connect(server.address(), Framing::Raw);
                assert_eq!(peer.ask(CALL_WITH_ID), SUM_WITH_ID);
                peer
            })
            .collect();
        assert_eq!(client(server).add(1, 2).call().unwrap(), 13);
        assert_eq!(peers[0].receive().unwrap(), NOTICE);
        // It does not leave by itself.
        assert!(peers[0].is_ended());
        assert_eq!(peers[count - 1].ask(CALL_WITH_ID), SUM_WITH_ID);
    };
    many(&serve("--model single"), 600);
    // Of a process with few descriptors.
    let options = format!("--nofile=64 {SERVER} --model single {PATIENT}");
    many(&Served::start("prlimit", &options), 60);
}

#[test]
fn a_server_that_stops_tells_idle_peers_and_closes_them() {
    with_each(&IN_TURNS, |model| {
        let mut server = serve(model);
        let three = |call, reply| {
            [(); 3].map(|()| {
                let mut peer = Peer::connect(server.address(), Framing::Raw);
                assert_eq!(peer.ask(call), reply, "{model}");
                peer
            })
        };
        let mut told = three(CALL_WITH_ID, SUM_WITH_ID);
        let mut closed = three(CALL, SUM);
        let mut socket = WebSocket::connect(at(&server));
        assert_eq!(socket.ask(CALL), SUM);
        let mut silent = Peer::connect(server.address(), Framing::Raw);
        until_accepted(server.address(), 8);
        server.process().signal("TERM");
        let begun = Instant::now();
        for peer in &mut closed {
            assert!(peer.is_ended(), "{model}");
        }
        for peer in &mut told {
            assert_eq!(peer.receive().unwrap(), NOTICE, "{model}");
        }
        // What those ask who were told is answered until they leave; they leave in another order.
        for peer in told.iter_mut().rev() {
            assert_eq!(peer.ask(CALL_WITH_ID), SUM_WITH_ID, "{model}");
            peer.finish();
            assert!(peer.is_ended(), "{model}");
        }
        assert_eq!(silent.ask(CALL), SUM, "{model}");
        assert!(silent.is_ended(), "{model}");
        socket.assert_closed_with(1001, model);
        assert!(server.wait().success(), "{model}");
        assert!(begun.elapsed() < AT_ONCE, "{model}: {:?}", begun.elapsed());
    });
}

#[test]
fn workers_that_are_renewed_lose_no_call_of_idle_clients() {
    let server = serve("--model prefork --workers 2");
    let builder = || RpcClient::builder().call_timeout(AT_ONCE);
    let clients: Vec<_> = [Dialect::Native, Dialect::NativeWithoutIds]
        .into_iter()
        .flat_map(|dialect| [(); 4].map(|()| builder().dialect(dialect)))
        .map(|builder| builder.connect(server.address()).unwrap())
        .collect();
    let first = server.children();
    for client in &clients {
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
    }
    server.process().signal("HUP");
    until("the old ones have left", || {
        let now = server.children();
        now.len() == 2 && first.iter().all(|worker| !now.contains(worker))
    });
    for client in &clients {
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
    }
}

#[test]
fn a_worker_that_leaves_after_its_calls_tells_whom_it_has_set_aside() {
    let server = Served::start(SERVER, "--model prefork --workers 1 --max-calls 6");
    let mut idle: Vec<_> = (0..4)
        .map(|_| {
            let mut peer = Peer::connect(server.address(), Framing::Raw);
            assert_eq!(peer.ask(CALL_WITH_ID), SUM_WITH_ID);
            peer
        })
        .collect();
    assert_eq!(idle[0].ask(CALL_WITH_ID), SUM_WITH_ID);
    // The reply to the last may come behind what is said to all.
    let mut last = [idle[0].ask(CALL_WITH_ID), idle[0].receive().unwrap()];
    last.sort_unstable();
    assert_eq!(last, [NOTICE, SUM_WITH_ID]);
    drop(idle.remove(0));
    for peer in &mut idle {
        assert_eq!(peer.receive().unwrap(), NOTICE);
        peer.finish();
        assert!(peer.is_ended());
    }
    assert_eq!(client(&server).add(1, 2).call().unwrap(), 13);
}

#[test]
fn a_time_slice_of_zero_is_refused() {
    let server = RpcServer::exported().time_slice(Duration::ZERO);
    let error = server.start("127.0.0.1:0").unwrap_err();
    let misuse = Misuse::NoTime { setting: "time_slice" };
    assert_eq!(error.to_string(), misuse.to_string());
}
