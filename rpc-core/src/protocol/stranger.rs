//! Peers that speak something else than was thought, told by how they begin.

use super::ProtocolError;

/// The error of a client whose peer begins so, if that is known to be something else.
#[cold]
pub(crate) fn stranger(waiting: &[u8]) -> Option<ProtocolError> {
    let known = |speaks, advice| Some(ProtocolError::Stranger { speaks, advice });
    match waiting {
        // An alert, or a greeting (RFC 8446, section 5.1).
        [0x15, 3, 0..=4, 0, 2, ..] | [0x16, 3, 0..=4, _, _, 1 | 2, ..] => known(
            "TLS",
            "connect by a `tls://`, `https://` or `wss://` address (feature `tls`), or to a port without TLS",
        ),
        // The frame of settings that a connection begins with (RFC 9113, section 3.4).
        [0, _, _, 4, 0 | 1, 0, 0, 0, 0, ..] => known(
            "HTTP/2",
            "an HTTP server is called at an `http://` address, if it speaks HTTP/1.1 too",
        ),
        [b'E' | b'N', 0, 0, _, _, b'S' | b'V' | b'C' | b'M', ..]
        | [b'R', 0, 0, 0, 8 | 12 | 23, ..] => {
            known("as Postgres does", "look whether the address is that of another service")
        }
        [_, _, 0, 0, 10, b'0'..=b'9', ..] | [_, _, 0, 0, 0xff, _, ..] => {
            known("as MySQL does", "look whether the address is that of another service")
        }
        _ => text(waiting),
    }
}

/// Text that a client's peer speaks, in the place of a message; `None` where it is none.
fn text(waiting: &[u8]) -> Option<ProtocolError> {
    const SHOWN: usize = 60;
    let first = &waiting[..waiting.len().min(4)];
    if first.is_empty() || !first.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let line = waiting.split(u8::is_ascii_control).next()?;
    let begins = String::from_utf8_lossy(&line[..line.len().min(SHOWN)]).into_owned();
    Some(ProtocolError::Text { begins })
}

#[cfg(test)]
mod tests {
    use super::stranger;

    #[test]
    fn what_speaks_something_else_is_known_by_how_it_begins() {
        for (begins, speaks) in [
            (&b"\x15\x03\x03\x00\x02\x02\x46"[..], "speaks TLS"),
            (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03", "speaks HTTP/2"),
            (b"E\x00\x00\x00\x85SFATAL\x00", "speaks as Postgres does"),
            (b"J\x00\x00\x00\n8.0.33\x00", "speaks as MySQL does"),
            (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH server"),
            (b"-ERR unknown command\r\n", "Redis"),
            (b"HTTP/1.1 400 Bad Request\r\n", "`http://`"),
        ] {
            let said = stranger(begins).unwrap().to_string();
            assert!(said.contains(speaks), "{said}");
        }
        for message in [&b"\x02\x00\x00\x00{}"[..], b"\x15\x03\x03\x00{\"", b"", b"\x00\x00"] {
            assert_eq!(stranger(message), None, "{message:?}");
        }
    }
}
