//! Gets a text from an address over HTTP, for the library itself: one request on a connection of its own.

use std::fmt::Write as _;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use crate::protocol::websocket::Side;
use crate::protocol::{Inbound, Limits, ProtocolError};
use crate::tls::ClientTls;
use crate::transport::{ClientStream, Stream, TcpTransport, Transport};

use super::http::{Response, Responses};
use super::url::{Scheme, Url, without_password};

/// A text at an address: `https://…`, or on this machine `http://…`.
#[derive(Debug)]
pub(crate) struct Get {
    transport: TcpTransport,
    request: Vec<u8>,
    is_secure: bool,
    /// The URL without its query, where a secret may stand.
    pub(crate) name: String,
}

impl Get {
    /// Says why an address is none, or TLS cannot be spoken as it is to be.
    pub(crate) fn new(url: &str, tls: &ClientTls, accept: &str) -> Result<Self, String> {
        const FORM: &str =
            "it is no address that something can be fetched from; it begins with `https://`";
        let shown = without_password(url);
        let name = shown.split(['?', '#']).next().unwrap_or_default().to_owned();
        let explain = |why: String| format!("`{name}`: {why}");
        let read = Url::of(url).map_err(|error| explain(error.to_string()))?;
        let Some(url) = read.filter(|url| url.scheme == Scheme::Http) else {
            return Err(explain(FORM.to_owned()));
        };
        let transport = if url.is_secure {
            let secured = tls.secured(url.host_name(), true);
            let secured = secured.map_err(|error| explain(error.to_string()))?;
            TcpTransport::over_tls(&url.address, secured)
        } else {
            TcpTransport::new(&url.address)
        };
        let mut request = format!("GET {} HTTP/1.1\r\nHost: {}\r\n", url.path, url.host);
        let _ = write!(
            request,
            "User-Agent: rpc-core/{}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        );
        Ok(Self { transport, request: request.into_bytes(), is_secure: url.is_secure, name })
    }

    /// Gets at most `limit` bytes of JSON within `time`, or says why not. A redirect is not followed.
    pub(crate) fn get(&self, limit: usize, time: Duration) -> Result<Vec<u8>, String> {
        let end = Instant::now() + time;
        let response = self.exchange(limit, time, end).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut if Instant::now() >= end => {
                format!("there was no whole response within {} s", time.as_secs_f32())
            }
            _ => error.to_string(),
        })?;
        let Response { status, headers, body, .. } = response;
        let headers: String = headers.chars().take(200).collect();
        let told = if headers.is_empty() { headers } else { format!(" ({headers})") };
        match status {
            200 if told.is_empty() => Ok(body),
            200 => Err(format!("what came is no JSON by its type{told}")),
            300..400 => Err(format!(
                "the answer was the status {status}{told}, and redirects are not followed; give the address where it is"
            )),
            _ => Err(format!("the answer was the status {status}{told}")),
        }
    }

    fn exchange(&self, limit: usize, time: Duration, end: Instant) -> io::Result<Response> {
        let stream = self.transport.connect(time)?;
        self.check_peer(&stream)?;
        stream.set_write_timeout(Some(time))?;
        let mut rest = &self.request[..];
        while !rest.is_empty() {
            let count = stream.write(rest)?;
            rest = &rest[count..];
        }
        let mut inbound = Inbound::new(None, Side::Client, &Limits::default());
        let mut responses = Responses::new(limit);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            let count = match stream.read(inbound.room()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                count => count?,
            };
            inbound.received(count);
            let response = responses.next(&mut inbound, count == 0);
            let response = response.map_err(|error| match error {
                ProtocolError::TooLarge { size, limit } => {
                    io::Error::other(format!("it has {size} bytes, and {limit} is the most"))
                }
                error => io::Error::other(error),
            });
            if let Some(response) = response? {
                return Ok(response);
            }
            if count == 0 {
                let problem = "the connection ended before the response did";
                return Err(io::Error::new(ErrorKind::UnexpectedEof, problem));
            }
        }
    }

    /// Refuses plain text over a network, where anybody on the way may write what is to be believed.
    fn check_peer(&self, stream: &ClientStream) -> io::Result<()> {
        let is_here = stream.peer().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
        if self.is_secure || is_here {
            return Ok(());
        }
        let problem = "it is not on this machine, and by `http://` anybody on the way could change what comes; \
                       fetch it by `https://`";
        Err(io::Error::new(ErrorKind::PermissionDenied, problem))
    }
}
