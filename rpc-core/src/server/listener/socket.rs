//! A socket that is listened at, TCP or Unix.

use std::io;
use std::net::TcpListener;
#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
#[cfg(unix)]
use std::os::unix::net::UnixListener;
#[cfg(unix)]
use std::sync::Arc;

use crate::error::{IoError, IoErrorKind};
#[cfg(unix)]
use crate::server::bell::Bell;
use crate::transport::{Address, Socket};

#[cfg(unix)]
use super::rest::{Rest, accept_rest};
#[cfg(unix)]
use super::socket_file::SocketFile;
#[cfg(unix)]
use super::spare::Spare;
#[cfg(unix)]
use super::transient::is_about_one_connection;

/// What connections are accepted from. Copies of it share one queue.
#[derive(Debug)]
pub struct Listener {
    socket: ListeningSocket,
    /// The file of a Unix socket that this process has made, which goes with the last copy.
    #[cfg(unix)]
    file: Option<Arc<SocketFile>>,
    /// What wakes whoever waits at a socket that somebody else keeps, and that is therefore not to be
    /// stopped itself. Such a socket does not block.
    #[cfg(unix)]
    bell: Option<Arc<Bell>>,
    /// Kept for those who wait when the server stops and there is no other.
    #[cfg(unix)]
    spare: Spare,
}

/// The socket itself.
#[derive(Debug)]
pub(in crate::server) enum ListeningSocket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Listener {
    pub(super) fn tcp(listener: TcpListener) -> Self {
        Self {
            socket: ListeningSocket::Tcp(listener),
            #[cfg(unix)]
            file: None,
            #[cfg(unix)]
            bell: None,
            #[cfg(unix)]
            spare: Spare::keep(),
        }
    }

    #[cfg(unix)]
    pub(super) fn unix(listener: UnixListener, file: SocketFile) -> Self {
        let socket = ListeningSocket::Unix(listener);
        Self { socket, file: Some(Arc::new(file)), bell: None, spare: Spare::keep() }
    }

    /// Takes a socket that somebody else keeps open and goes on with when this program has ended.
    #[cfg(unix)]
    pub(in crate::server) fn kept_by_another(socket: ListeningSocket) -> io::Result<Self> {
        let (bell, spare) = (Some(Arc::new(Bell::new()?)), Spare::keep());
        let listener = Self { socket, file: None, bell, spare };
        listener.set_nonblocking()?;
        Ok(listener)
    }

    #[cfg(any(unix, feature = "tokio"))]
    pub(in crate::server) fn socket(&self) -> &ListeningSocket {
        &self.socket
    }

    /// What wakes whoever waits at a socket that is not to be stopped.
    #[cfg(unix)]
    pub(in crate::server) fn bell(&self) -> Option<&Bell> {
        self.bell.as_deref()
    }

    /// Whether an `accept` that waits is ended by a connection to it.
    pub(in crate::server) fn ends_by_a_connection(&self) -> bool {
        #[cfg(unix)]
        return self.bell.is_none();
        #[cfg(not(unix))]
        true
    }

    /// The address, with the port that was taken where 0 was asked for.
    pub(in crate::server) fn address(&self) -> io::Result<Address> {
        #[cfg(unix)]
        if let Some(file) = &self.file {
            return Ok(Address::Unix(file.path().to_owned()));
        }
        match &self.socket {
            ListeningSocket::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            ListeningSocket::Unix(listener) => {
                let address = listener.local_addr()?;
                Ok(match address.as_pathname() {
                    Some(path) => Address::Unix(path.to_owned()),
                    None => Address::Other(format!("a Unix socket {address:?}")),
                })
            }
        }
    }

    pub(in crate::server) fn accept(&self) -> io::Result<Socket> {
        match &self.socket {
            ListeningSocket::Tcp(listener) => Ok(Socket::Tcp(listener.accept()?.0)),
            #[cfg(unix)]
            ListeningSocket::Unix(listener) => Ok(Socket::Unix(listener.accept()?.0)),
        }
    }

    /// Accepts a connection of a listener that does not block, if there is one.
    #[cfg(unix)]
    pub(in crate::server) fn accept_now(&self) -> io::Result<Option<Socket>> {
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
    pub(in crate::server) fn accept_now(&self) -> io::Result<Option<Socket>> {
        let ListeningSocket::Tcp(listener) = &self.socket;
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
    pub(in crate::server) fn accept_rest(&self) -> Rest {
        match self.set_nonblocking() {
            Ok(()) => accept_rest(|| self.accept()),
            Err(_) => Rest::new(),
        }
    }

    /// Lets go of the descriptor that is kept for when there is no other.
    #[cfg(unix)]
    pub(in crate::server) fn let_go_of_spare(&self) {
        self.spare.let_go();
    }

    /// Removes the file of a Unix socket, so that another server may take its place.
    pub(in crate::server) fn remove_file(&self) {
        #[cfg(unix)]
        if let Some(file) = &self.file {
            file.remove();
        }
    }

    #[cfg(unix)]
    pub(in crate::server) fn set_nonblocking(&self) -> io::Result<()> {
        match &self.socket {
            ListeningSocket::Tcp(listener) => listener.set_nonblocking(true),
            ListeningSocket::Unix(listener) => listener.set_nonblocking(true),
        }
    }

    #[cfg(any(unix, feature = "tokio"))]
    pub(in crate::server) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self {
            socket: match &self.socket {
                ListeningSocket::Tcp(listener) => ListeningSocket::Tcp(listener.try_clone()?),
                #[cfg(unix)]
                ListeningSocket::Unix(listener) => ListeningSocket::Unix(listener.try_clone()?),
            },
            #[cfg(unix)]
            file: self.file.clone(),
            #[cfg(unix)]
            bell: self.bell.clone(),
            #[cfg(unix)]
            spare: self.spare.clone(),
        })
    }
}

#[cfg(unix)]
impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            ListeningSocket::Tcp(listener) => listener.as_fd(),
            ListeningSocket::Unix(listener) => listener.as_fd(),
        }
    }
}

#[cfg(unix)]
impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// Says that the operating system lets nobody listen.
pub(in crate::server) fn listen_failed(source: io::Error) -> IoError {
    IoError::new(IoErrorKind::Listen, "starting a server").because(source)
}
