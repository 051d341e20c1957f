//! The stream of one connection: a socket, or any other.

use std::any::Any;
use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::{Socket, Stream};

/// What a connection is read from and written to. A socket stands in it as it is, so that the usual
/// connection is read and written directly.
pub(crate) enum AnyStream {
    Socket(Socket),
    Other(Box<dyn Stream>),
}

impl AnyStream {
    /// Takes a stream that somebody else has made.
    pub(crate) fn new<S: Stream>(stream: S) -> Self {
        // Looked at as what it is, so that a socket is used as one.
        let mut stream = Some(stream);
        let any: &mut dyn Any = &mut stream;
        if let Some(socket) = any.downcast_mut::<Option<Socket>>().and_then(Option::take) {
            return Self::Socket(socket);
        }
        if let Some(stream) = any.downcast_mut::<Option<TcpStream>>().and_then(Option::take) {
            return Self::Socket(Socket::Tcp(stream));
        }
        #[cfg(unix)]
        if let Some(stream) = any.downcast_mut::<Option<UnixStream>>().and_then(Option::take) {
            return Self::Socket(Socket::Unix(stream));
        }
        match stream {
            Some(stream) => Self::Other(Box::new(stream)),
            None => unreachable!("a stream is taken once"),
        }
    }

    /// The socket, where it is one.
    pub(crate) fn socket(&self) -> Option<&Socket> {
        match self {
            Self::Socket(socket) => Some(socket),
            Self::Other(_) => None,
        }
    }
}

impl From<Socket> for AnyStream {
    fn from(socket: Socket) -> Self {
        Self::Socket(socket)
    }
}

impl fmt::Debug for AnyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(socket) => socket.fmt(f),
            Self::Other(_) => f.write_str("AnyStream::Other"),
        }
    }
}

macro_rules! each {
    ($any:expr, $stream:ident => $does:expr) => {
        match $any {
            Self::Socket($stream) => $does,
            Self::Other($stream) => $does,
        }
    };
}

impl Stream for AnyStream {
    #[inline]
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        each!(self, stream => Stream::read(stream, buffer))
    }

    #[inline]
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        each!(self, stream => Stream::write(stream, bytes))
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        each!(self, stream => stream.set_read_timeout(timeout))
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        each!(self, stream => stream.set_write_timeout(timeout))
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        each!(self, stream => stream.shutdown(how))
    }

    fn is_quiet(&self) -> bool {
        each!(self, stream => stream.is_quiet())
    }

    fn is_ended(&self) -> bool {
        each!(self, stream => stream.is_ended())
    }

    fn peer(&self) -> Option<SocketAddr> {
        each!(self, stream => stream.peer())
    }
}
