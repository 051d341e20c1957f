//! A client's half of the opening handshake (RFC 6455, section 4.1), without its socket.

use httparse::{Header, Response, Status};
use thiserror::Error;

use super::super::super::base64::encode;
use super::super::super::stranger::stranger;
use super::super::mask::fresh_key;
use super::key::accept_key;

/// A handshake under way.
#[derive(Debug)]
pub(crate) struct Opening {
    key: String,
}

/// Why a server's answer opens no WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    /// The server answers with something else.
    #[error("the server opens no WebSocket here: it answers {status} {reason}{body}")]
    Status { status: u16, reason: String, body: String },
    /// A header of the answer is missing, or is not what was asked for.
    #[error("the server opens no WebSocket as RFC 6455 has it: its `{0}` does not fit")]
    Header(&'static str),
    /// The answer is not HTTP.
    #[error("the server does not speak HTTP{0}")]
    NotHttp(String),
    /// The answer's head does not end.
    #[error("the head of the server's answer is over the limit of {HEAD} bytes")]
    TooLong,
    /// The answer ends too soon.
    #[error("the server closed the connection before it had answered")]
    Truncated,
}

/// Bytes of an answer's head, at most.
const HEAD: usize = 16 * 1024;
/// Headers of an answer, at most.
const HEADERS: usize = 64;
/// Bytes of a refusal's body that are shown, at most.
const SHOWN: usize = 300;

impl Opening {
    /// Begins a handshake with a key of its own.
    pub(crate) fn new() -> Self {
        let bytes = [fresh_key(), fresh_key(), fresh_key(), fresh_key()].concat();
        Self { key: encode(&bytes) }
    }

    /// What is sent to a server: `host` and `path` as a URL has them, and further headers, a line each.
    /// There is no `Origin`, which browsers send and nobody else.
    pub(crate) fn request(&self, host: &str, path: &str, headers: &[u8]) -> Vec<u8> {
        let head = format!(
            "GET {path} HTTP/1.1\r\n\
             Host: {host}\r\n\
             Connection: Upgrade\r\n\
             Upgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: {}\r\n",
            self.key
        );
        [head.as_bytes(), headers, b"\r\n"].concat()
    }

    /// Reads the answer from what has been `received`, `ended` when no more will come: the bytes of
    /// its head, behind which frames begin, or `None` while more is needed.
    pub(crate) fn read(&self, received: &[u8], ended: bool) -> Result<Option<usize>, Refusal> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = Response::new(&mut headers);
        let size = match response.parse(received) {
            Ok(Status::Complete(size)) => size,
            Ok(Status::Partial) if ended && received.is_empty() => return Err(Refusal::Truncated),
            Ok(Status::Partial) if ended => return Err(not_http(received)),
            Ok(Status::Partial) if received.len() > HEAD => return Err(Refusal::TooLong),
            Ok(Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Refusal::TooLong),
            Err(_) => return Err(not_http(received)),
        };
        let headers = response.headers;
        let status = response.code.unwrap_or_default();
        if status != 101 {
            let body = &received[size..];
            let announced = value(headers, "content-length").and_then(|text| text.parse().ok());
            if !ended && body.len() < announced.unwrap_or(0).min(SHOWN) {
                return Ok(None);
            }
            let reason = response.reason.unwrap_or_default().to_owned();
            return Err(Refusal::Status { status, reason, body: shown(body) });
        }
        let names = |header, token: &str| {
            value(headers, header)
                .is_some_and(|list| list.split(',').any(|t| t.trim().eq_ignore_ascii_case(token)))
        };
        if !names("upgrade", "websocket") {
            return Err(Refusal::Header("Upgrade"));
        }
        if !names("connection", "upgrade") {
            return Err(Refusal::Header("Connection"));
        }
        if value(headers, "sec-websocket-accept") != accept_key(&self.key).as_deref() {
            return Err(Refusal::Header("Sec-WebSocket-Accept"));
        }
        // Neither was asked for.
        for unasked in ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"] {
            if value(headers, unasked).is_some() {
                return Err(Refusal::Header(unasked));
            }
        }
        Ok(Some(size))
    }
}

/// The refusal of a server that speaks something else, and what that is, where it shows.
#[cold]
fn not_http(received: &[u8]) -> Refusal {
    const BEGINNING: usize = 8;
    let said = match stranger(received) {
        Some(stranger) => format!(": {stranger}"),
        None => {
            let first = &received[..received.len().min(BEGINNING)];
            format!(
                ": its answer begins with the bytes {first:02x?}; a server of messages in frames is called at \
                 `host:port`"
            )
        }
    };
    Refusal::NotHttp(said)
}

/// A header's value, where it is text.
fn value<'h>(headers: &[Header<'h>], name: &str) -> Option<&'h str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    str::from_utf8(header.value).ok().map(str::trim)
}

/// The beginning of a body, for an error's sentence.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(SHOWN)]);
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!(": {}", text.escape_debug()) }
}

#[cfg(test)]
mod tests {
    use super::{Opening, Refusal};

    fn opening() -> Opening {
        Opening { key: "dGhlIHNhbXBsZSBub25jZQ==".to_owned() }
    }

    const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\n\
        upgrade: WebSocket\r\n\
        CONNECTION: keep-alive, Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    #[test]
    fn the_request_is_that_of_the_rfc() {
        let request =
            String::from_utf8(opening().request("server.example:81", "/chat?x", b"A: b\r\n"))
                .unwrap();
        assert_eq!(
            request,
            "GET /chat?x HTTP/1.1\r\nHost: server.example:81\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nA: b\r\n\r\n"
        );
        assert_ne!(Opening::new().key, Opening::new().key);
        assert_eq!(Opening::new().key.len(), 24);
    }

    #[test]
    fn an_answer_is_read_however_it_is_cut() {
        let bytes = [ANSWER.as_bytes(), b"\x81\x02{}"].concat();
        for end in 0..=bytes.len() {
            let read = opening().read(&bytes[..end], false);
            let expected = (end >= ANSWER.len()).then_some(ANSWER.len());
            assert_eq!(read, Ok(expected), "{end}");
        }
    }

    #[test]
    fn anything_else_is_refused_and_says_what() {
        for (from, to, header) in [
            ("WebSocket", "h2c", "Upgrade"),
            (", Upgrade", "", "Connection"),
            ("s3pP", "S3pP", "Sec-WebSocket-Accept"),
            ("\r\n\r\n", "\r\nSec-WebSocket-Protocol: x\r\n\r\n", "Sec-WebSocket-Protocol"),
            ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n", "Sec-WebSocket-Extensions"),
        ] {
            let read = opening().read(ANSWER.replace(from, to).as_bytes(), false);
            assert_eq!(read, Err(Refusal::Header(header)));
        }
        let forbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nnot here\r\n";
        assert_eq!(opening().read(&forbidden.as_bytes()[..50], false), Ok(None));
        assert_eq!(
            opening().read(forbidden.as_bytes(), false).unwrap_err().to_string(),
            "the server opens no WebSocket here: it answers 403 Forbidden: not here"
        );
        for (answer, said) in [
            (&b"\x02\0\0\0{}"[..], "begins with the bytes [02, 00, 00, 00, 7b, 7d]"),
            (b"SSH-2.0-OpenSSH_9.6\r\n", "it is an SSH server"),
        ] {
            let refusal = opening().read(answer, false).unwrap_err().to_string();
            assert!(refusal.starts_with("the server does not speak HTTP: "), "{refusal}");
            assert!(refusal.contains(said), "{refusal}");
        }
        assert_eq!(opening().read(b"", true), Err(Refusal::Truncated));
        let endless = format!("HTTP/1.1 101 OK\r\na: {}", "a".repeat(20_000));
        assert_eq!(opening().read(endless.as_bytes(), false), Err(Refusal::TooLong));
    }
}
