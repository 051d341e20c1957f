//! How connections are made, to an address of either kind.

use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

#[cfg(feature = "tokio")]
use super::AsyncSocket;
use super::{Address, Socket, Transport, no_address, no_known_address, unix, unix_path};

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
            None => {
                connect(&self.address, timeout).map_err(|error| with_forms(&self.address, error))
            }
        }
    }

    fn peer(&self) -> String {
        self.address.clone()
    }
}

impl Socket {
    /// Connects within `timeout`.
    ///
    /// # Errors
    ///
    /// Those of the operating system, one that has no Unix sockets included.
    pub fn connect(address: &Address, timeout: Duration) -> io::Result<Self> {
        match address {
            Address::Tcp(address) => connect(address, timeout),
            Address::Unix(path) => unix::connect(path, timeout),
            Address::Other(words) => Err(no_known_address(words)),
        }
    }
}

#[cfg(feature = "tokio")]
impl AsyncSocket {
    /// Connects to `host:port` or `unix:/path`.
    pub(crate) async fn connect(address: &str) -> io::Result<Self> {
        let Some(path) = unix_path(address) else {
            let connected = tokio::net::TcpStream::connect(address).await;
            let stream = connected.map_err(|error| with_forms(address, error))?;
            stream.set_nodelay(true)?;
            return Ok(Self::Tcp(stream));
        };
        unix::connect_async(path).await
    }
}

/// Says of an address that is none which forms are taken. Who connects says what the address is.
fn with_forms(address: &str, error: io::Error) -> io::Error {
    const FORMS: &str = if cfg!(feature = "http") {
        "a client connects to `host:port`, `unix:/path`, `http://host:port/path` or `ws://host:port/path`"
    } else {
        "a client connects to `host:port` or `unix:/path`"
    };
    match error.kind() {
        ErrorKind::InvalidInput => no_address(&format!("{address:?}"), &error, FORMS),
        _ => error,
    }
}

/// Connects within `timeout` to the first of the addresses where somebody listens. Each has an equal
/// part of the time that is left.
fn connect(address: impl ToSocketAddrs, timeout: Duration) -> io::Result<Socket> {
    let begun = Instant::now();
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name has no address");
    let addresses: Vec<_> = address.to_socket_addrs()?.collect();
    for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        let part = timeout.saturating_sub(begun.elapsed()) / left;
        match TcpStream::connect_timeout(address, part.max(Duration::from_millis(1))) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(Socket::Tcp(stream));
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
