//! A socket that reads the items of a call over HTTP/1.1 as they come.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// The response to a call, of which the body is read by and by.
#[derive(Debug)]
pub struct ItemReader {
    stream: BufReader<TcpStream>,
    head: String,
    /// Bytes left of the chunk that has begun.
    left: usize,
    /// Whether the body has ended as it should.
    is_whole: bool,
}

impl ItemReader {
    /// Makes a call, and reads the head of what comes back.
    pub fn call(address: impl ToSocketAddrs, accept: &str, body: &str) -> Self {
        Self::call_with(address, &format!("Accept: {accept}\r\n"), body)
    }

    /// The same with headers, in lines that end with CRLF.
    pub fn call_with(address: impl ToSocketAddrs, headers: &str, body: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = body.len();
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        let request = format!("{head}Content-Length: {length}\r\n{headers}\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut reader =
            Self { stream: BufReader::new(stream), head: String::new(), left: 0, is_whole: false };
        while !reader.head.ends_with("\r\n\r\n") {
            assert!(reader.stream.read_line(&mut reader.head).unwrap() > 0, "{}", reader.head);
        }
        reader.head.make_ascii_lowercase();
        assert!(reader.head.contains("transfer-encoding: chunked\r\n"), "{}", reader.head);
        reader
    }

    /// The head of the response, in lower case.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Some bytes of the body; none at its end.
    pub fn some(&mut self) -> Vec<u8> {
        if self.left == 0 && !self.is_whole {
            let mut size = String::new();
            // It may be cut with a reset.
            if self.stream.read_line(&mut size).unwrap_or(0) == 0 {
                return Vec::new();
            }
            self.left = usize::from_str_radix(size.trim_end(), 16).unwrap() + 2;
            if self.left == 2 {
                self.is_whole = true;
                self.stream.read_exact(&mut [0; 2]).unwrap();
                self.left = 0;
            }
        }
        if self.is_whole {
            return Vec::new();
        }
        let mut bytes = vec![0; self.left.min(64 * 1024)];
        let count = self.stream.read(&mut bytes).unwrap_or(0);
        if count == 0 {
            return Vec::new();
        }
        let end = self.left.saturating_sub(2).min(count);
        bytes.truncate(end);
        self.left -= count;
        if bytes.is_empty() { self.some() } else { bytes }
    }

    /// What comes until something stands at its end.
    pub fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            let some = self.some();
            assert!(!some.is_empty(), "it ends behind {text:?}");
            text += std::str::from_utf8(&some).unwrap();
        }
        text
    }

    /// What comes until the end, and whether that is the end of the body and not of the connection.
    pub fn rest(&mut self) -> (String, bool) {
        let mut bytes = Vec::new();
        loop {
            let some = self.some();
            if some.is_empty() {
                return (String::from_utf8(bytes).unwrap(), self.is_whole);
            }
            bytes.extend(some);
        }
    }
}
