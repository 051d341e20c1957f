//! Peers that are slow, silent, or do not read.

use std::io::{ErrorKind, Write};
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::protocol::Framing;
use serde_json::json;
use tests::{Peer, Served, WebSocket, frame, until};

use crate::model::Model;
use crate::promise::{Figures, Promise};
use crate::setup::Setup;
use crate::system::{connections, mb, memory, ms, percentile};
use crate::wire::{ADD, SUM, Way, Wire, native};

pub(super) const PROMISES: &[Promise] = &[
    Promise::of_servers(
        "slow-peers",
        Model::ALL,
        slow_peers,
        "a peer that is silent, or sends a byte a second, is closed after 30 s; with 200 of them the p99 of others \
         stays below twice its normal (below 12 ms where one thread serves all)",
    ),
    Promise::of_servers(
        "unread-replies",
        Model::ALL,
        unread_replies,
        "a client that never reads its replies costs 64 MB at most and is closed after the write timeout (30 s)",
    )
    .side_by_side(),
    Promise::of_servers(
        "idle-peer",
        Model::ALL,
        idle_peer,
        "a peer that is idle keeps nobody else from being served",
    ),
];

/// Peers that say nothing or next to nothing, beside one that calls.
fn slow_peers(setup: Setup) -> Figures {
    let peers = setup.pick(40, 200);
    let timeout = Duration::from_millis(setup.pick(2000, 30_000));
    let round = Duration::from_millis(setup.pick(400, 1000));
    let server = setup.serve(&format!(
        "--max-connections 1000 --idle-timeout-ms {0} --message-timeout-ms {0}",
        timeout.as_millis()
    ));
    let normal = least_p99(&server, round, Instant::now() + round * 3);
    let begun = Instant::now();
    let message =
        frame(Framing::LengthPrefix, native(1, "echo", &json!(["x".repeat(2000)])).as_bytes());
    let mut slow: Vec<_> = (0..peers).map(|_| Wire::connect(&server)).collect();
    let end = begun + timeout * 2 / 3;
    let beside = thread::scope(|scope| {
        scope.spawn(|| {
            // Every second one is silent; the others send a byte a second, one after another.
            let mut bytes = message.iter();
            while Instant::now() < end {
                let byte = [*bytes.next().unwrap()];
                for wire in slow.iter_mut().step_by(2) {
                    wire.send(byte);
                    thread::sleep(Duration::from_secs(2) / peers);
                }
            }
        });
        least_p99(&server, round, end)
    });
    let patience = timeout * 3 + Duration::from_secs(5);
    let closed = slow
        .iter_mut()
        .filter_map(|wire| wire.rest(patience.saturating_sub(begun.elapsed())))
        .count();
    let figures = Figures::new()
        .told("p99 alone", ms(normal), "ms")
        .none("not closed", slow.len() - closed)
        .at_most(
            "the last closed after",
            begun.elapsed().as_secs_f64(),
            "s",
            timeout.as_secs_f64() * 1.1 + 3.0,
        );
    if matches!(setup.model, Model::SingleThread | Model::Prefork) {
        // One thread serves them all: it gives each byte that comes a time slice of 5 ms at most.
        figures.at_most("p99 beside them", ms(beside), "ms", setup.pick(50.0, 12.0))
    } else {
        // Beside other programs, as a quick run is, less than some milliseconds say nothing.
        let normal = normal.max(Duration::from_millis(setup.pick(3, 0)));
        let ratio = beside.as_secs_f64() / normal.as_secs_f64();
        figures.at_most("p99 grows to", ratio, "times its normal", setup.pick(10.0, 2.0))
    }
}

/// The least 99th percentile of one peer's calls in rounds: other programs run too, and what is measured
/// is the server.
fn least_p99(server: &Served, round: Duration, end: Instant) -> Duration {
    let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
    let mut least = Duration::MAX;
    assert_eq!(peer.ask(ADD), SUM);
    while Instant::now() < end {
        let mut times = Vec::new();
        let begun = Instant::now();
        while begun.elapsed() < round {
            let begun = Instant::now();
            assert_eq!(peer.ask(ADD), SUM);
            times.push(begun.elapsed());
        }
        least = least.min(percentile(&mut times, 0.99));
    }
    least
}

/// Asks for large replies as fast as the server takes calls, and takes none.
fn unread_replies(setup: Setup) -> Figures {
    let timeout = Duration::from_millis(setup.pick(1000, 30_000));
    let server = setup.serve(&format!("--write-timeout-ms {}", timeout.as_millis()));
    let (mut grown, mut slowest) = (0, Duration::ZERO);
    for framing in [Framing::LengthPrefix, Framing::Raw] {
        assert_eq!(Peer::connect(server.address(), framing).ask(ADD), SUM);
        let before = memory(server.process());
        let greedy = Wire::connect(&server);
        greedy.0.set_nonblocking(true).unwrap();
        let calls =
            frame(framing, native(1, "repeat", &json!(["x", 1_000_000])).as_bytes()).repeat(100);
        let (mut at, mut begun) = (0, Instant::now());
        while begun.elapsed() < timeout * 3 + Duration::from_secs(5) {
            match (&greedy.0).write(&calls[at..]) {
                Ok(count) => {
                    at = (at + count) % calls.len();
                    begun = Instant::now();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    grown = grown.max(memory(server.process()).saturating_sub(before));
                    thread::sleep(Duration::from_millis(20));
                }
                Err(_) => break,
            }
        }
        slowest = slowest.max(begun.elapsed());
        assert_eq!(Peer::connect(server.address(), framing).ask(ADD), SUM);
    }
    Figures::new().at_most("memory grows by", mb(grown), "MB", 64.0).at_most(
        "closed after",
        slowest.as_secs_f64(),
        "s",
        timeout.as_secs_f64() * 1.1 + 1.0,
    )
}

/// Somebody who is idle in each way, and how long another waits for its answer.
fn idle_peer(setup: Setup) -> Figures {
    let mut slowest = Duration::ZERO;
    // One worker, so that nobody else could serve.
    let server = setup.serve("--workers 1");
    let whole = frame(Framing::LengthPrefix, ADD.as_bytes());
    for _ in 0..setup.pick(1, 10) {
        for way in Way::ALL {
            let mut idle = way.connect(&server);
            assert_eq!(idle.ask(ADD), SUM);
            slowest = slowest.max(time_of_a_call(&server));
        }
        for begun in [0, 2, 4, whole.len() - 1] {
            let mut idle = Wire::connect(&server);
            idle.send(&whole[..begun]);
            accepted(&server, 1);
            slowest = slowest.max(time_of_a_call(&server));
        }
        let mut idle = WebSocket::connect(server.address().socket_addr().unwrap());
        idle.write(&[0x81]);
        slowest = slowest.max(time_of_a_call(&server));
    }
    Figures::new().at_most("served after", ms(slowest), "ms", setup.pick(1000.0, 250.0))
}

fn accepted(server: &Served, count: usize) {
    until("it is accepted", || connections(&server.address()) >= count);
}

fn time_of_a_call(server: &Served) -> Duration {
    let begun = Instant::now();
    assert_eq!(Peer::connect(server.address(), Framing::LengthPrefix).ask(ADD), SUM);
    begun.elapsed()
}
