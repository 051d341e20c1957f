//! Writes a text as a JSON string (RFC 8259, section 7).

use super::plain::{is_special, plain_prefix};

/// Appends `text` to `out`, in quotes and with escapes.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    // And a little more where it is long, lest what follows it should have it moved once more.
    out.reserve(text.len() + text.len() / 32 + 2);
    out.push(b'"');
    if text.len() <= NAME && !text.bytes().any(is_special) {
        out.extend_from_slice(text.as_bytes());
    } else {
        text.as_bytes().chunks(NEAR).for_each(|chunk| append(out, chunk));
    }
    out.push(b'"');
}

/// Most texts of so many bytes are names, which need no escapes.
const NAME: usize = 16;
/// So many bytes are still at hand, having been looked through, when they are copied.
const NEAR: usize = 16 * 1024;

fn append(out: &mut Vec<u8>, mut rest: &[u8]) {
    loop {
        let plain = plain_prefix(rest);
        out.extend_from_slice(&rest[..plain]);
        let Some(&special) = rest.get(plain) else {
            return;
        };
        escape(out, special);
        rest = &rest[plain + 1..];
    }
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', DIGITS[high], DIGITS[low]]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
