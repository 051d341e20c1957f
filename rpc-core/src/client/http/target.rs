//! What requests are sent to, and what stands before their bodies.

use std::io::{self, ErrorKind, Write};

use crate::dialect::Dialect;

/// Headers that a request has one of already, or that would change where it ends.
const OURS: [&str; 7] = [
    "Accept",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Host",
    "Transfer-Encoding",
    "Upgrade",
];

/// What an `http://` URL names, and the headers its requests have besides those they need.
#[derive(Debug)]
pub(in crate::client) struct Target {
    /// The head of every request up to the length of its body, and from there on.
    head: [Vec<u8>; 2],
}

impl Target {
    /// Refuses headers that are none, and those that every request has anyway.
    pub(in crate::client) fn new(
        host: &str,
        path: &str,
        headers: &[(String, String)],
        dialect: Dialect,
    ) -> io::Result<Self> {
        let media_type = dialect.media_type();
        let before = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: rpc-core/{}\r\n\
             Content-Type: {media_type}\r\nAccept: {media_type}\r\nContent-Length: ",
            env!("CARGO_PKG_VERSION"),
        );
        let mut after = b"\r\n".to_vec();
        for (name, value) in headers {
            let is_token =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let is_text = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
            let is_header = !name.is_empty() && name.bytes().all(is_token);
            let is_ours = OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours));
            if !is_header || !value.bytes().all(is_text) || is_ours {
                let problem = format!("`{name}` is no header that can be added to a request");
                return Err(io::Error::new(ErrorKind::InvalidInput, problem));
            }
            // Writing to memory does not fail.
            let _ = write!(after, "{name}: {value}\r\n");
        }
        after.extend_from_slice(b"\r\n");
        Ok(Self { head: [before.into_bytes(), after] })
    }

    /// Appends the head of a request whose body has so many bytes.
    pub(super) fn write_head(&self, out: &mut Vec<u8>, length: usize) {
        let [before, after] = &self.head;
        out.extend_from_slice(before);
        let _ = write!(out, "{length}");
        out.extend_from_slice(after);
    }
}
