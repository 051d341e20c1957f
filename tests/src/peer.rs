//! A socket that speaks bytes, to say what no client and no server would.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::thread;
use std::time::Duration;

use rpc_core::client::Dialect;
use rpc_core::protocol::Framing;
use rpc_core::transport::{Address, Socket, Stream};
use tokio::net::TcpSocket;

use crate::run;

/// The framings in which a fault of the whole connection is said in the native dialect.
pub const FRAMINGS: [Framing; 2] = [Framing::LengthPrefix, Framing::Raw];

/// All framings that a connection may be told by its first bytes to have.
pub const EVERY_FRAMING: [Framing; 3] = [Framing::LengthPrefix, Framing::Raw, Framing::Header];

/// The dialects that a client may speak to a server over a stream.
pub const DIALECTS: [Dialect; 4] =
    [Dialect::Native, Dialect::NativeWithoutIds, Dialect::Ping, Dialect::JsonRpc];
/// Longer than anything takes here: a reply that never comes fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

/// Puts a message in its frame.
pub fn frame(framing: Framing, message: &[u8]) -> Vec<u8> {
    match framing {
        Framing::LengthPrefix => {
            let length = u32::try_from(message.len()).expect("a message a prefix can announce");
            [&length.to_le_bytes(), message].concat()
        }
        Framing::Header => {
            [format!("Content-Length: {}\r\n\r\n", message.len()).as_bytes(), message].concat()
        }
        _ => message.to_vec(),
    }
}

/// One end of a connection.
#[derive(Debug)]
pub struct Peer {
    stream: BufReader<Socket>,
    framing: Framing,
    /// Whether the other side may leave without reading all it was sent, as clients may.
    may_be_left: bool,
}

impl Peer {
    /// Connects, to speak in `framing`.
    pub fn connect(address: impl Into<Address>, framing: Framing) -> Self {
        let connected = Socket::connect(&address.into(), PATIENCE);
        Self::new(connected.expect("a server that listens"), framing)
    }

    /// The same from an address of this machine: all of 127.0.0.0/8 are.
    pub fn connect_from(local: &str, address: SocketAddr, framing: Framing) -> Self {
        let local = SocketAddr::new(local.parse().expect("an address"), 0);
        let connected = run(async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(local)?;
            let stream = socket.connect(address).await?.into_std()?;
            stream.set_nonblocking(false)?;
            Ok::<_, std::io::Error>(stream)
        });
        Self::new(Socket::Tcp(connected.expect("a server that listens")), framing)
    }

    /// The same with little memory, for a test with thousands of them.
    pub fn connect_small(address: impl Into<Address>, framing: Framing) -> Self {
        let Self { stream, framing, may_be_left } = Self::connect(address, framing);
        Self { stream: BufReader::with_capacity(64, stream.into_inner()), framing, may_be_left }
    }

    /// Takes a connection that is there, to speak in `framing`.
    pub(crate) fn new(stream: Socket, framing: Framing) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Self { stream: BufReader::new(stream), framing, may_be_left: false }
    }

    /// The same, of a client, which may leave without reading all it was sent.
    pub(crate) fn of_client(stream: Socket, framing: Framing) -> Self {
        Self { may_be_left: true, ..Self::new(stream, framing) }
    }

    /// The framing spoken.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Sends a message in its frame.
    pub fn send(&mut self, message: &str) {
        self.write(&frame(self.framing, message.as_bytes()));
    }

    /// Sends one message to another side that may have gone.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn try_send(&mut self, message: &str) -> std::io::Result<()> {
        self.try_write(&frame(self.framing, message.as_bytes()))
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).expect("a server that reads");
    }

    /// Sends bytes as they are to a server that may have gone.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Receives the next reply; `None` where the other side has ended the connection.
    pub fn receive(&mut self) -> Option<String> {
        match self.framing {
            Framing::LengthPrefix => self.receive_prefixed(),
            Framing::Header => self.receive_headed(),
            _ => self.receive_line(),
        }
    }

    /// Receives a reply in a frame whatever was spoken before.
    pub fn receive_prefixed(&mut self) -> Option<String> {
        let mut prefix = [0; 4];
        if let Err(error) = self.stream.read_exact(&mut prefix) {
            let is_left = self.may_be_left && error.kind() == ErrorKind::ConnectionReset;
            assert!(is_left || error.kind() == ErrorKind::UnexpectedEof, "{error}");
            return None;
        }
        let mut body = vec![0; u32::from_le_bytes(prefix) as usize];
        self.stream.read_exact(&mut body).expect("the announced bytes");
        Some(String::from_utf8(body).expect("UTF-8"))
    }

    /// Receives a reply behind a header, which is to have a length and nothing else.
    fn receive_headed(&mut self) -> Option<String> {
        let header = self.read_line()?;
        let length = header.strip_prefix("Content-Length: ").expect("a length");
        let length: usize =
            length.strip_suffix("\r\n").expect("a whole line").parse().expect("digits");
        assert_eq!(self.read_line().as_deref(), Some("\r\n"));
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the announced bytes");
        Some(String::from_utf8(body).expect("UTF-8"))
    }

    /// Receives a reply in a line whatever was spoken before.
    pub fn receive_line(&mut self) -> Option<String> {
        let line = self.read_line()?;
        Some(line.strip_suffix('\n').expect("a whole line").to_owned())
    }

    fn read_line(&mut self) -> Option<String> {
        let mut line = String::new();
        let count = match self.stream.read_line(&mut line) {
            Err(error) if self.may_be_left && error.kind() == ErrorKind::ConnectionReset => 0,
            read => read.expect("a reply or the end"),
        };
        (count > 0).then_some(line)
    }

    /// Receives every reply up to the end of the connection.
    pub fn receive_all(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.receive()).collect()
    }

    /// Sends a message and receives the reply.
    pub fn ask(&mut self, message: &str) -> String {
        self.send(message);
        self.receive().expect("a reply")
    }

    /// Reads some bytes, whatever they are, if there are so many.
    pub fn skip(&mut self, count: usize) {
        let _ = self.stream.read_exact(&mut vec![0; count]);
    }

    /// Whether the other side ends the connection without another word.
    pub fn is_ended(&mut self) -> bool {
        self.stream.read(&mut [0]).expect("the end of the stream") == 0
    }

    /// Says that nothing more will be sent, if the server is still there to hear it.
    pub fn finish(&mut self) {
        let _ = self.stream.get_ref().shutdown(Shutdown::Write);
    }

    /// Sends a message, then some bytes, and ends the connection with a reset: that is what happens
    /// when a reply has come and nobody has read it.
    pub fn reset_after(mut self, message: &[u8], bytes: &[u8]) {
        self.write(message);
        while self.stream.get_ref().is_quiet() {
            thread::sleep(Duration::from_millis(1));
        }
        self.write(bytes);
    }
}
