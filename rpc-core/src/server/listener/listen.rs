//! What a server can be told to listen at.

use std::io;
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, TcpListener, ToSocketAddrs,
};
use std::path::{Path, PathBuf};

use crate::transport::{Address, unix_path};

use super::Listener;

/// What a server can be told to listen at: `"127.0.0.1:5000"`, `"unix:/run/sum.sock"`, an
/// [`Address`], a [`UnixAddress`], or whatever else std takes for a TCP address.
///
/// Port 0 takes a free port. At `unix:/path` a socket is made that the server's user alone may
/// connect to; [`UnixAddress`] lets others. Its file is removed when the server ends. One that a
/// server has left behind, and where nobody answers, is replaced; a file that is no socket never is.
#[diagnostic::on_unimplemented(
    message = "a server cannot listen at a `{Self}`",
    label = "an address must stand here: `\"127.0.0.1:5000\"`, `\"unix:/path\"`, an `Address` or a `UnixAddress`"
)]
#[allow(private_interfaces)]
pub trait Listen {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// Those of the operating system; `AddrInUse` where somebody else listens.
    #[doc(hidden)]
    fn listen(&self) -> io::Result<Listener>;
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

fn listen_tcp(address: impl ToSocketAddrs) -> io::Result<Listener> {
    let listener = TcpListener::bind(address)?;
    // Std asks for a queue of 128, which a burst of connections overflows: each of the others would
    // wait a second before it tries again. The operating system makes it shorter where it is told to.
    #[cfg(feature = "tokio")]
    socket2::SockRef::from(&listener).listen(4096)?;
    Ok(Listener::Tcp(listener))
}

#[allow(private_interfaces)]
impl Listen for UnixAddress {
    #[cfg(unix)]
    fn listen(&self) -> io::Result<Listener> {
        super::socket_file::listen(&self.path, self.mode)
    }

    #[cfg(not(unix))]
    fn listen(&self) -> io::Result<Listener> {
        Err(crate::transport::no_unix_sockets(&self.path))
    }
}

#[allow(private_interfaces)]
impl Listen for Address {
    fn listen(&self) -> io::Result<Listener> {
        match self {
            Self::Tcp(address) => listen_tcp(address),
            Self::Unix(path) => UnixAddress::new(path).listen(),
        }
    }
}

#[allow(private_interfaces)]
impl Listen for str {
    fn listen(&self) -> io::Result<Listener> {
        match unix_path(self) {
            Some(path) => UnixAddress::new(path).listen(),
            None => listen_tcp(self),
        }
    }
}

#[allow(private_interfaces)]
impl Listen for String {
    fn listen(&self) -> io::Result<Listener> {
        self.as_str().listen()
    }
}

#[allow(private_interfaces)]
impl<L: Listen + ?Sized> Listen for &L {
    fn listen(&self) -> io::Result<Listener> {
        (**self).listen()
    }
}

/// What std takes for a TCP address.
macro_rules! listen {
    ($($address:ty),*) => {$(
        #[allow(private_interfaces)]
        impl Listen for $address {
            fn listen(&self) -> io::Result<Listener> {
                listen_tcp(self)
            }
        }
    )*};
}

listen!(SocketAddr, SocketAddrV4, SocketAddrV6, [SocketAddr]);
listen!((&str, u16), (String, u16), (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));
