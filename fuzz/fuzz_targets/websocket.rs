//! Whatever frames a WebSocket's client sends, and however they are cut, a server reads the same
//! messages, its memory keeps to what has come, and its frames are whole.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rpc_core::protocol::Connection;
use rpc_core::protocol::{Framing, Limits, ProtocolError};
use rpc_core_fuzz::cut;

fuzz_target!(|input: &[u8]| {
    let (sizes, stream) = cut(input);
    for (stream, message) in [
        (stream.to_vec(), Limits::default().max_message_bytes),
        (stream.to_vec(), 64),
        (masked(stream), Limits::default().max_message_bytes),
        (masked(stream), 64),
    ] {
        let limits = Limits { max_message_bytes: message, ..Limits::default() };
        let whole = converse(&stream, &[], limits);
        for sizes in [&sizes, &vec![1]] {
            let pieces = converse(&stream, sizes, limits);
            assert_eq!(pieces, whole);
        }
    }
});

/// What a connection came to.
#[derive(Debug, PartialEq)]
struct Outcome {
    messages: Vec<Vec<u8>>,
    error: Option<ProtocolError>,
    is_closed: bool,
}

/// Does what a server's pump does, with an echo for functions.
fn converse(stream: &[u8], sizes: &[usize], limits: Limits) -> Outcome {
    let mut connection = Connection::new(Some(Framing::WebSocket), limits);
    let mut outcome = Outcome { messages: Vec::new(), error: None, is_closed: false };
    let mut rest = stream;
    let mut sizes = sizes.iter().copied().cycle();
    loop {
        let ended = rest.is_empty();
        let message = if ended { connection.last_message() } else { connection.next_message() };
        match message {
            Ok(Some(message)) => {
                assert!(message.len() <= limits.max_message_bytes);
                outcome.messages.push(connection.message(&message).to_vec());
                connection.reply(&message, |message, out| {
                    out.extend_from_slice(message);
                    true
                });
            }
            Ok(None) if ended || connection.is_closed() => break,
            Ok(None) => {
                let room = connection.room();
                assert!(room.len() <= 4 * stream.len() + 64 * 1024);
                let count = sizes.next().unwrap_or(rest.len()).min(room.len()).min(rest.len());
                room[..count].copy_from_slice(&rest[..count]);
                connection.received(count);
                rest = &rest[count..];
            }
            Err(error) => {
                outcome.error = Some(error);
                break;
            }
        }
        check_frames(connection.output());
        connection.written();
    }
    outcome.is_closed = connection.is_closed();
    outcome
}

/// The stream with a mask on every frame it seems to have, so that more of it is read.
fn masked(stream: &[u8]) -> Vec<u8> {
    let mut masked = Vec::new();
    let mut rest = stream;
    while let [first, second, after @ ..] = rest {
        masked.extend([first & 0x8F, second | 0x80]);
        let size = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let (extended, after) = after.split_at(size.min(after.len()));
        masked.extend(extended);
        masked.extend([0; 4]);
        let length = match (second & 0x7F, extended) {
            (126, &[a, b]) => usize::from(u16::from_be_bytes([a, b])),
            (126 | 127, _) => after.len(),
            (small, _) => usize::from(small),
        };
        let (payload, after) = after.split_at(length.min(after.len()));
        masked.extend(payload);
        rest = after;
    }
    masked.extend(rest);
    masked
}

/// Every frame of a server is whole, last, not masked, and a text or a control frame.
fn check_frames(mut output: &[u8]) {
    while let [first, second, after @ ..] = output {
        assert!(matches!(first, 0x81 | 0x88 | 0x89 | 0x8A), "{first:x}");
        let (length, after) = match second {
            126 => {
                let (length, after) = after.split_first_chunk().expect("a length");
                (usize::from(u16::from_be_bytes(*length)), after)
            }
            127 => {
                let (length, after) = after.split_first_chunk().expect("a length");
                (u64::from_be_bytes(*length) as usize, after)
            }
            small => (usize::from(*small), after),
        };
        assert!(*second < 128 && after.len() >= length);
        output = &after[length..];
    }
    assert!(output.is_empty(), "the output ends inside a frame");
}
