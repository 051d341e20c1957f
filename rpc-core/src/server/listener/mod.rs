//! What a server listens at, TCP or Unix.

#[cfg(feature = "tokio")]
mod asynchronous;
mod listen;
#[cfg(unix)]
mod socket_file;

use std::io;
use std::net::TcpListener;
#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
#[cfg(unix)]
use std::os::unix::net::UnixListener;
#[cfg(unix)]
use std::sync::Arc;

#[cfg(feature = "tokio")]
pub use asynchronous::AsyncListener;
pub use listen::{Listen, UnixAddress};
#[cfg(unix)]
use socket_file::SocketFile;

use crate::transport::{Address, Socket, either};

/// What connections are accepted from. Copies of it share one queue.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    /// With its file, which goes with the last copy.
    #[cfg(unix)]
    Unix(UnixListener, Arc<SocketFile>),
}

impl Listener {
    /// The address, with the port that was taken where 0 was asked for.
    pub(super) fn address(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            Self::Unix(_, file) => Ok(Address::Unix(file.path().to_owned())),
        }
    }

    pub(super) fn accept(&self) -> io::Result<Socket> {
        match self {
            Self::Tcp(listener) => Ok(Socket::Tcp(listener.accept()?.0)),
            #[cfg(unix)]
            Self::Unix(listener, _) => Ok(Socket::Unix(listener.accept()?.0)),
        }
    }

    /// Removes the file of a Unix socket, so that another server may take its place.
    pub(super) fn remove_file(&self) {
        match self {
            Self::Tcp(_) => {}
            #[cfg(unix)]
            Self::Unix(_, file) => file.remove(),
        }
    }

    #[cfg(unix)]
    pub(super) fn set_nonblocking(&self) -> io::Result<()> {
        either!(self, listener => listener.set_nonblocking(true))
    }

    #[cfg(any(unix, feature = "tokio"))]
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Tcp(listener) => listener.try_clone().map(Self::Tcp),
            #[cfg(unix)]
            Self::Unix(listener, file) => Ok(Self::Unix(listener.try_clone()?, Arc::clone(file))),
        }
    }
}

#[cfg(unix)]
impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        either!(self, listener => listener.as_fd())
    }
}

#[cfg(unix)]
impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        either!(self, listener => listener.as_raw_fd())
    }
}
