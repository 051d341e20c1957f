//! A connected socket, TCP or Unix.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::{Address, Stream, no_known_address, tcp, unix};

/// Does the same with a socket of either kind.
macro_rules! either {
    ($socket:expr, $stream:ident => $does:expr) => {
        match $socket {
            Self::Tcp($stream) => $does,
            #[cfg(unix)]
            Self::Unix($stream) => $does,
        }
    };
}

/// A connected socket, TCP or Unix.
#[derive(Debug)]
#[non_exhaustive]
pub enum Socket {
    /// A TCP connection.
    Tcp(TcpStream),
    /// A connection over a Unix socket.
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    /// Connects within `timeout`.
    ///
    /// # Errors
    ///
    /// Those of the operating system, one that has no Unix sockets included.
    pub fn connect(address: &Address, timeout: Duration) -> io::Result<Self> {
        match address {
            Address::Tcp(address) => tcp::connect(address, timeout),
            Address::Unix(path) => unix::connect(path, timeout),
            Address::Other(words) => Err(no_known_address(words)),
        }
    }

    /// Sends what is written at once rather than gathering it; only TCP would gather.
    pub(crate) fn set_nodelay(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nodelay(true),
            #[cfg(unix)]
            Self::Unix(_) => Ok(()),
        }
    }

    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        either!(self, stream => stream.set_nonblocking(nonblocking))
    }

    #[cfg(any(unix, feature = "http"))]
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Tcp(stream) => stream.try_clone().map(Self::Tcp),
            #[cfg(unix)]
            Self::Unix(stream) => stream.try_clone().map(Self::Unix),
        }
    }
}

impl Stream for Socket {
    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        either!(self, stream => Stream::read(stream, room))
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        either!(self, stream => Stream::write(stream, bytes))
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        either!(self, stream => stream.set_read_timeout(timeout))
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        either!(self, stream => stream.set_write_timeout(timeout))
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        either!(self, stream => stream.shutdown(how))
    }

    fn is_quiet(&self) -> bool {
        either!(self, stream => stream.is_quiet())
    }

    fn is_ended(&self) -> bool {
        either!(self, stream => stream.is_ended())
    }

    fn peer(&self) -> Option<SocketAddr> {
        either!(self, stream => stream.peer())
    }
}

#[cfg(unix)]
impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        either!(self, stream => stream.as_fd())
    }
}

impl Read for Socket {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        Stream::read(self, room)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Stream::write(self, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
