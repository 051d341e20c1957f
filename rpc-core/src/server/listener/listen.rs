//! What a server can be told to listen at.

use std::fmt;
use std::io;
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, TcpListener, ToSocketAddrs,
};
use std::path::{Path, PathBuf};

use crate::transport::{Address, no_address, no_known_address, unix_path};

use super::own::{Accept, Own};
use super::socket::Listener;
use super::source::Source;

/// What a server can be told to listen at: `"127.0.0.1:5000"`, also as `"tcp://127.0.0.1:5000"`,
/// `"unix:/run/sum.sock"`, an [`Address`], a [`UnixAddress`], or whatever else std takes for a TCP address; a socket that another
/// program has opened, an `InheritedSocket` (Unix); or a listener of one's own, whatever implements
/// [`Accept`].
///
/// Port 0 takes a free port. At `unix:/path` a socket is made that the server's user alone may
/// connect to; [`UnixAddress`] lets others. Its file is removed when the server ends. One that a
/// server has left behind, and where nobody answers, is replaced; a file that is no socket never is.
#[diagnostic::on_unimplemented(
    message = "a server cannot listen at a `{Self}`",
    label = "an address must stand here: `\"127.0.0.1:5000\"`, `\"unix:/path\"`, an `Address`, a `UnixAddress`, an `InheritedSocket` or a listener that implements `Accept`"
)]
#[allow(private_interfaces)]
pub trait Listen {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// Those of the operating system; `AddrInUse` where somebody else listens.
    #[doc(hidden)]
    fn listen(self) -> io::Result<Source>;
}

/// The path of a Unix socket to listen at, and who may connect to it.
///
/// ```no_run
/// use rpc_core::server::UnixAddress;
/// use rpc_core::RpcServer;
///
/// // The group may connect too.
/// let server = RpcServer::exported().start(UnixAddress::new("/run/sum.sock").mode(0o660))?;
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "nobody listens there until a server is told to"]
pub struct UnixAddress {
    path: PathBuf,
    mode: u32,
}

impl UnixAddress {
    /// A socket that the server's user alone may connect to (mode 600).
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), mode: 0o600 }
    }

    /// Gives the socket's file this mode, as `chmod` does: who may write to it may connect.
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }
}

impl From<UnixAddress> for Address {
    fn from(address: UnixAddress) -> Self {
        Self::Unix(address.path)
    }
}

#[allow(private_interfaces)]
impl<T: Accept> Listen for T {
    fn listen(self) -> io::Result<Source> {
        Ok(Source::Own(Own::new(self)))
    }
}

const FORMS: &str = "a server listens at `host:port` or `tcp://host:port`, where port 0 is any that is free, or at `unix:/path`";

fn listen_tcp(address: impl ToSocketAddrs + fmt::Debug) -> io::Result<Source> {
    let found = address.to_socket_addrs();
    let found = found.map_err(|error| no_address(&format!("{address:?}"), &error, FORMS))?;
    let addresses: Vec<_> = found.collect();
    let listener = TcpListener::bind(&addresses[..]).map_err(|error| {
        let names: Vec<_> = addresses.iter().map(SocketAddr::to_string).collect();
        io::Error::new(error.kind(), format!("{}: {error}", names.join(", ")))
    })?;
    // Std asks for a queue of 128, which a burst of connections overflows: each of the others would
    // wait a second before it tries again. The operating system makes it shorter where it is told to.
    #[cfg(feature = "tokio")]
    socket2::SockRef::from(&listener).listen(4096)?;
    Ok(Source::Socket(Listener::tcp(listener)))
}

#[cfg(unix)]
fn listen_unix(path: &Path, mode: u32) -> io::Result<Source> {
    let (listener, file) = super::socket_file::listen(path, mode)?;
    Ok(Source::Socket(Listener::unix(listener, file)))
}

#[cfg(not(unix))]
fn listen_unix(path: &Path, _: u32) -> io::Result<Source> {
    Err(crate::transport::no_unix_sockets(path))
}

#[allow(private_interfaces)]
impl Listen for &UnixAddress {
    fn listen(self) -> io::Result<Source> {
        listen_unix(&self.path, self.mode)
    }
}

#[allow(private_interfaces)]
impl Listen for &Address {
    fn listen(self) -> io::Result<Source> {
        match self {
            Address::Tcp(address) => listen_tcp(address),
            Address::Unix(path) => UnixAddress::new(path).listen(),
            Address::Other(words) => Err(no_known_address(words)),
        }
    }
}

#[allow(private_interfaces)]
impl Listen for &str {
    fn listen(self) -> io::Result<Source> {
        match unix_path(self) {
            Some(path) => UnixAddress::new(path).listen(),
            None => listen_tcp(self.strip_prefix("tcp://").unwrap_or(self)),
        }
    }
}

#[allow(private_interfaces)]
impl Listen for &String {
    fn listen(self) -> io::Result<Source> {
        self.as_str().listen()
    }
}

#[allow(private_interfaces)]
impl Listen for &[SocketAddr] {
    fn listen(self) -> io::Result<Source> {
        listen_tcp(self)
    }
}

/// The same by value.
macro_rules! listen_by_value {
    ($($address:ty),*) => {$(
        #[allow(private_interfaces)]
        impl Listen for $address {
            fn listen(self) -> io::Result<Source> {
                (&self).listen()
            }
        }
    )*};
}

listen_by_value!(UnixAddress, Address, String);

/// What std takes for a TCP address.
macro_rules! listen_tcp {
    ($($address:ty),*) => {$(
        #[allow(private_interfaces)]
        impl Listen for &$address {
            fn listen(self) -> io::Result<Source> {
                listen_tcp(self)
            }
        }

        listen_by_value!($address);
    )*};
}

listen_tcp!(SocketAddr, SocketAddrV4, SocketAddrV6);
listen_tcp!((&str, u16), (String, u16), (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));
