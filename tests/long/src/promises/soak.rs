//! The soak: everything at once for a long time, on all models at the same time.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use examples::{add, echo};
use rpc_core::client::{ClientBuilder, Dialect, Pending};
use rpc_core::protocol::Framing;
use rpc_core::{AsyncRpcClient, RpcClient, call};
use serde_json::{Value, json};
use tests::{DIALECTS, EVERY_FRAMING, FRAMINGS, Peer, Served, frame, same, until};
use tokio::task::JoinSet;

use crate::model::Model;
use crate::promise::{Figures, Promise};
use crate::setup::{Setup, start};
use crate::system::{connections, descriptors, family, mb, memory_of_its_own};
use crate::wire::{ADD, Way, Wire, json_rpc};

pub(super) const PROMISES: &[Promise] = &[Promise::of_servers(
    "soak",
    Model::ALL,
    soak,
    "an hour of everything mixed, dialects, framings, sizes, batches, cut connections, malformed messages, both \
     clients: no wrong answer, memory grows by 1 MB an hour at most, descriptors stay as many",
)
.side_by_side()];

/// What is counted on the way.
#[derive(Debug, Default)]
struct Tally {
    calls: AtomicUsize,
    wrong: Mutex<Vec<String>>,
}

impl Tally {
    /// Counts a call whose result must be this.
    fn check<T: PartialEq + std::fmt::Debug, E: std::fmt::Display>(
        &self,
        result: Result<T, E>,
        expected: &T,
    ) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match result {
            Ok(result) if result == *expected => {}
            Ok(other) => self.say(format!("{other:.100?} instead of {expected:.100?}")),
            Err(error) => self.say(error.to_string()),
        }
    }

    fn say(&self, wrong: String) {
        self.wrong.lock().unwrap().push(wrong);
    }
}

/// Has a server keep no more memory than it holds, as far as the allocator can be told to: one arena, whose
/// end is given back. What it keeps in an arena for each of many threads goes up and down by more than is
/// looked for, and so does what the standard library keeps to print the backtrace of a panic.
fn steady(command: &mut Command) -> &mut Command {
    command
        .env("MALLOC_ARENA_MAX", "1")
        .env("MALLOC_TRIM_THRESHOLD_", "131072")
        .env("MALLOC_MMAP_THRESHOLD_", "131072")
        .env_remove("RUST_BACKTRACE")
        .stderr(Stdio::null())
}

/// The server at rest between two rounds.
struct Sample {
    hours: f64,
    memory: usize,
    descriptors: usize,
}

/// Rounds of traffic; the server is looked at between them, when nobody is connected.
fn soak(setup: Setup) -> Figures {
    let server = start(steady(&mut setup.command("--workers 2 --max-connections 500")));
    let tally = Tally::default();
    let rounds = setup.pick(6, 60);
    let begun = Instant::now();
    let mut samples = Vec::new();
    for round in 1..=rounds {
        let end = begun + setup.effort.soak * round / rounds;
        thread::scope(|scope| {
            scope.spawn(|| with_blocking_clients(&server, &tally, end));
            scope.spawn(|| with_asynchronous_clients(&server, &tally, end));
            scope.spawn(|| with_every_way(&server, &tally, end));
            scope.spawn(|| with_broken_peers(&server, end));
        });
        until("everybody has gone", || {
            let is_empty = connections(&server.address()) == 0;
            is_empty
                && (setup.model != Model::ForkPerConnection || family(server.process()).len() == 1)
        });
        samples.push(Sample {
            hours: begun.elapsed().as_secs_f64() / 3600.0,
            memory: memory_of_its_own(server.process()),
            descriptors: descriptors(server.process()),
        });
    }
    // What the first third brings in stays for good.
    let warm = &samples[samples.len() / 3..];
    let (first, last) = (&warm[0], &warm[warm.len() - 1]);
    let slope = slope(warm);
    let figures = Figures::new()
        .told("calls", tally.calls.into_inner() as f64, "")
        .none_of("wrong answers", &tally.wrong.into_inner().unwrap())
        .told("memory at first", mb(first.memory), "MB")
        .told("memory at last", mb(last.memory), "MB")
        .at_most(
            "descriptors more",
            last.descriptors as f64 - first.descriptors as f64,
            "",
            // A worker may not have given back the last one yet.
            0.0,
        );
    // A shorter time says nothing of an hour.
    if setup.effort.soak < Duration::from_secs(300) {
        return figures;
    }
    figures.at_most("memory grows by", slope, "MB/h", 1.0)
}

/// How much memory grows in an hour: the line that fits best.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (hours, memory) = (mean(|sample| sample.hours), mean(|sample| mb(sample.memory)));
    let both = samples.iter().map(|s| (s.hours - hours) * (mb(s.memory) - memory)).sum::<f64>();
    let squares = samples.iter().map(|s| (s.hours - hours).powi(2)).sum::<f64>();
    both / squares
}

/// Every way for a client to speak, one after another.
fn builder(number: usize, server: &Served) -> (ClientBuilder, String) {
    let address = server.address();
    let builder = RpcClient::builder();
    match number % 8 {
        0 => (builder.connections(1), format!("http://{address}")),
        1 => (builder, format!("ws://{address}")),
        2 => (builder.dialect(Dialect::XmlRpc).connections(1), format!("http://{address}")),
        _ => {
            let framing = EVERY_FRAMING[number / 8 % EVERY_FRAMING.len()];
            let dialect = DIALECTS[number % DIALECTS.len()];
            (builder.framing(framing).dialect(dialect), address.to_string())
        }
    }
}

/// A size of text: most are small, some are not.
fn size(number: usize) -> usize {
    match number % 101 {
        7 => 300_000,
        50 => 20_000,
        other => other,
    }
}

fn with_blocking_clients(server: &Served, tally: &Tally, end: Instant) {
    let mut number = 0;
    while Instant::now() < end {
        number += 1;
        let (builder, address) = builder(number, server);
        let client = builder.connect(&address).expect("a server");
        for n in 0..40_i64 {
            tally.check(call!(client.add(n, 2, c = 3)), &(n + 5));
        }
        let text = "ü".repeat(size(number));
        tally.check(client.echo(&text).call(), &text);
        let started: Vec<_> = (0..20).map(|n| client.add(n, 0).start()).collect();
        for (n, started) in (0..).zip(started) {
            tally.check(started.and_then(Pending::wait), &(n + 10));
        }
    }
}

fn with_asynchronous_clients(server: &Served, tally: &Tally, end: Instant) {
    tests::run(async {
        let mut number = 0;
        while Instant::now() < end {
            number += 1;
            let (builder, address) = builder(number, server);
            let client: AsyncRpcClient = builder.connect_async(&address).await.expect("a server");
            let mut calls = JoinSet::new();
            for n in 0..16_i64 {
                let client = client.clone();
                calls.spawn(async move { (n, client.add(n, 1).call().await) });
            }
            for (n, result) in calls.join_all().await {
                tally.check(result, &(n + 11));
            }
            let value = json!({"n": number, "text": "x".repeat(size(number)), "none": []});
            tally.check(client.same(value.clone()).call().await, &value);
            let sums = client
                .batch(|calls| (0..20).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>())
                .await;
            tally.check(sums, &(0..20).map(|n| n + 10).collect());
            // Given up.
            drop(client.add(1, 2).start());
        }
    });
}

/// Messages as they are, in every way; also those that are answered with faults.
fn with_every_way(server: &Served, tally: &Tally, end: Instant) {
    let batch =
        format!("[{},{}]", json_rpc(1, "add", &json!([1, 2])), json_rpc(2, "fail", &json!(["x"])));
    while Instant::now() < end {
        for way in Way::ALL {
            let mut talk = way.connect(server);
            // Where one thread serves all, a connection of HTTP is closed for the next in the queue.
            let mut ask = |message: &str| {
                if way == Way::Http {
                    talk = way.connect(server);
                }
                talk.ask(message)
            };
            for (message, path, expected) in [
                (ADD.to_owned(), "/res", json!(13)),
                (json_rpc(1, "add", &json!({"a": 1, "b": 2})), "/result", json!(13)),
                (json_rpc(1, "no_such_function", &json!([])), "/error/code", json!(-32601)),
                (json_rpc(1, "add", &json!(["x", 1])), "/error/code", json!(-32602)),
                (batch.clone(), "/1/error/code", json!(-32603)),
            ] {
                let reply: Result<Value, _> = serde_json::from_str(&ask(&message));
                tally.check(reply.map(|reply| reply.pointer(path).cloned()), &Some(expected));
            }
        }
    }
}

/// Peers that break off, send what is no message, or reset.
fn with_broken_peers(server: &Served, end: Instant) {
    let broken: [&[u8]; 9] = [
        b"\xff\xff\xff\xff\xff",
        b"\x00\x00\x00\x00",
        b"{]",
        b"{\"method_name\":\"add\"",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x09\0\0\0\0\0",
        b"Content-Length: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ];
    let mut number = 0;
    while Instant::now() < end {
        for bytes in broken {
            let mut wire = Wire::connect(server);
            wire.send(bytes);
            wire.finish();
            wire.rest(Duration::from_secs(40));
        }
        for framing in FRAMINGS {
            number += 1;
            let whole = frame(framing, ADD.as_bytes());
            let mut wire = Wire::connect(server);
            wire.send(&whole[..number % whole.len()]);
            drop(wire);
            Peer::connect(server.address(), Framing::LengthPrefix)
                .reset_after(&frame(Framing::LengthPrefix, ADD.as_bytes()), &whole[..4]);
        }
    }
}
