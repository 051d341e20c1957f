//! What a server listens at, TCP or Unix.

#[cfg(feature = "tokio")]
mod asynchronous;
mod listen;
#[cfg(unix)]
mod socket_file;

use std::collections::VecDeque;
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

#[cfg(any(unix, feature = "tokio"))]
use super::service::is_about_one_connection;

/// Connections that nobody had accepted when a server was stopped, the oldest first. Their peers may
/// have sent calls already, which would be lost with the listener.
pub(super) type Rest = VecDeque<Socket>;

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

    /// Accepts a connection of a listener that does not block, if there is one.
    #[cfg(unix)]
    pub(super) fn accept_now(&self) -> io::Result<Option<Socket>> {
        match self.accept() {
            Ok(stream) => {
                // On some systems it takes after its listener.
                stream.set_nonblocking(false)?;
                Ok(Some(stream))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) if is_about_one_connection(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Accepts a connection, if there is one.
    #[cfg(not(unix))]
    pub(super) fn accept_now(&self) -> io::Result<Option<Socket>> {
        let Self::Tcp(listener) = self;
        listener.set_nonblocking(true)?;
        let accepted = listener.accept();
        listener.set_nonblocking(false)?;
        match accepted {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                Ok(Some(Socket::Tcp(stream)))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Accepts those that have connected and wait, because nobody will be accepted later.
    #[cfg(unix)]
    pub(super) fn accept_rest(&self) -> Rest {
        match self.set_nonblocking() {
            Ok(()) => accept_rest(|| self.accept()),
            Err(_) => Rest::new(),
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

/// Accepts from a listener that does not block, until there is nobody.
#[cfg(any(unix, feature = "tokio"))]
fn accept_rest(accept: impl Fn() -> io::Result<Socket>) -> Rest {
    // However fast others connect.
    const LONGEST_QUEUE: usize = 4096;
    let mut rest = Rest::new();
    for _ in 0..LONGEST_QUEUE {
        match accept().and_then(|stream| stream.set_nonblocking(false).map(|()| stream)) {
            Ok(stream) => rest.push_back(stream),
            Err(error) if is_about_one_connection(&error) => {}
            Err(_) => break,
        }
    }
    rest
}
