//! TCP.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::{Socket, Stream, Transport, unix, unix_path};

/// Connections to one address: `host:port`, or `unix:/path` where both sides are on one machine.
#[derive(Debug, Clone)]
pub struct TcpTransport {
    address: String,
}

impl TcpTransport {
    /// Takes the address, which is resolved at each connection.
    pub fn new(address: impl ToString) -> Self {
        Self { address: address.to_string() }
    }
}

impl Transport for TcpTransport {
    type Stream = Socket;

    fn connect(&self, timeout: Duration) -> io::Result<Socket> {
        match unix_path(&self.address) {
            Some(path) => unix::connect(path, timeout),
            None => connect(&self.address, timeout),
        }
    }

    fn peer(&self) -> String {
        self.address.clone()
    }
}

/// Connects within `timeout` to the first of the addresses where somebody listens.
pub(super) fn connect(address: impl ToSocketAddrs, timeout: Duration) -> io::Result<Socket> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(Socket::Tcp(stream));
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

impl Stream for TcpStream {
    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &*self, room)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut &*self, bytes)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        Self::set_read_timeout(self, timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        Self::set_write_timeout(self, timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }

    fn is_quiet(&self) -> bool {
        matches!(peek(self), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    fn is_ended(&self) -> bool {
        match peek(self) {
            Ok(count) => count == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }

    fn peer(&self) -> Option<SocketAddr> {
        self.peer_addr().ok()
    }
}

/// Looks at the next byte without waiting for one.
fn peek(stream: &TcpStream) -> io::Result<usize> {
    stream.set_nonblocking(true)?;
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    peeked
}
