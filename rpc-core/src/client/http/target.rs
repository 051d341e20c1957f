//! What requests are sent to, and what stands before their bodies.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, OnceLock};

use crate::dialect::Dialect;

use super::super::headers::problem;
use super::super::metadata::write_headers;

/// What an `http://` URL names, and the headers its requests have besides those they need.
#[derive(Debug)]
pub(in crate::client) struct Target {
    /// The head of every request up to the length of its body, and from there on.
    head: [Vec<u8>; 2],
    /// Where in the second part the headers begin that a call may have others in the place of.
    metadata_at: usize,
    /// The host and port as the URL has them.
    pub(super) host: String,
    /// Where requests go instead, once the server has said so.
    pub(super) moved: OnceLock<Arc<Target>>,
}

impl Target {
    /// Refuses headers that are none, and those that every request has anyway.
    pub(in crate::client) fn new(
        host: &str,
        path: &str,
        headers: &[(String, String)],
        metadata: &[(String, String)],
        dialect: Dialect,
    ) -> io::Result<Self> {
        let media_type = dialect.media_type();
        let mut said = headers.iter();
        let own_agent = if said.any(|(name, _)| name.eq_ignore_ascii_case("User-Agent")) {
            String::new()
        } else {
            format!("User-Agent: rpc-core/{}\r\n", env!("CARGO_PKG_VERSION"))
        };
        let mut said = headers.iter();
        let is_said = said.any(|(name, _)| name.eq_ignore_ascii_case("Accept-Encoding"));
        // A client that asks for another coding, or for none, is not given this one.
        let coding =
            if cfg!(feature = "gzip") && !is_said { "Accept-Encoding: gzip\r\n" } else { "" };
        let before = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\n{own_agent}\
             Content-Type: {media_type}\r\nAccept: {media_type}\r\n{coding}Content-Length: "
        );
        let mut after = b"\r\n".to_vec();
        for (name, value) in headers {
            if let Some(problem) = problem(name, value) {
                let problem =
                    format!("`{name}` is no header that can be added to a request: {problem}");
                return Err(io::Error::new(ErrorKind::InvalidInput, problem));
            }
            // Writing to memory does not fail.
            let _ = write!(after, "{name}: {value}\r\n");
        }
        let metadata_at = after.len();
        write_headers(&mut after, metadata.iter());
        after.extend_from_slice(b"\r\n");
        let (head, host) = ([before.into_bytes(), after], host.to_owned());
        Ok(Self { head, metadata_at, host, moved: OnceLock::new() })
    }

    /// Where requests go by now, and how often they have moved.
    pub(super) fn latest(&self) -> (&Self, usize) {
        let (mut latest, mut moves) = (self, 0);
        while let Some(moved) = latest.moved.get() {
            latest = moved;
            moves += 1;
        }
        (latest, moves)
    }

    /// Whether it is at this path.
    pub(super) fn is_at(&self, path: &str) -> bool {
        self.head[0].starts_with(format!("POST {path} HTTP/1.1\r\n").as_bytes())
    }

    /// The same at another path.
    pub(super) fn at(&self, path: &str) -> Self {
        let [before, after] = &self.head;
        let line = before.iter().position(|byte| *byte == b'\r').unwrap_or_default();
        let first = format!("POST {path} HTTP/1.1");
        let head = [[first.as_bytes(), &before[line..]].concat(), after.clone()];
        let (metadata_at, host) = (self.metadata_at, self.host.clone());
        Self { head, metadata_at, host, moved: OnceLock::new() }
    }

    /// Appends the head of a request with metadata of its own.
    pub(super) fn write_head_with(&self, out: &mut Vec<u8>, length: usize, metadata: &[u8]) {
        let Self { head: [before, after], metadata_at, .. } = self.latest().0;
        out.extend_from_slice(before);
        let _ = write!(out, "{length}");
        out.extend_from_slice(&after[..*metadata_at]);
        out.extend_from_slice(metadata);
        out.extend_from_slice(b"\r\n");
    }

    /// Appends the head of a request whose body has so many bytes.
    pub(super) fn write_head(&self, out: &mut Vec<u8>, length: usize) {
        let [before, after] = &self.latest().0.head;
        out.extend_from_slice(before);
        let _ = write!(out, "{length}");
        out.extend_from_slice(after);
    }
}
