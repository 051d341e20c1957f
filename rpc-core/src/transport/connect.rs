//! How connections are made, to an address of either kind.

use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

#[cfg(feature = "tokio")]
use super::AsyncSocket;
#[cfg(feature = "tls")]
use super::tls_client::Secured;
use super::{
    Address, ClientStream, Socket, Transport, no_address, no_known_address, unix, unix_path,
};

/// Connections to one address: `host:port`, or `unix:/path` where both sides are on one machine.
#[derive(Debug, Clone)]
pub struct TcpTransport {
    address: String,
    #[cfg(feature = "tls")]
    secured: Option<Secured>,
}

impl TcpTransport {
    /// Takes the address, which is resolved at each connection.
    pub fn new(address: impl ToString) -> Self {
        Self {
            address: address.to_string(),
            #[cfg(feature = "tls")]
            secured: None,
        }
    }

    /// The same with TLS on each connection.
    #[cfg(feature = "tls")]
    pub(crate) fn over_tls(address: &str, secured: Secured) -> Self {
        Self { address: address.to_owned(), secured: Some(secured) }
    }

    /// Connects without blocking.
    #[cfg(feature = "tokio")]
    pub(crate) async fn connect_async(&self, limit: Duration) -> io::Result<AsyncSocket> {
        #[cfg(feature = "tls")]
        if let Some(secured) = &self.secured {
            // What takes too long is told here, before the caller's own clock rings.
            const SOONER: Duration = Duration::from_millis(5);
            let end = Instant::now().checked_add(limit.saturating_sub(SOONER));
            let socket = AsyncSocket::connect(&self.address).await?;
            return secured.begin_async(socket, end, limit).await;
        }
        let _ = limit;
        AsyncSocket::connect(&self.address).await
    }

    fn connect_plain(&self, timeout: Duration) -> io::Result<Socket> {
        match unix_path(&self.address) {
            Some(path) => unix::connect(path, timeout),
            None => {
                connect(&self.address, timeout).map_err(|error| with_forms(&self.address, error))
            }
        }
    }
}

impl Transport for TcpTransport {
    type Stream = ClientStream;

    fn connect(&self, timeout: Duration) -> io::Result<ClientStream> {
        #[cfg(feature = "tls")]
        if let Some(secured) = &self.secured {
            let end = Instant::now().checked_add(timeout);
            let socket = self.connect_plain(timeout)?;
            return Ok(ClientStream::new(secured.begin(socket, end, timeout)?));
        }
        self.connect_plain(timeout).map(ClientStream::new)
    }

    fn peer(&self) -> String {
        #[cfg(feature = "tls")]
        if self.secured.is_some() {
            return format!("tls://{}", self.address);
        }
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
