//! Opens the WebSocket that a URL names.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use crate::protocol::websocket::Opening;
use crate::pump::write_all;
use crate::transport::{AsyncSocket, Stream};

use super::credentials::Credential;
use super::headers::problem;
use super::metadata::write_headers;

/// What a `ws://` URL names on its server.
#[derive(Debug)]
pub(super) struct Resource {
    /// The host and port as the URL has them.
    host: String,
    /// The path, with the query.
    path: String,
    /// Headers of the opening request, a line each.
    headers: Vec<u8>,
}

/// Bytes of an answer that are read at one time.
const ROOM: usize = 4 * 1024;

impl Resource {
    /// Refuses headers that are none, and those of the handshake.
    pub(super) fn new(
        host: String,
        path: String,
        headers: &[(String, String)],
    ) -> io::Result<Self> {
        for (name, value) in headers {
            if let Some(problem) = problem(name, value) {
                let problem =
                    format!("`{name}` is no header that can be added to a request: {problem}");
                return Err(io::Error::new(ErrorKind::InvalidInput, problem));
            }
        }
        let mut lines = Vec::new();
        write_headers(&mut lines, headers.iter());
        Ok(Self { host, path, headers: lines })
    }

    /// The request that opens it.
    fn request(&self, opening: &Opening, credential: Option<&Credential>) -> Vec<u8> {
        let mut headers = self.headers.clone();
        if let Some(credential) = credential {
            headers.extend_from_slice(b"Authorization: ");
            headers.extend_from_slice(credential.value.expose().as_bytes());
            headers.extend_from_slice(b"\r\n");
        }
        opening.request(&self.host, &self.path, &headers)
    }

    /// Opens the WebSocket over a stream, and returns what has come behind the server's answer.
    pub(super) fn open(
        &self,
        stream: &impl Stream,
        credential: Option<&Credential>,
        timeout: Duration,
    ) -> io::Result<Vec<u8>> {
        let opening = Opening::new();
        let begun = Instant::now();
        stream.set_write_timeout(Some(timeout))?;
        write_all(stream, &self.request(&opening, credential), timeout)?;
        let mut received = Vec::new();
        let size = loop {
            let left = timeout.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            stream.set_read_timeout(Some(left))?;
            let mut room = [0; ROOM];
            let count = match stream.read(&mut room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read?,
            };
            received.extend_from_slice(&room[..count]);
            if let Some(size) = opening.read(&received, count == 0).map_err(io::Error::other)? {
                break size;
            }
        };
        stream.set_read_timeout(None)?;
        Ok(received.split_off(size))
    }

    /// The same without blocking.
    pub(super) async fn open_async(
        &self,
        stream: &mut AsyncSocket,
        credential: Option<&Credential>,
    ) -> io::Result<Vec<u8>> {
        let opening = Opening::new();
        stream.write_all(&self.request(&opening, credential)).await?;
        let mut received = Vec::new();
        loop {
            let mut room = [0; ROOM];
            let count = stream.read(&mut room).await?;
            received.extend_from_slice(&room[..count]);
            if let Some(size) = opening.read(&received, count == 0).map_err(io::Error::other)? {
                return Ok(received.split_off(size));
            }
        }
    }
}
