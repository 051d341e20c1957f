//! The stream of one connection: a socket, or any other.

use std::any::Any;
use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(feature = "tls")]
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "tls")]
use super::tls::{AtOnce, Session, TlsStream};
use super::{Socket, Stream};

/// What a connection is read from and written to. A socket stands in it as it is, so that the usual
/// connection is read and written directly.
pub(crate) enum AnyStream {
    Socket(Socket),
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream<Self>>),
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
        #[cfg(feature = "tls")]
        if let Some(stream) = any.downcast_mut::<Option<TlsStream<Self>>>().and_then(Option::take) {
            return stream.into();
        }
        match stream {
            Some(stream) => Self::Other(Box::new(stream)),
            None => unreachable!("a stream is taken once"),
        }
    }

    /// The socket, where it is one, or carries TLS: to wait for, and to set; only a socket that is one is read
    /// and written itself.
    pub(crate) fn socket(&self) -> Option<&Socket> {
        match self {
            Self::Socket(socket) => Some(socket),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.below().socket(),
            Self::Other(_) => None,
        }
    }
}

/// A connection that an event loop is to serve, too.
#[cfg(feature = "http")]
pub(crate) struct Twin {
    pub(crate) socket: Socket,
    #[cfg(feature = "tls")]
    pub(crate) session: Option<Arc<Session>>,
}

#[cfg(feature = "http")]
impl AnyStream {
    /// The same connection once more, where it comes over a socket.
    pub(crate) fn twin(&self) -> Option<io::Result<Twin>> {
        let socket = self.socket()?.try_clone();
        Some(socket.map(|socket| Twin {
            socket,
            #[cfg(feature = "tls")]
            session: match self {
                Self::Tls(stream) => Some(Arc::clone(stream.session())),
                _ => None,
            },
        }))
    }
}

impl AnyStream {
    /// What carries the connection, below TLS.
    pub(crate) fn carrier(&self) -> &Self {
        match self {
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.below().carrier(),
            carrier => carrier,
        }
    }
}

/// What TLS adds to a stream.
#[cfg(feature = "tls")]
impl AnyStream {
    /// What is known of its TLS.
    pub(crate) fn tls(&self) -> Option<&Arc<Session>> {
        match self {
            Self::Tls(stream) => Some(stream.session()),
            _ => None,
        }
    }
}

impl From<Socket> for AnyStream {
    fn from(socket: Socket) -> Self {
        Self::Socket(socket)
    }
}

#[cfg(feature = "tls")]
impl From<TlsStream<Self>> for AnyStream {
    fn from(stream: TlsStream<Self>) -> Self {
        Self::Tls(Box::new(stream))
    }
}

/// A stream that only waits waits here, too: nothing says that it would.
#[cfg(feature = "tls")]
impl AtOnce for AnyStream {
    fn send_at_once(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Socket(socket) => socket.send_at_once(bytes),
            Self::Tls(_) | Self::Other(_) => self.write(bytes),
        }
    }

    fn is_readable(&self) -> bool {
        match self {
            Self::Socket(socket) => socket.is_readable(),
            Self::Tls(_) | Self::Other(_) => !self.is_quiet(),
        }
    }
}

impl fmt::Debug for AnyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(socket) => socket.fmt(f),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.fmt(f),
            Self::Other(_) => f.write_str("AnyStream::Other"),
        }
    }
}

macro_rules! each {
    ($any:expr, $stream:ident => $does:expr) => {
        match $any {
            Self::Socket($stream) => $does,
            #[cfg(feature = "tls")]
            Self::Tls($stream) => $does,
            Self::Other($stream) => $does,
        }
    };
}

impl Stream for AnyStream {
    #[inline]
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        each!(self, stream => stream.read(buffer))
    }

    #[inline]
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        each!(self, stream => stream.write(bytes))
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
