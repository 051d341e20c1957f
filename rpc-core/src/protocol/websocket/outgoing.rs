//! Writing frames: messages in one frame each, and control frames.

use super::header::{IN_EIGHT, IN_TWO, LAST, MASKED, Opcode, SMALL};
use super::mask::{fresh_key, mask};
use super::{Close, Side};

/// Bytes of the shortest header.
const HEADER: usize = 2;
/// Bytes of the key that follows the header of a masked frame.
const KEY: usize = 4;

/// Makes room for the header of a server's message.
pub(in super::super) fn begin(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0; HEADER]);
}

/// Completes a server's message.
pub(in super::super) fn end(out: &mut Vec<u8>, start: usize) {
    let length = out.len() - start - HEADER;
    write_header(out, start, Opcode::Text, 0, length);
}

/// Makes room for the header and the key of a client's message.
pub(in super::super) fn begin_masked(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0; HEADER + KEY]);
}

/// Completes a client's message.
pub(in super::super) fn end_masked(out: &mut Vec<u8>, start: usize) {
    write_masked(out, start, Opcode::Text);
}

fn write_masked(out: &mut Vec<u8>, start: usize, opcode: Opcode) {
    let key = fresh_key();
    let payload = start + HEADER + KEY;
    mask(&mut out[payload..], key);
    out[start + HEADER..payload].copy_from_slice(&key);
    let length = out.len() - payload;
    write_header(out, start, opcode, MASKED, length);
}

/// Writes the header into the room made for it, and makes more where the length takes more.
fn write_header(out: &mut Vec<u8>, start: usize, opcode: Opcode, masked: u8, length: usize) {
    let after = start + HEADER;
    let second = if length <= usize::from(SMALL) {
        length.to_le_bytes()[0]
    } else if let Ok(length) = u16::try_from(length) {
        out.splice(after..after, length.to_be_bytes());
        IN_TWO
    } else {
        out.splice(after..after, (length as u64).to_be_bytes());
        IN_EIGHT
    };
    out[start] = LAST | opcode as u8;
    out[start + 1] = masked | second;
}

/// Writes a control frame of the given `side`, whose payload `write` appends: at most 125 bytes.
fn write_control(out: &mut Vec<u8>, side: Side, opcode: Opcode, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    match side {
        Side::Server => {
            begin(out);
            write(out);
            let length = out.len() - start - HEADER;
            write_header(out, start, opcode, 0, length);
        }
        Side::Client => {
            begin_masked(out);
            write(out);
            write_masked(out, start, opcode);
        }
    }
}

/// Asks whether the other side is there.
pub(in super::super) fn write_ping(out: &mut Vec<u8>, side: Side) {
    write_control(out, side, Opcode::Ping, |_| {});
}

/// Answers a ping.
pub(super) fn write_pong(out: &mut Vec<u8>, side: Side, payload: &[u8]) {
    write_control(out, side, Opcode::Pong, |out| out.extend_from_slice(payload));
}

/// Says that nothing follows.
pub(crate) fn write_close(out: &mut Vec<u8>, side: Side, close: &Close) {
    write_control(out, side, Opcode::Close, |out| close.write(out));
}
