//! One end of a WebSocket, written by hand, to say what no client and no server would.

use std::io::{BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use rpc_core::types::Bytes;
use serde_json::Value;
use sha1_smol::Sha1;

/// What is sent in the opening handshake: the RFC's example.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A frame that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A text message.
    Text(String),
    /// A ping.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// A close with its code, or with none.
    Close(Option<u16>),
}

/// One end of a WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    stream: BufReader<TcpStream>,
    /// Whether this end masks what it sends.
    masks: bool,
}

/// The answer to a key.
fn accept(key: &str) -> String {
    let mut hash = Sha1::from(key);
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let digest = hash.digest().bytes();
    let text = serde_json::to_value(Bytes::from(&digest[..])).expect("base64");
    text.as_str().expect("text").to_owned()
}

/// The usual request of a client.
fn request() -> String {
    format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    )
}

impl WebSocket {
    /// Connects and opens.
    pub fn connect(address: SocketAddr) -> Self {
        Self::open(address, "").expect("a server that opens WebSockets")
    }

    /// Connects and asks to open, with further header lines.
    ///
    /// # Errors
    ///
    /// The head of an answer that is another than 101.
    pub fn open(address: SocketAddr, headers: &str) -> Result<Self, String> {
        Self::open_with(address, |request| request.replacen("\r\n", &format!("\r\n{headers}"), 1))
    }

    /// Connects and asks to open with a request that is not quite the usual one.
    ///
    /// # Errors
    ///
    /// The head of an answer that is another than 101.
    pub fn open_with(
        address: SocketAddr,
        change: impl FnOnce(String) -> String,
    ) -> Result<Self, String> {
        let mut socket = Self::over(TcpStream::connect(address).expect("a server"), true);
        let request = change(request());
        socket.write(request.as_bytes());
        socket.opened()
    }

    /// Connects, asks to open and sends a text message without waiting for the answer.
    pub fn ask_at_once(address: SocketAddr, text: &str) -> Self {
        let mut socket = Self::over(TcpStream::connect(address).expect("a server"), true);
        let message = web_socket_frame(0x81, text.as_bytes(), true);
        socket.write(&[request().as_bytes(), &message].concat());
        socket.opened().expect("a server that opens WebSockets")
    }

    fn opened(mut self) -> Result<Self, String> {
        let head = self.read_head();
        if !head.starts_with("HTTP/1.1 101 ") {
            return Err(head);
        }
        let lower = head.to_lowercase();
        assert!(lower.contains("\r\nupgrade: websocket\r\n"), "{head}");
        assert!(lower.contains("\r\nconnection: upgrade\r\n"), "{head}");
        assert!(head.contains(&accept(KEY)), "{head}");
        Ok(self)
    }

    /// Takes a client's connection and opens it.
    pub fn accept(stream: TcpStream) -> Self {
        let mut socket = Self::over(stream, false);
        let head = socket.read_head();
        let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
        let accept = accept(key.expect("a key"));
        socket.write(
            format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                 Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            )
            .as_bytes(),
        );
        socket
    }

    fn over(stream: TcpStream, masks: bool) -> Self {
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        Self { stream: BufReader::new(stream), masks }
    }

    /// Reads the head of a request or an answer.
    pub fn read_head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).expect("a head");
            head.extend(byte);
        }
        String::from_utf8(head).expect("text")
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).expect("a peer that reads");
    }

    /// Sends bytes as they are to a peer that may have gone.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Sends a text message.
    pub fn send(&mut self, text: &str) {
        self.send_frame(0x81, text.as_bytes());
    }

    /// Sends a frame with this first byte.
    pub fn send_frame(&mut self, first: u8, payload: &[u8]) {
        let frame = web_socket_frame(first, payload, self.masks);
        self.write(&frame);
    }

    /// Receives the next frame; `None` at the end.
    pub fn receive(&mut self) -> Option<Frame> {
        let mut header = [0; 2];
        match self.stream.read_exact(&mut header) {
            Err(error) => {
                let kinds = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
                assert!(kinds.contains(&error.kind()), "{error}");
                return None;
            }
            Ok(()) => assert_eq!(header[1] & 0x80 != 0, !self.masks, "the mask"),
        }
        let mut length = u64::from(header[1] & 0x7f);
        if length > 125 {
            let mut bytes = [0; 8];
            let size = if length == 126 { 2 } else { 8 };
            self.stream.read_exact(&mut bytes[8 - size..]).expect("a length");
            length = u64::from_be_bytes(bytes);
        }
        let mut key = [0; 4];
        if !self.masks {
            self.stream.read_exact(&mut key).expect("a key");
        }
        let mut payload = vec![0; usize::try_from(length).expect("a size")];
        self.stream.read_exact(&mut payload).expect("a payload");
        for (byte, key) in payload.iter_mut().zip(key.iter().cycle()) {
            *byte ^= key;
        }
        Some(match header[0] {
            0x81 => Frame::Text(String::from_utf8(payload).expect("UTF-8")),
            0x88 => Frame::Close(payload.first_chunk().map(|code| u16::from_be_bytes(*code))),
            0x89 => Frame::Ping(payload),
            0x8A => Frame::Pong(payload),
            other => panic!("a frame that begins with {other:#x}"),
        })
    }

    /// Receives a text message.
    pub fn receive_text(&mut self) -> String {
        match self.receive() {
            Some(Frame::Text(text)) => text,
            other => panic!("no text: {other:?}"),
        }
    }

    /// Receives a text message as JSON.
    pub fn receive_json(&mut self) -> Value {
        serde_json::from_str(&self.receive_text()).expect("JSON")
    }

    /// Sends a text message and receives the answer.
    pub fn ask(&mut self, text: &str) -> String {
        self.send(text);
        self.receive_text()
    }

    /// Asserts that the other side closes with this code and then ends the connection.
    pub fn assert_closed_with(&mut self, code: u16, of: &str) {
        assert_eq!(self.receive(), Some(Frame::Close(Some(code))), "{of}");
        assert_eq!(self.receive(), None, "{of}");
    }

    /// Says that nothing more will be sent, if the other side is still there to hear it.
    pub fn finish(&mut self) {
        let _ = self.stream.get_ref().shutdown(Shutdown::Write);
    }
}

/// A frame with this first byte, masked or not.
pub fn web_socket_frame(first: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let key = if masked { [0x37, 0xfa, 0x21, 0x3d] } else { [0; 4] };
    let mask = if masked { 0x80 } else { 0 };
    let mut frame = vec![first];
    match payload.len() {
        size @ 0..126 => frame.push(mask | u8::try_from(size).expect("a byte")),
        size @ 126..0x1_0000 => {
            frame.push(mask | 0x7e);
            frame.extend(u16::try_from(size).expect("two bytes").to_be_bytes());
        }
        size => {
            frame.push(mask | 0x7f);
            frame.extend((size as u64).to_be_bytes());
        }
    }
    if masked {
        frame.extend(key);
    }
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}
