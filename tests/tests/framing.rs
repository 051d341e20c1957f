//! Messages are found however the bytes are cut, and what is no message ends the connection.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rpc_core::layer::{Answer, Answered, Session};
use rpc_core::protocol::Framing;
use rpc_core::protocol::{Connection, Limits};
use rpc_core::server::ServerHandle;
use rpc_core::{FunctionRegistry, JsonRpc, RpcServer};
use tests::{FRAMINGS, Model, Peer, frame};

const COUNT: &str = r#"{"method_name":"count","method_args":["ü🦀"]}"#;
const TRUNCATED: &str =
    r#"{"error":{"code":-32700,"message":"the connection ended inside a message"}}"#;
const UNKNOWN: &str = r#"{"error":{"code":-32700,"message":"unknown framing: a connection begins with a 4-byte little-endian length below 16 MiB, with JSON text, or with `Content-Length:`"}}"#;

/// A server with a function that counts how often it has run.
struct Counting {
    server: ServerHandle,
    count: Arc<AtomicUsize>,
}

impl Counting {
    fn start(model: Model) -> Self {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let mut registry = FunctionRegistry::new();
        let run = move |text: String| {
            counter.fetch_add(1, Ordering::SeqCst);
            text
        };
        registry.register("count", run).unwrap();
        Self { server: model.start(RpcServer::of(registry)), count }
    }

    fn connect(&self, framing: Framing) -> Peer {
        Peer::connect(self.server.address(), framing)
    }

    /// Returns how often the function has run since it was last asked.
    fn runs(&self) -> usize {
        self.count.swap(0, Ordering::SeqCst)
    }

    /// Stops the server, which it can only once every connection is done with.
    fn stop(self) {
        let begun = Instant::now();
        self.server.stop();
        self.server.wait().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    }
}

#[test]
fn a_message_cut_short_by_the_end_of_the_stream_is_answered_and_not_run() {
    for model in Model::ALL {
        let counting = Counting::start(model);
        for framing in FRAMINGS {
            let whole = frame(framing, COUNT.as_bytes());
            for length in 0..whole.len() {
                // As the first message of a connection.
                let mut peer = counting.connect(framing);
                peer.write(&whole[..length]);
                peer.finish();
                let reply = match (framing, length) {
                    (_, 0) => None,
                    (Framing::LengthPrefix, 1..4) => {
                        peer.receive_line().map(|reply| (reply, UNKNOWN))
                    }
                    _ => peer.receive().map(|reply| (reply, TRUNCATED)),
                };
                if let Some((reply, expected)) = &reply {
                    assert_eq!(reply, expected, "{length} bytes, {framing:?}");
                }
                assert_eq!(reply.is_some(), length > 0, "{length} bytes, {framing:?}");
                assert!(peer.is_ended());
                assert_eq!(counting.runs(), 0);

                // And after another.
                let mut peer = counting.connect(framing);
                peer.write(&[&whole, &whole[..length]].concat());
                peer.finish();
                let replies = peer.receive_all();
                let expected = &[r#"{"res":"ü🦀"}"#, TRUNCATED][..=usize::from(length > 0)];
                assert_eq!(replies, expected, "{length} bytes, {framing:?}");
                assert_eq!(counting.runs(), 1);
            }
        }
        counting.stop();
    }
}

#[test]
fn a_message_cut_short_by_a_reset_is_not_run_and_leaves_nothing_behind() {
    for model in Model::ALL {
        let counting = Counting::start(model);
        for framing in FRAMINGS {
            let whole = frame(framing, COUNT.as_bytes());
            for length in 0..whole.len() {
                counting.connect(framing).reset_after(&whole, &whole[..length]);
            }
            let mut peer = counting.connect(framing);
            assert_eq!(peer.ask(COUNT), r#"{"res":"ü🦀"}"#);
            drop(peer);
            assert_eq!(counting.runs(), whole.len() + 1);
        }
        counting.stop();
    }
}

#[test]
fn messages_are_found_however_the_bytes_arrive() {
    let mut registry = FunctionRegistry::new();
    registry.register("count", |text: String| text).unwrap();
    let answer = JsonRpc::new(registry);
    for framing in FRAMINGS {
        let stream = frame(framing, COUNT.as_bytes()).repeat(3);
        let replies = match framing {
            Framing::Raw => "{\"res\":\"ü🦀\"}\n".repeat(3).into_bytes(),
            _ => frame(framing, "{\"res\":\"ü🦀\"}".as_bytes()).repeat(3),
        };
        for step in 1..=stream.len() {
            let mut connection = Connection::new(None, Limits::default());
            let mut session = Session::default();
            for chunk in stream.chunks(step) {
                connection.room()[..chunk.len()].copy_from_slice(chunk);
                connection.received(chunk.len());
                while let Some(message) = connection.next_message().unwrap() {
                    connection.reply(&message, |message, out| {
                        matches!(answer.answer(message, &mut session, out), Answered::Reply)
                    });
                }
            }
            assert_eq!(connection.output(), replies, "{framing:?} in steps of {step}");
        }
    }
}

#[test]
fn messages_are_found_however_they_were_written() {
    for model in Model::ALL {
        let counting = Counting::start(model);
        for framing in FRAMINGS {
            let stream = frame(framing, COUNT.as_bytes()).repeat(2);
            for step in 1..=stream.len() {
                let mut peer = counting.connect(framing);
                for chunk in stream.chunks(step) {
                    peer.write(chunk);
                    std::thread::yield_now();
                }
                peer.finish();
                assert_eq!(
                    peer.receive_all(),
                    [r#"{"res":"ü🦀"}"#; 2],
                    "{framing:?} in steps of {step}"
                );
            }
        }
        counting.stop();
    }
}

#[test]
fn a_length_that_cannot_be_is_refused_at_once() {
    let limit = 10 << 20;
    for model in Model::ALL {
        let counting = Counting::start(model);
        for length in [0, limit + 1, (1 << 24) - 1, (1 << 31) - 1, u32::MAX] {
            let empty =
                r#"{"error":{"code":-32700,"message":"not JSON: expected a value at byte 0"}}"#;
            let large = format!(
                r#"{{"error":{{"code":-32004,"message":"a message of {length} bytes is over the limit of {limit}; send less, or raise `Limits::max_message_bytes`"}}}}"#
            );
            for is_first in [true, false] {
                let begun = Instant::now();
                let mut peer = counting.connect(Framing::LengthPrefix);
                if !is_first {
                    assert_eq!(peer.ask(COUNT), r#"{"res":"ü🦀"}"#);
                }
                // What follows is never looked at, but behind a frame that is empty.
                peer.write(
                    &[&length.to_le_bytes(), &frame(Framing::LengthPrefix, COUNT.as_bytes())[..]]
                        .concat(),
                );
                if length == 0 {
                    assert_eq!(peer.receive().unwrap(), empty);
                    assert_eq!(peer.receive().unwrap(), r#"{"res":"ü🦀"}"#);
                    peer.finish();
                } else if is_first && length >= 1 << 24 {
                    assert_eq!(peer.receive_line().unwrap(), UNKNOWN);
                } else {
                    assert_eq!(peer.receive().unwrap(), large);
                }
                assert!(peer.is_ended());
                // Far below any timeout of the server; the promise is 100 ms.
                assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
                let runs = usize::from(!is_first) + usize::from(length == 0);
                assert_eq!(counting.runs(), runs, "{length}");
            }
        }
        counting.stop();
    }
}

#[test]
fn a_message_as_large_as_the_limit_is_taken() {
    let limits = Limits { max_message_bytes: 1000, ..Limits::default() };
    let server = Model::ThreadPerConnection.start(RpcServer::exported().limits(limits));
    for framing in FRAMINGS {
        let call = |size: usize| {
            let call = r#"{"method_name":"nothing","x":""}"#;
            call.replace(r#""""#, &format!(r#""{}""#, "x".repeat(size - call.len())))
        };
        let mut peer = Peer::connect(server.address(), framing);
        assert_eq!(peer.ask(&call(1000)), r#"{"res":null}"#);
        peer.send(&call(1001));
        assert_eq!(
            peer.receive_all(),
            [
                r#"{"error":{"code":-32004,"message":"a message of 1001 bytes is over the limit of 1000; send less, or raise `Limits::max_message_bytes`"}}"#
            ]
        );
    }
}

#[test]
fn text_that_is_no_json_is_answered_once_and_nothing_after_it_is_run() {
    let nonsense = [
        "hello",
        "}",
        "]",
        "{]}",
        "[}",
        "{'a':1}",
        r#"{"a" 1}"#,
        r#"{"a":1,}"#,
        r#"{"a":}"#,
        "{a:1}",
        r#"{"a":1 "b":2}"#,
        "[1 2]",
        "[,]",
        r#"{"a":"\x"}"#,
        "{\"a\":\"\t\"}",
        "{\"a\":01}",
        "{\"a\":tru}",
        "/* {} */",
        "<methodCall/>",
        "GET /count HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST / HTTP/1.1\r\n\r\n",
        "\"text\"",
        "12345",
        "null",
        "true",
    ];
    for model in Model::ALL {
        let counting = Counting::start(model);
        for text in nonsense {
            // As the first thing a connection says, as a web page would by way of a browser.
            let mut peer = counting.connect(Framing::Raw);
            peer.write(format!("{text}{COUNT}\n{COUNT}").as_bytes());
            let replies = peer.receive_all();
            assert_eq!(counting.runs(), 0, "{text}");
            if text.contains("HTTP/1.1") {
                assert!(replies[0].starts_with("HTTP/1.1 4"), "{replies:?} to {text}");
                continue;
            }
            assert_eq!(replies.len(), 1, "{replies:?} to {text}");
            // What begins with a bracket was to be a batch.
            let fault = if text.starts_with('[') {
                r#"{"jsonrpc":"2.0","error":{"code":-32700,"#
            } else {
                r#"{"error":{"code":-32700,"#
            };
            assert!(replies[0].starts_with(fault), "{replies:?} to {text}");
        }
        for text in nonsense.into_iter().take_while(|text| *text != "\"text\"") {
            for framing in FRAMINGS {
                let mut peer = counting.connect(framing);
                let messages =
                    [COUNT, text, COUNT].map(|message| frame(framing, message.as_bytes()));
                peer.write(&messages.concat());
                peer.finish();
                let replies = peer.receive_all();
                // Behind a frame the next message begins for certain.
                let goes_on = framing == Framing::LengthPrefix;
                let answered = if goes_on { 3 } else { 2 };
                assert_eq!(replies.len(), answered, "{replies:?} to {text}");
                assert!(
                    replies[1].starts_with(r#"{"error":{"code":-32700,"#),
                    "{replies:?} to {text}"
                );
                assert_eq!(counting.runs(), answered - 1, "{text}");
            }
        }
        counting.stop();
    }
}

#[test]
fn nesting_has_one_limit_wherever_it_stands() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let too_deep = r#"{"error":{"code":-32004,"message":"a message nests arrays and objects deeper than the limit of 128 levels; nest less (`Limits::max_depth` cannot be more)"}}"#;
    let in_batch = |fault: &str| {
        fault.replacen('{', r#"{"jsonrpc":"2.0","#, 1).replace("}}", r#"},"id":null}"#)
    };
    for model in Model::ALL {
        let server = model.start(RpcServer::exported());
        for framing in FRAMINGS {
            // The call itself is one level, and so are its arguments.
            let deepest = nested(126);
            let mut peer = Peer::connect(server.address(), framing);
            let call = |value: &str| format!(r#"{{"method_name":"same","method_args":[{value}]}}"#);
            assert_eq!(peer.ask(&call(&deepest)), format!(r#"{{"res":{deepest}}}"#));
            let unknown = |value: &str| format!(r#"{{"unknown":{value},"method_name":"nothing"}}"#);
            assert_eq!(peer.ask(&unknown(&nested(127))), r#"{"res":null}"#);
            drop(peer);
            for message in [
                call(&nested(127)),
                unknown(&nested(128)),
                nested(129),
                nested(5_000_000),
                "[".repeat(5_000_000) + &"}".repeat(5_000_000),
                r#"{"a":"#.repeat(1_000_000) + "1" + &"}".repeat(1_000_000),
            ] {
                let mut peer = Peer::connect(server.address(), framing);
                peer.send(&message);
                peer.finish();
                let expected =
                    if message.starts_with('[') { in_batch(too_deep) } else { too_deep.to_owned() };
                assert_eq!(peer.receive_all(), [expected]);
            }
        }
        // Its end is not waited for: it need never come.
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        peer.write("[".repeat(129).as_bytes());
        assert_eq!(peer.receive_all(), [in_batch(too_deep)]);
    }
}

#[test]
fn nesting_needs_no_more_than_a_small_stack() {
    let small = std::thread::Builder::new().stack_size(512 * 1024);
    let answering = small.spawn(|| {
        let answer = JsonRpc::new(FunctionRegistry::exported());
        for (levels, reply) in [(126, r#"{"res":[[["#), (5_000_000, r#"{"error":{"code":-32004"#)] {
            let value = "[".repeat(levels) + &"]".repeat(levels);
            let call = format!(r#"{{"method_name":"same","method_args":[{value}]}}"#);
            let mut out = Vec::new();
            let _ = answer.answer(call.as_bytes(), &mut Session::default(), &mut out);
            assert!(out.starts_with(reply.as_bytes()), "{levels}");
        }
    });
    answering.unwrap().join().unwrap();
}
