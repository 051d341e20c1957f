//! What stands around a message on the wire, as somebody would write it by hand.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::ops::Range;

use crate::subject::Protocol;

const PREFIX: usize = 4;
const HEAD_END: &[u8] = b"\r\n\r\n";
const REQUEST: &str = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
const RESPONSE: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

/// Marks the payload of a WebSocket's frame as masked (section 5.2).
const MASKED: u8 = 0x80;
/// In place of a payload's size: it follows in two bytes.
const IN_TWO: u8 = 0x7E;
/// What follows the key in the proof of a WebSocket server (RFC 6455, section 1.3).
const WEBSOCKET: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Opens the connection as a client.
pub fn open(protocol: Protocol, mut stream: &TcpStream) -> io::Result<()> {
    if protocol == Protocol::WebSocket {
        stream.write_all(
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )?;
        read_head(stream)?;
    }
    Ok(())
}

/// Opens the connection as a server.
pub fn accept(protocol: Protocol, mut stream: &TcpStream) -> Result<(), Box<dyn Error>> {
    if protocol == Protocol::WebSocket {
        let head = read_head(stream)?;
        let key = header(&head, "sec-websocket-key").ok_or("no key")?;
        let proof = base64(sha1_smol::Sha1::from(format!("{key}{WEBSOCKET}")).digest().bytes());
        write!(
            stream,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {proof}\r\n\r\n"
        )?;
    }
    Ok(())
}

fn read_head(mut stream: &TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(HEAD_END) {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    String::from_utf8(head).map_err(|_| ErrorKind::InvalidData.into())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .into_iter()
        .find_map(|(named, value)| named.eq_ignore_ascii_case(name).then(|| value.trim_ascii()))
}

fn base64(bytes: [u8; 20]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        text.extend((0..=group.len()).map(|n| char::from(LETTERS[bits >> (18 - 6 * n) & 63])));
    }
    text + "="
}

/// Appends a call.
pub fn put_call(protocol: Protocol, out: &mut Vec<u8>, message: &[u8]) {
    // A mask of zeros leaves the payload as it is.
    put(protocol, out, REQUEST, MASKED, &[0; 4], message);
}

/// Appends a reply.
pub fn put_reply(protocol: Protocol, out: &mut Vec<u8>, message: &[u8]) {
    put(protocol, out, RESPONSE, 0, &[], message);
}

fn put(protocol: Protocol, out: &mut Vec<u8>, head: &str, masked: u8, mask: &[u8], message: &[u8]) {
    let size = message.len();
    match protocol {
        Protocol::Native | Protocol::JsonRpc => {
            out.extend(u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
        }
        Protocol::Http => out.extend(format!("{head}Content-Length: {size}\r\n\r\n").bytes()),
        Protocol::WebSocket => {
            out.push(0x81);
            match u8::try_from(size) {
                Ok(size) if size < IN_TWO => out.push(masked | size),
                _ => {
                    out.push(masked | IN_TWO);
                    out.extend(u16::try_from(size).unwrap_or(u16::MAX).to_be_bytes());
                }
            }
            out.extend(mask);
        }
    }
    out.extend(message);
}

/// Finds the first message in what has come, and unmasks it; behind it the next begins.
pub fn take(protocol: Protocol, received: &mut [u8]) -> Option<Range<usize>> {
    let (start, size) = match protocol {
        Protocol::Native | Protocol::JsonRpc => {
            let size = u32::from_le_bytes(*received.first_chunk()?);
            (PREFIX, usize::try_from(size).ok()?)
        }
        Protocol::Http => {
            let end = received.windows(HEAD_END.len()).position(|bytes| bytes == HEAD_END)?;
            let head = str::from_utf8(&received[..end]).ok()?;
            (end + HEAD_END.len(), header(head, "content-length")?.parse().ok()?)
        }
        Protocol::WebSocket => {
            let (start, size) = match received.get(1)? & !MASKED {
                IN_TWO => (4, usize::from(u16::from_be_bytes(*received.get(2..)?.first_chunk()?))),
                size => (2, usize::from(size)),
            };
            if received[1] & MASKED == 0 {
                (start, size)
            } else {
                let mask: [u8; 4] = *received.get(start..)?.first_chunk()?;
                let payload = received.get_mut(start + 4..start + 4 + size)?;
                payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
                (start + 4, size)
            }
        }
    };
    (start + size <= received.len()).then_some(start..start + size)
}
