//! What requests are sent to, and what stands before their bodies.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, OnceLock};

use crate::dialect::Dialect;

use super::super::credentials::Credentials;
use super::super::headers::problem;
use super::super::metadata::write_headers;

/// What an `http://` URL names, and the headers its requests have besides those they need.
#[derive(Debug)]
pub(in crate::client) struct Target {
    /// The head of every request up to the length of its body, and from there on.
    head: [Vec<u8>; 2],
    /// Where in the second part the headers begin that a call may have others in the place of.
    metadata_at: usize,
    /// Who sends the requests.
    credentials: Option<Arc<Credentials>>,
    /// The host and port as the URL has them.
    pub(super) host: String,
    /// Whether they go over TLS.
    pub(super) is_secure: bool,
    /// Where requests go instead, once the server has said so.
    pub(super) moved: OnceLock<Arc<Target>>,
}

impl Target {
    /// Refuses headers that are none, and those that every request has anyway.
    pub(in crate::client) fn new(
        (host, is_secure): (&str, bool),
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
        Ok(Self { head, metadata_at, credentials: None, host, is_secure, moved: OnceLock::new() })
    }

    /// The same with a header that says who sends the requests.
    pub(in crate::client) fn with(self, credentials: Option<Arc<Credentials>>) -> Self {
        Self { credentials, ..self }
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
        let Self { metadata_at, is_secure, .. } = *self;
        let (host, credentials) = (self.host.clone(), self.credentials.clone());
        Self { head, metadata_at, credentials, host, is_secure, moved: OnceLock::new() }
    }

    /// Appends the head of a request with metadata of its own, which may say who sends it.
    pub(super) fn write_head_with(
        &self,
        out: &mut Vec<u8>,
        length: usize,
        metadata: &[u8],
    ) -> Option<u64> {
        const NAME: &[u8] = b"authorization:";
        let latest = self.latest().0;
        let Self { head: [before, after], metadata_at, .. } = latest;
        out.extend_from_slice(before);
        let _ = write!(out, "{length}");
        let mut lines =
            metadata.split(|byte| *byte == b'\n').filter_map(|line| line.get(..NAME.len()));
        let says_itself = lines.any(|start| start.eq_ignore_ascii_case(NAME));
        let generation = if says_itself { None } else { latest.write_credential(out) };
        out.extend_from_slice(&after[..*metadata_at]);
        out.extend_from_slice(metadata);
        out.extend_from_slice(b"\r\n");
        generation
    }

    /// Appends the head of a request whose body has so many bytes. Returns the generation of the credential
    /// in it, if there is one.
    pub(super) fn write_head(&self, out: &mut Vec<u8>, length: usize) -> Option<u64> {
        let latest = self.latest().0;
        let [before, after] = &latest.head;
        out.extend_from_slice(before);
        let _ = write!(out, "{length}");
        let generation = latest.write_credential(out);
        out.extend_from_slice(after);
        generation
    }

    /// Appends the header that says who sends the request, with the end of the line before it.
    #[inline]
    fn write_credential(&self, out: &mut Vec<u8>) -> Option<u64> {
        let credential = self.credentials.as_ref()?.current()?;
        out.extend_from_slice(b"\r\nAuthorization: ");
        out.extend_from_slice(credential.value.expose().as_bytes());
        Some(credential.generation)
    }
}
