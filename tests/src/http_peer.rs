//! A socket that speaks HTTP/1.1, to say what no client would.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::socket_table::until_arrived;

/// One end of a connection.
#[derive(Debug)]
pub struct HttpPeer {
    stream: BufReader<TcpStream>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status' number.
    pub status: u16,
    /// The headers but for the date, in lower case, a line each.
    pub headers: Vec<String>,
    /// The body.
    pub body: String,
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter().filter_map(|line| line.split_once(": "));
        headers.find(|(header, _)| *header == name).map(|(_, value)| value)
    }
}

impl HttpPeer {
    /// Connects.
    pub fn connect(address: impl ToSocketAddrs) -> Self {
        Self::of(TcpStream::connect(address).expect("a server that listens"))
    }

    /// Takes a connection that has been made.
    pub(crate) fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("a socket");
        // Longer than anything takes here: a response that never comes fails the test.
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        Self { stream: BufReader::new(stream) }
    }

    /// A POST of a body, as clients send it; `headers` stand in lines that end with CRLF.
    pub fn post(headers: &str, body: &str) -> String {
        let length = body.len();
        format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        )
    }

    /// Sends a call and receives the response.
    pub fn ask(&mut self, body: &str) -> Response {
        self.exchange(&Self::post("Content-Type: application/json\r\n", body))
    }

    /// Sends a request as it is and receives the response.
    pub fn exchange(&mut self, request: &str) -> Response {
        self.write(request.as_bytes());
        self.receive().expect("a response")
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).expect("a server that reads");
    }

    /// Waits until all that was written has come to the other side.
    pub fn until_arrived(&self) {
        until_arrived(self.stream.get_ref());
    }

    /// Sends bytes as they are to a server that may have gone.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Says that nothing more will be sent.
    pub fn finish(&mut self) {
        self.stream.get_ref().shutdown(Shutdown::Write).expect("a socket");
    }

    /// Receives the body of a client's next request; `None` where it has ended the connection.
    pub fn receive_request(&mut self) -> Option<String> {
        self.receive_whole_request().map(|(_, body)| body)
    }

    /// The same with the path.
    pub fn receive_path_and_body(&mut self) -> Option<(String, String)> {
        let line = self.line()?;
        let path = line.split(' ').nth(1).expect("a path").to_owned();
        self.receive_headers_and_body().map(|(_, body)| (path, body))
    }

    /// The same with its head, but for the length of the body.
    pub fn receive_whole_request(&mut self) -> Option<(String, String)> {
        assert!(self.line()?.starts_with("POST "));
        self.receive_headers_and_body()
    }

    fn receive_headers_and_body(&mut self) -> Option<(String, String)> {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let line = self.line()?;
            match line.to_ascii_lowercase().strip_prefix("content-length: ") {
                Some(value) => length = value.parse().expect("a number"),
                None if line.is_empty() => return Some((head, self.body(length))),
                None => head += &(line + "\r\n"),
            }
        }
    }

    /// Answers a client's request.
    pub fn respond(&mut self, status: u16, body: &str) {
        let length = body.len();
        let response =
            format!("HTTP/1.1 {status} Whatever\r\nContent-Length: {length}\r\n\r\n{body}");
        self.write(response.as_bytes());
    }

    /// Receives the next response; `None` where the other side has ended the connection.
    pub fn receive(&mut self) -> Option<Response> {
        self.receive_head(true)
    }

    /// Receives a response to a HEAD request, which has no body whatever it says.
    pub fn receive_without_body(&mut self) -> Option<Response> {
        self.receive_head(false)
    }

    fn receive_head(&mut self, has_body: bool) -> Option<Response> {
        let status = self.line()?;
        let mut words = status.split(' ');
        let version = words.next().expect("a version");
        assert!(["HTTP/1.1", "HTTP/1.0"].contains(&version), "{status}");
        let status: u16 = words.next().and_then(|code| code.parse().ok()).expect("a number");
        let mut headers: Vec<String> = Vec::new();
        loop {
            let line = self.line().expect("the head's end");
            let Some((name, value)) = line.split_once(": ") else {
                assert_eq!(line, "");
                break;
            };
            if !name.eq_ignore_ascii_case("date") {
                headers.push(format!("{}: {value}", name.to_ascii_lowercase()));
            }
        }
        let mut response = Response { status, headers, body: String::new() };
        let length = response.header("content-length").map(|length| length.parse().unwrap());
        if has_body && let Some(length) = length {
            response.body = self.body(length);
        }
        Some(response)
    }

    fn body(&mut self, length: usize) -> String {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the announced bytes");
        String::from_utf8(body).expect("UTF-8")
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let count = match self.stream.read_line(&mut line) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            read => read.expect("a response or the end"),
        };
        (count > 0).then(|| line.strip_suffix("\r\n").expect("a whole line").to_owned())
    }

    /// Reads some bytes, whatever they are, if there are so many.
    pub fn skip(&mut self, count: usize) {
        let _ = self.stream.read_exact(&mut vec![0; count]);
    }

    /// Reads some text, whatever it is.
    pub fn text(&mut self) -> String {
        let bytes = self.stream.fill_buf().expect("text").to_owned();
        self.stream.consume(bytes.len());
        String::from_utf8(bytes).expect("UTF-8")
    }

    /// Whether the other side ends the connection without another word.
    pub fn is_ended(&mut self) -> bool {
        match self.stream.read(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => true,
            read => read.expect("the end of the stream") == 0,
        }
    }
}
