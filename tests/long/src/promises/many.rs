//! Many connections: idle ones, more than there are descriptors for, more than are taken, and heavy ones.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::protocol::Framing;
use rpc_core::transport::Address;
use serde_json::json;
use tests::{Folder, Peer, frame, until};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::model::Model;
use crate::promise::{Figures, Promise};
use crate::setup::{self, Setup};
use crate::system::{connections, cpu_time, family, mb, memory, ms};
use crate::wire::{ADD, SUM, Wire, native};

pub(super) const PROMISES: &[Promise] = &[
    Promise::of_servers(
        "idle-connections",
        Model::OF_TASKS,
        idle_connections,
        "10 000 idle connections cost 4 kB each at most on an event loop",
    ),
    Promise::of_servers(
        "caps",
        Model::ALL,
        caps,
        "the other models refuse above a stated cap with a busy error, or part with whoever was silent longest",
    )
    .side_by_side(),
    Promise::of_servers(
        "descriptors",
        &[
            Model::SingleThread,
            Model::ThreadPerConnection,
            Model::Prefork,
            Model::EventLoop,
            Model::PreforkEventLoop,
        ],
        no_descriptors,
        "when descriptors run out: 5 % of a CPU at most, a log line a second at most, and accepting again within a \
         second",
    )
    .side_by_side(),
    Promise::of_servers(
        "busy",
        Model::ALL,
        busy,
        "past the cap 99 % at least of the callers that send a call are answered or told that the server is busy, at \
         1400 at once, beside 100 that do not leave",
    ),
    Promise::of_servers(
        "budget",
        Model::ALL,
        budget,
        "unfinished messages of all connections of a process have a budget: a thousand peers with 10 MiB each bring no \
         server down, also where memory is limited",
    ),
];

/// Connections that have been served once and say nothing more.
fn idle_connections(setup: Setup) -> Figures {
    let count = setup.pick(1000, 10_000);
    let server = setup.serve("--idle-timeout-ms 600000");
    let connect = |_| {
        let mut peer = Peer::connect_small(server.address(), Framing::LengthPrefix);
        assert_eq!(peer.ask(ADD), SUM);
        peer
    };
    let first: Vec<_> = (0..100).map(connect).collect();
    let before = memory(server.process());
    let peers: Vec<_> = (0..count).map(connect).collect();
    let grown = memory(server.process()).saturating_sub(before);
    drop((first, peers));
    Figures::new().told("connections", f64::from(count), "").at_most(
        "memory of each",
        grown as f64 / f64::from(count),
        "bytes",
        setup.pick(8192.0, 4096.0),
    )
}

/// One connection more than is taken.
fn caps(setup: Setup) -> Figures {
    const CAP: usize = 20;
    // What one thread serves has a cap of its own.
    let (options, cap) = match setup.model {
        Model::SingleThread | Model::Prefork => ("--workers 1", 512),
        _ => ("--max-connections 20 --workers 1", CAP),
    };
    let server = setup.serve(options);
    let connect = |_| {
        let mut peer = Peer::connect_small(server.address(), Framing::LengthPrefix);
        assert_eq!(peer.ask(ADD), SUM);
        peer
    };
    let peers: Vec<_> = (0..cap).map(connect).collect();
    let mut wrong = Vec::new();
    for _ in 0..10 {
        let mut wire = Wire::connect(&server);
        wire.send(frame(Framing::Raw, ADD.as_bytes()));
        wire.finish();
        let reply = wire.rest_as_text(Duration::from_secs(20)).unwrap_or_default();
        let is_right = if cap == CAP { reply.contains("-32000") } else { reply.contains(SUM) };
        if !is_right {
            wrong.push(format!("one too many is answered {reply:?}"));
        }
    }
    drop(peers);
    let begun = Instant::now();
    until("there is room again", || {
        let mut wire = Wire::connect(&server);
        wire.send(frame(Framing::Raw, ADD.as_bytes()));
        wire.finish();
        wire.rest_as_text(Duration::from_secs(5)).is_some_and(|reply| reply.contains(SUM))
    });
    Figures::new().told("cap", cap as f64, "").none_of("wrong answers", &wrong).told(
        "room again after",
        ms(begun.elapsed()),
        "ms",
    )
}

/// More connections than descriptors, for a while.
fn no_descriptors(setup: Setup) -> Figures {
    let folder = Folder::new();
    let log = folder.file("log");
    let mut command = setup.limited_command("--nofile=40", "--workers 1");
    let server = setup::start(command.stderr(File::create(&log).unwrap()));
    let peers: Vec<_> = (0..100).map(|_| Wire::connect(&server)).collect();
    thread::sleep(Duration::from_millis(500));
    let lines = || fs::read_to_string(&log).unwrap().lines().count();
    let (lines_before, cpu_before, begun) = (lines(), cpu_time(server.process()), Instant::now());
    thread::sleep(Duration::from_secs(setup.pick(2, 10)));
    let elapsed = begun.elapsed().as_secs_f64();
    let cpu = cpu_time(server.process()).saturating_sub(cpu_before).as_secs_f64();
    let rate = (lines() - lines_before) as f64 / elapsed;
    drop(peers);
    let begun = Instant::now();
    assert_eq!(Peer::connect(server.address(), Framing::LengthPrefix).ask(ADD), SUM);
    Figures::new()
        .at_most("CPU", cpu / elapsed * 100.0, "%", 5.0)
        .at_most("log lines a second", rate, "", 1.5)
        .at_least("log lines in all", lines() as f64, "", 1.0)
        .at_most("accepting again after", ms(begun.elapsed()), "ms", 1000.0)
}

/// A server that is full, 100 silent peers too many, and many callers at once.
fn busy(setup: Setup) -> Figures {
    let callers = setup.pick(300, 1400);
    let server = setup.serve("--max-connections 50");
    let taken = match setup.model {
        Model::SingleThread | Model::Prefork => 0,
        _ => 50,
    };
    let kept: Vec<_> = (0..taken)
        .map(|_| {
            let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
            peer.ask(ADD);
            peer
        })
        .collect();
    let staying: Vec<_> = (0..100).map(|_| Wire::connect(&server)).collect();
    let begun = Instant::now();
    let answered = tests::run(async {
        let mut asking = JoinSet::new();
        for _ in 0..callers {
            asking.spawn(is_told(server.address()));
        }
        asking.join_all().await.into_iter().filter(|told| *told).count()
    });
    let took = begun.elapsed();
    drop((kept, staying));
    Figures::new()
        .told("callers at once", f64::from(callers), "")
        .at_least("answered or told", answered as f64 * 100.0 / f64::from(callers), "%", 99.0)
        .told("in", took.as_secs_f64(), "s")
}

/// Whether a caller is answered, or told that the server is busy.
async fn is_told(server: Address) -> bool {
    let call = async {
        let mut stream = TcpStream::connect(server.socket_addr()?).await.ok()?;
        stream.write_all(ADD.as_bytes()).await.ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.ok()?;
        Some(line.contains(SUM) || line.contains("-32000"))
    };
    timeout(Duration::from_secs(30), call).await.ok().flatten().unwrap_or(false)
}

/// Messages that are nearly finished, more of them than there is memory.
fn budget(setup: Setup) -> Figures {
    const SIZE: usize = 10 << 20;
    let peers = setup.pick(60, 1000);
    let limit = setup.pick("--as=500000000", "--as=2000000000");
    let server = setup.serve_limited(limit, "--max-connections 2000");
    let before = memory(server.process());
    let mut neighbour = Wire::connect(&server);
    assert!(neighbour.send(ADD));
    until("the server's processes are there", || connections(&server.address()) > 0);
    let processes = family(server.process());
    let call = native(1, "echo", &json!(["x".repeat(SIZE - 100)]));
    let message = frame(Framing::LengthPrefix, call.as_bytes());
    let mut asked = (1, Instant::now());
    let heavy: Vec<_> = (0..peers)
        .map_while(|_| {
            // A neighbour that said nothing all the while would be closed for that.
            if asked.1.elapsed() > Duration::from_secs(5) {
                neighbour.send(ADD);
                asked = (asked.0 + 1, Instant::now());
            }
            let wire = Wire::try_connect(&server)?;
            // A server that takes no more makes its peers wait.
            wire.0.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
            let (mut at, end) = (0, message.len() - 1);
            while at < end {
                match (&wire.0).write(&message[at..end]) {
                    Ok(count) => at += count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            Some(wire)
        })
        .collect();
    let grown = memory(server.process()).saturating_sub(before);
    let ended = processes.iter().filter(|process| !process.exists() || process.is_zombie()).count();
    let is_answered = |wire: &mut Wire, times: usize| {
        wire.send(ADD);
        wire.finish();
        let reply = wire.rest_as_text(Duration::from_secs(20)).unwrap_or_default();
        reply.matches(SUM).count() == times || reply.contains("-32000")
    };
    let neighbours = is_answered(&mut neighbour, asked.0 + 1);
    let is_served = Wire::try_connect(&server).is_some_and(|mut wire| is_answered(&mut wire, 1));
    drop(heavy);
    Figures::new()
        .told("unfinished", f64::from(peers) * mb(SIZE), "MB")
        .told("memory grows by", mb(grown), "MB")
        .none("processes that ended", ended)
        .none("neighbours cut off", usize::from(!neighbours))
        .none("new callers without an answer", usize::from(!is_served))
}
