//! Where a server is reached.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where a server is reached: a TCP address, `127.0.0.1:5000`, or the path of a Unix socket,
/// `unix:/run/sum.sock`.
///
/// ```
/// use rpc_core::transport::Address;
///
/// let address: Address = "unix:/run/sum.sock".parse()?;
/// assert_eq!(address.to_string(), "unix:/run/sum.sock");
/// assert!(address.socket_addr().is_none());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A TCP address.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
    /// Something else that is listened at, by a listener of one's own, in its own words. There is no
    /// connecting to it by this address.
    Other(String),
}

impl Address {
    /// The TCP address, where it is one.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) | Self::Other(_) => None,
        }
    }

    /// The path of the Unix socket, where it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            Self::Tcp(_) | Self::Other(_) => None,
        }
    }
}

/// The path that `unix:/path`, or the URL `unix:///path`, names.
pub(crate) fn unix_path(address: &str) -> Option<&Path> {
    let path = address.strip_prefix("unix:")?;
    Some(Path::new(path.strip_prefix("//").filter(|path| path.starts_with('/')).unwrap_or(path)))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Other(words) => f.write_str(words),
        }
    }
}

impl FromStr for Address {
    type Err = io::Error;

    /// Reads `unix:/path`, or an IP address and a port; names are not looked up.
    fn from_str(text: &str) -> io::Result<Self> {
        if let Some(path) = unix_path(text) {
            return Ok(Self::Unix(path.to_owned()));
        }
        text.parse().map(Self::Tcp).map_err(|_| {
            let problem = format!("`{text}` is neither `unix:/path` nor an IP address and a port");
            io::Error::new(ErrorKind::InvalidInput, problem)
        })
    }
}

/// Refuses to connect to, or listen at, what only a listener of somebody's own knows.
pub(crate) fn no_known_address(words: &str) -> io::Error {
    let problem = format!("`{words}` is neither `unix:/path` nor `host:port`");
    io::Error::new(ErrorKind::Unsupported, problem)
}

/// Says of an address that it cannot be looked up: what it is, and which `forms` an address has if it has
/// none.
pub(crate) fn no_address(address: &str, error: &io::Error, forms: &str) -> io::Error {
    let problem = match error.kind() {
        ErrorKind::InvalidInput => format!("{address} is no address ({error}); {forms}"),
        _ => format!("{address}: {error}"),
    };
    io::Error::new(error.kind(), problem)
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl From<&Address> for Address {
    fn from(address: &Address) -> Self {
        address.clone()
    }
}

impl ToSocketAddrs for Address {
    type Iter = std::option::IntoIter<SocketAddr>;

    /// Fails where it is no TCP address.
    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        match self {
            Self::Tcp(address) => Ok(Some(*address).into_iter()),
            Self::Unix(_) | Self::Other(_) => {
                let problem = format!("{self} is no TCP address");
                Err(io::Error::new(ErrorKind::InvalidInput, problem))
            }
        }
    }
}
