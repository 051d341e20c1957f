//! HTTP/2: floods of small frames, and frames that break its rules.

use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::protocol::Framing;
use tests::{Peer, Served};

use crate::model::Model;
use crate::promise::{Figures, Promise};
use crate::setup::Setup;
use crate::system::{ms, percentile};
use crate::wire::{ADD, SUM, Wire};

pub(super) const PROMISES: &[Promise] = &[
    Promise::of_servers(
        "http2",
        Model::ALL,
        rules,
        "HTTP/2 frames that break the rules end their stream or their connection, and nothing else",
    )
    .side_by_side(),
    Promise::of_servers(
        "http2-floods",
        Model::ALL,
        floods,
        "floods of PING, SETTINGS, PRIORITY, WINDOW_UPDATE, RST_STREAM, CONTINUATION and empty DATA frames are ended \
         within a second; the p99 of others, in the two seconds from when one begins, stays below twice its normal",
    ),
];

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// POST, http, /, and `:authority: localhost`, by the static table of HPACK.
fn head() -> Vec<u8> {
    [&[0x83, 0x86, 0x84, 0x41, 9][..], b"localhost"].concat()
}

fn request(stream: u32) -> Vec<u8> {
    let head = frame(HEADERS, END_HEADERS, stream, &head());
    [head, frame(DATA, END_STREAM, stream, ADD.as_bytes())].concat()
}

fn connect(server: &Served) -> Wire {
    let mut wire = Wire::connect(server);
    wire.send([PREFACE, &frame(SETTINGS, 0, 0, &[])].concat());
    wire
}

/// Frames that break a rule, and whether their stream alone need be ended.
fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let field = |name: &str, value: &str| {
        let sizes = [name.len(), value.len()].map(|size| u8::try_from(size).unwrap());
        [&[0, sizes[0]], name.as_bytes(), &[sizes[1]], value.as_bytes()].concat()
    };
    let with = |name: &str, value: &str| {
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &[head(), field(name, value)].concat())
    };
    let open = || frame(HEADERS, END_HEADERS, 1, &head());
    vec![
        ("DATA on stream 0", frame(DATA, 0, 0, b"x")),
        ("DATA on a stream that is not open", frame(DATA, 0, 1, b"x")),
        ("HEADERS on stream 0", frame(HEADERS, END_HEADERS, 0, &head())),
        ("HEADERS on an even stream", frame(HEADERS, END_HEADERS, 2, &head())),
        ("a stream below the last", [request(5), request(3)].concat()),
        ("DATA behind the end of a stream", [request(1), frame(DATA, 0, 1, b"x")].concat()),
        ("a frame over the size", frame(DATA, 0, 1, &[0; 16_385])),
        ("SETTINGS of 5 bytes", frame(SETTINGS, 0, 0, &[0; 5])),
        ("SETTINGS on a stream", frame(SETTINGS, 0, 1, &[])),
        ("an acknowledgement with a payload", frame(SETTINGS, 1, 0, &[0; 6])),
        ("a window over the largest", frame(SETTINGS, 0, 0, &[0, 4, 0x80, 0, 0, 0])),
        ("a frame size below the least", frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1])),
        ("ENABLE_PUSH of 2", frame(SETTINGS, 0, 0, &[0, 2, 0, 0, 0, 2])),
        ("PING of 7 bytes", frame(PING, 0, 0, &[0; 7])),
        ("PING on a stream", frame(PING, 0, 1, &[0; 8])),
        ("GOAWAY on a stream", frame(GOAWAY, 0, 1, &[0; 8])),
        ("WINDOW_UPDATE of 0", frame(WINDOW_UPDATE, 0, 0, &[0; 4])),
        ("WINDOW_UPDATE of 3 bytes", frame(WINDOW_UPDATE, 0, 0, &[0; 3])),
        (
            "a window that overflows",
            frame(WINDOW_UPDATE, 0, 0, &[0x7F, 0xFF, 0xFF, 0xFF]).repeat(2),
        ),
        ("RST_STREAM on stream 0", frame(RST_STREAM, 0, 0, &[0; 4])),
        ("RST_STREAM of an idle stream", frame(RST_STREAM, 0, 1, &[0; 4])),
        ("RST_STREAM of 3 bytes", [open(), frame(RST_STREAM, 0, 1, &[0; 3])].concat()),
        ("PRIORITY on stream 0", frame(PRIORITY, 0, 0, &[0; 5])),
        ("PUSH_PROMISE of a client", frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2])),
        ("CONTINUATION without HEADERS", frame(CONTINUATION, END_HEADERS, 1, &head())),
        ("DATA within HEADERS", [frame(HEADERS, 0, 1, &head()), frame(DATA, 0, 1, b"x")].concat()),
        ("padding longer than the frame", [open(), frame(DATA, 8, 1, &[9, 0])].concat()),
        ("HPACK: no such index", frame(HEADERS, END_HEADERS, 1, &[0xFF, 0xFF, 0xFF, 0x7F])),
        ("HPACK: a text that breaks off", frame(HEADERS, END_HEADERS, 1, &[0x41, 99, b'x'])),
        ("HPACK: a table over its size", frame(HEADERS, END_HEADERS, 1, &[0x3F, 0xFF, 0xFF, 0x7F])),
        ("a name in capitals", with("Content-Type", "application/json")),
        ("a pseudo-header behind others", with(":scheme", "http")),
        ("an unknown pseudo-header", with(":nobody", "x")),
        ("Connection", with("connection", "close")),
        ("Transfer-Encoding", with("transfer-encoding", "chunked")),
        ("TE other than trailers", with("te", "gzip")),
        ("no method", frame(HEADERS, END_HEADERS | END_STREAM, 1, &head()[1..])),
        (
            "a body of another length",
            [
                frame(HEADERS, END_HEADERS, 1, &[head(), field("content-length", "1")].concat()),
                frame(DATA, END_STREAM, 1, b"xyz"),
            ]
            .concat(),
        ),
    ]
}

/// Whether a stream or the connection is ended, or a request is answered, which is a refusal of one that
/// has no body.
fn is_refused(wire: &mut Wire) -> bool {
    let mut header = [0; 9];
    while let Ok(()) = wire.0.read_exact(&mut header) {
        if [GOAWAY, RST_STREAM, HEADERS].contains(&header[3]) {
            return true;
        }
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]);
        let mut payload = vec![0; length as usize];
        if wire.0.read_exact(&mut payload).is_err() {
            break;
        }
    }
    wire.0
        .peek(&mut [0])
        .map_or_else(|error| error.kind() != ErrorKind::WouldBlock, |count| count == 0)
}

/// Every broken frame, each on a connection of its own.
fn rules(setup: Setup) -> Figures {
    let server = setup.serve("");
    let mut wrong = Vec::new();
    let cases = broken();
    for (what, bytes) in &cases {
        let mut wire = connect(&server);
        wire.0.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        wire.send(bytes);
        if !is_refused(&mut wire) {
            wrong.push((*what).to_owned());
        }
    }
    let mut wire = connect(&server);
    wire.send(frame(0xBB, 0xFF, 0, b"unknown"));
    wire.send(request(1));
    let mut received = Vec::new();
    let mut room = [0; 4096];
    while let Ok(count @ 1..) = wire.0.read(&mut room) {
        received.extend_from_slice(&room[..count]);
        if received.windows(SUM.len()).any(|window| window == SUM.as_bytes()) {
            break;
        }
    }
    if !received.windows(SUM.len()).any(|window| window == SUM.as_bytes()) {
        wrong.push("a call behind a frame of an unknown type is not answered".to_owned());
    }
    Figures::new().told("cases", cases.len() as f64, "").none_of("wrong answers", &wrong)
}

/// Frames that cost their sender nothing, many of them.
fn of_floods() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let many = |frame: Vec<u8>| frame.repeat(2000);
    let resets = || {
        // Streams that are opened and given up at once; so many as one connection may have numbers for.
        (0..200_000).flat_map(|n| {
            let stream = n * 2 + 1;
            let open = frame(HEADERS, END_HEADERS, stream, &head());
            [open, frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
        })
    };
    vec![
        ("PING", vec![], many(frame(PING, 0, 0, &[0; 8]))),
        ("SETTINGS", vec![], many(frame(SETTINGS, 0, 0, &[]))),
        ("PRIORITY", vec![], many(frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 1]))),
        ("WINDOW_UPDATE", vec![], many(frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]))),
        ("RST_STREAM", resets().collect(), vec![]),
        ("CONTINUATION", frame(HEADERS, 0, 1, &head()), many(frame(CONTINUATION, 0, 1, &[]))),
        ("empty DATA", frame(HEADERS, END_HEADERS, 1, &head()), many(frame(DATA, 0, 1, &[]))),
    ]
}

/// Each flood, beside a peer that calls.
fn floods(setup: Setup) -> Figures {
    let most = Duration::from_millis(setup.pick(1500, 10_000));
    let (mut slowest, mut worst, mut again_and_again) =
        (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut wrong = Vec::new();
    let server = setup.serve("");
    let window = most / 5;
    let normal = p99_beside_a_flood_elsewhere(&server, window);
    for (what, first, again) in of_floods() {
        let flood = || {
            let mut wire = connect(&server);
            let reading = wire.0.try_clone().unwrap();
            let reader = thread::spawn(move || read_all(&reading));
            let took = flood(&mut wire.0, &first, &again, most);
            let _ = wire.0.shutdown(std::net::Shutdown::Both);
            reader.join().unwrap();
            took
        };
        let mut took = Duration::ZERO;
        let p99 = beside(&server, window, || took = flood());
        slowest = slowest.max(took);
        if took > Duration::from_secs(1) {
            wrong.push(format!("{what}: ended after {took:?}"));
        }
        worst = worst.max(p99);
        // Whoever comes again as soon as it is over.
        let begun = Instant::now();
        let p99 = beside(&server, window, || {
            while begun.elapsed() < window {
                flood();
            }
        });
        again_and_again = again_and_again.max(p99);
    }
    let figures = Figures::new().none_of("floods that went on", &wrong).at_most(
        "ended after",
        ms(slowest),
        "ms",
        1000.0,
    );
    let figures = figures.told("p99 beside floods without a pause", ms(again_and_again), "ms");
    if matches!(setup.model, Model::SingleThread | Model::Prefork) {
        // One thread serves both: who calls waits until the flood is ended.
        return figures.told("p99 beside them", ms(worst), "ms");
    }
    // Beside other programs, as a quick run is, less than some milliseconds say nothing.
    let normal = normal.max(Duration::from_millis(setup.pick(3, 0)));
    let ratio = worst.as_secs_f64() / normal.as_secs_f64();
    figures.at_most("p99 grows to", ratio, "times its normal", setup.pick(20.0, 2.0))
}

/// The p99 of calls while the same bytes go to somebody who reads them and does no more: what a flood
/// costs this side.
fn p99_beside_a_flood_elsewhere(server: &Served, time: Duration) -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut flooding = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (sink, _) = listener.accept().unwrap();
    let reader = thread::spawn(move || read_all(&sink));
    let pings = frame(PING, 0, 0, &[0; 8]).repeat(2000);
    let p99 = beside(server, time, || {
        flood(&mut flooding, &[], &pings, time);
    });
    drop(flooding);
    reader.join().unwrap();
    p99
}

fn read_all(mut stream: &TcpStream) {
    let mut room = vec![0; 1 << 16];
    while stream.read(&mut room).is_ok_and(|count| count > 0) {}
}

/// Sends without end, and returns after how long that was ended.
fn flood(stream: &mut TcpStream, first: &[u8], again: &[u8], most: Duration) -> Duration {
    use std::io::Write;

    let begun = Instant::now();
    stream.set_write_timeout(Some(most)).unwrap();
    let mut goes_on = stream.write_all(first).is_ok();
    while goes_on && !again.is_empty() && begun.elapsed() < most {
        goes_on = stream.write_all(again).is_ok();
    }
    begun.elapsed()
}

/// The p99 of one peer's calls while something goes on, and for this long at least.
fn beside(server: &Served, least: Duration, goes_on: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let calling = scope.spawn(|| {
            let mut times = vec![];
            while !is_over.load(Ordering::Relaxed) || times.len() < 100 {
                let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
                for _ in 0..50 {
                    let begun = Instant::now();
                    assert_eq!(peer.ask(ADD), SUM);
                    times.push(begun.elapsed());
                }
            }
            percentile(&mut times, 0.99)
        });
        goes_on();
        thread::sleep(least.saturating_sub(begun.elapsed()));
        is_over.store(true, Ordering::Relaxed);
        calling.join().unwrap()
    })
}
