//! Whatever bytes a client sends, and however they are cut, a server answers the same, in JSON.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rpc_core::client::block_on;
use rpc_core::layer::{Answer, Answered, Session};
use rpc_core::protocol::Connection;
use rpc_core::protocol::{Limits, ProtocolError, code};
use rpc_core::{Fault, FunctionRegistry, JsonRpc};
use rpc_core_fuzz::{cut, depth, registry};
use serde::de::IgnoredAny;

static ANSWER: LazyLock<JsonRpc<FunctionRegistry>> = LazyLock::new(|| JsonRpc::new(registry()));

fuzz_target!(|input: &[u8]| {
    let (sizes, stream) = cut(input);
    for limits in [
        Limits::default(),
        Limits {
            max_message_bytes: 64,
            max_depth: 4,
            max_gathered_reply_bytes: 64,
            ..Limits::default()
        },
    ] {
        let whole = converse(stream, &[], limits);
        for reply in frames(stream, &whole.output) {
            let text = std::str::from_utf8(reply).expect("a reply is text");
            serde_json::from_str::<IgnoredAny>(text).expect("a reply is JSON");
            assert!(depth(reply) <= Limits::MAX_DEPTH, "a reply nests too deep");
        }
        for sizes in [&sizes, &vec![1]] {
            let pieces = converse(stream, sizes, limits);
            assert_eq!(pieces.without_sizes(), whole.without_sizes());
        }
    }
});

/// What a connection came to.
struct Outcome {
    output: Vec<u8>,
    before_last: usize,
    error: Option<ProtocolError>,
}

impl Outcome {
    /// The output. A message without an announced length that is too large or too deep is refused as soon as
    /// that is seen, so the size that the fault names depends on the cuts, and of a message that is both, which is said.
    fn without_sizes(&self) -> &[u8] {
        match self.error {
            Some(ProtocolError::TooLarge { .. } | ProtocolError::TooDeep { .. }) => {
                &self.output[..self.before_last]
            }
            _ => &self.output,
        }
    }
}

/// Does what a server's pump does, with a stream for a socket.
fn converse(stream: &[u8], sizes: &[usize], limits: Limits) -> Outcome {
    let mut connection = Connection::new(None, limits);
    let mut session = Session::new(Default::default(), limits);
    let mut outcome = Outcome { output: Vec::new(), before_last: 0, error: None };
    let mut rest = stream;
    let mut sizes = sizes.iter().copied().cycle();
    loop {
        let ended = rest.is_empty();
        let message = if ended { connection.last_message() } else { connection.next_message() };
        let mut last = false;
        match message {
            Ok(Some(message)) => {
                let mut later = None;
                connection.reply(&message, |message, out| {
                    match ANSWER.answer(message, &mut session, out) {
                        Answered::Reply => true,
                        // What is cancelled has been answered, and no stream is open.
                        Answered::Nothing | Answered::Cancel { .. } | Answered::OfStream { .. } => {
                            false
                        }
                        // A stream that goes on behind a broken frame is read by one that does.
                        Answered::Broken | Answered::Last => {
                            last = true;
                            true
                        }
                        Answered::Later(reply) => {
                            later = Some(reply);
                            false
                        }
                        other => unreachable!("{other:?}"),
                    }
                });
                if let Some(later) = later {
                    let reply = block_on(later.reply());
                    connection.reply(&(0..0), |_, out| {
                        out.extend_from_slice(&reply);
                        !reply.is_empty()
                    });
                }
            }
            Ok(None) if ended => last = true,
            Ok(None) => {
                let room = connection.room();
                let count = sizes.next().unwrap_or(rest.len()).min(room.len()).min(rest.len());
                room[..count].copy_from_slice(&rest[..count]);
                connection.received(count);
                rest = &rest[count..];
            }
            Err(error) => {
                connection.reply(&(0..0), |_, out| {
                    let fault = Fault::new(code::PARSE_ERROR, error.to_string());
                    ANSWER.refuse(&[], &fault, &mut session, out);
                    true
                });
                outcome.error = Some(error);
                last = true;
            }
        }
        if outcome.error.is_some() {
            outcome.before_last = outcome.output.len();
        }
        outcome.output.extend_from_slice(connection.output());
        connection.written();
        if last {
            return outcome;
        }
    }
}

/// Divides the output as it was framed, which is as the input is.
fn frames<'o>(input: &[u8], output: &'o [u8]) -> Vec<&'o [u8]> {
    let is_headed = input.get(..4).is_some_and(|first| first.eq_ignore_ascii_case(b"Cont"));
    if input.get(3) != Some(&0) && !is_headed {
        let lines = output.strip_suffix(b"\n").into_iter();
        return lines.flat_map(|lines| lines.split(|&byte| byte == b'\n')).collect();
    }
    let mut frames = Vec::new();
    let mut rest = output;
    while !rest.is_empty() {
        let (length, after) = if is_headed { header(rest) } else { prefix(rest) };
        let (body, after) = after.split_at(length);
        frames.push(body);
        rest = after;
    }
    frames
}

fn prefix(output: &[u8]) -> (usize, &[u8]) {
    let (prefix, after) = output.split_first_chunk().expect("a whole length");
    (u32::from_le_bytes(*prefix) as usize, after)
}

fn header(output: &[u8]) -> (usize, &[u8]) {
    let rest = output.strip_prefix(b"Content-Length: ").expect("a length");
    let end = rest.iter().position(|&byte| byte == b'\r').expect("the end of a line");
    let length = std::str::from_utf8(&rest[..end]).expect("digits").parse().expect("a number");
    (length, rest[end..].strip_prefix(b"\r\n\r\n").expect("the end of the header"))
}
