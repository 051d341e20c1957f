//! WebSocket addresses, and opening what they name.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use crate::protocol::websocket::Opening;
use crate::pump::blocking::write_all;
use crate::transport::{AsyncSocket, Stream};

/// What a `ws://` URL names on its server.
#[derive(Debug)]
pub(super) struct Resource {
    /// The host and port as the URL has them.
    host: String,
    /// The path, with the query.
    path: String,
}

/// Bytes of an answer that are read at one time.
const ROOM: usize = 4 * 1024;

impl Resource {
    /// Takes a `ws://` URL apart into the address to connect to and what is asked for there; `None`
    /// where it is another address.
    pub(super) fn of(url: &str) -> io::Result<Option<(String, Self)>> {
        let invalid = |problem: &str| Err(io::Error::new(ErrorKind::InvalidInput, problem));
        if url.starts_with("wss://") {
            return invalid("TLS is not spoken here; connect to a proxy that adds it by `ws://`");
        }
        let Some(rest) = url.strip_prefix("ws://") else {
            return Ok(None);
        };
        if rest.bytes().any(|byte| !byte.is_ascii_graphic()) || rest.contains(['@', '#']) {
            return invalid("a WebSocket URL is `ws://host[:port][/path][?query]`");
        }
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if host.is_empty() {
            return invalid("a WebSocket URL names a host: `ws://host[:port][/path][?query]`");
        }
        // The colons of an IPv6 address stand in brackets.
        let has_port = host.rfind(':') > host.rfind(']');
        let address = if has_port { host.to_owned() } else { format!("{host}:80") };
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Some((address, Self { host: host.to_owned(), path })))
    }

    /// Opens the WebSocket over a stream, and returns what has come behind the server's answer.
    pub(super) fn open(&self, stream: &impl Stream, timeout: Duration) -> io::Result<Vec<u8>> {
        let opening = Opening::new();
        let begun = Instant::now();
        stream.set_write_timeout(Some(timeout))?;
        write_all(stream, &opening.request(&self.host, &self.path), timeout)?;
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
    pub(super) async fn open_async(&self, stream: &AsyncSocket) -> io::Result<Vec<u8>> {
        let opening = Opening::new();
        let request = opening.request(&self.host, &self.path);
        let mut rest = &request[..];
        while !rest.is_empty() {
            stream.writable().await?;
            match stream.try_write(rest) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                written => rest = &rest[written?..],
            }
        }
        let mut received = Vec::new();
        loop {
            stream.readable().await?;
            let mut room = [0; ROOM];
            let count = match stream.try_read(&mut room) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                read => read?,
            };
            received.extend_from_slice(&room[..count]);
            if let Some(size) = opening.read(&received, count == 0).map_err(io::Error::other)? {
                return Ok(received.split_off(size));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Resource;

    #[test]
    fn urls_are_taken_apart() {
        for (url, address, host, path) in [
            ("ws://localhost", "localhost:80", "localhost", "/"),
            ("ws://localhost:5000", "localhost:5000", "localhost:5000", "/"),
            ("ws://10.0.0.1:1/rpc?key=1", "10.0.0.1:1", "10.0.0.1:1", "/rpc?key=1"),
            ("ws://h?x", "h:80", "h", "/?x"),
            ("ws://[::1]/a", "[::1]:80", "[::1]", "/a"),
            ("ws://[::1]:90/a", "[::1]:90", "[::1]:90", "/a"),
        ] {
            let (at, resource) = Resource::of(url).unwrap().unwrap();
            assert_eq!((at.as_str(), resource.host.as_str()), (address, host), "{url}");
            assert_eq!(resource.path, path, "{url}");
        }
        for address in ["localhost:5000", "unix:/ws://", "http://a/b"] {
            assert!(Resource::of(address).unwrap().is_none());
        }
        for url in ["ws://", "ws:///path", "ws://a b/", "ws://a/\r\nX: y", "ws://u@h/", "wss://h/"]
        {
            assert!(Resource::of(url).is_err(), "{url}");
        }
    }
}
