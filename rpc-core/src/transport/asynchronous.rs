//! The stream of a connection in a program on tokio: a socket, a stream within the process, or any other.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
#[cfg(feature = "http")]
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

#[cfg(feature = "http")]
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

#[cfg(feature = "http")]
use super::Twin;
#[cfg(feature = "tls")]
use super::tls::{AsyncTls, Session, TryIo};
use super::{MemoryStream, Socket};

/// What a connection of a program on tokio is read from and written to.
///
/// Sockets stand in it as they are, so that the usual connection is read and written directly. What
/// somebody else has made is in a box: it can only be polled, and has to be flushed after it was written to.
pub(crate) enum AsyncSocket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    Memory(MemoryStream),
    #[cfg(feature = "tls")]
    Tls(Box<AsyncTls<Self>>),
    Other(Box<dyn AsyncDuplex>),
}

/// A stream of bytes in both directions.
pub(crate) trait AsyncDuplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> AsyncDuplex for S {}

/// Does the same with a stream of any kind.
macro_rules! each {
    ($socket:expr, $stream:ident => $does:expr) => {
        match $socket {
            Self::Tcp($stream) => $does,
            #[cfg(unix)]
            Self::Unix($stream) => $does,
            Self::Memory($stream) => $does,
            #[cfg(feature = "tls")]
            Self::Tls($stream) => $does,
            Self::Other($stream) => $does,
        }
    };
}

impl AsyncSocket {
    /// Takes a stream that somebody else has made.
    pub(crate) fn new<S>(stream: S) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        // Looked at as what it is, so that a socket is used as one.
        let mut stream = Some(stream);
        let any: &mut dyn Any = &mut stream;
        if let Some(stream) = any.downcast_mut::<Option<Self>>().and_then(Option::take) {
            return stream;
        }
        if let Some(stream) = any.downcast_mut::<Option<TcpStream>>().and_then(Option::take) {
            return Self::Tcp(stream);
        }
        #[cfg(unix)]
        if let Some(stream) = any.downcast_mut::<Option<UnixStream>>().and_then(Option::take) {
            return Self::Unix(stream);
        }
        if let Some(stream) = any.downcast_mut::<Option<MemoryStream>>().and_then(Option::take) {
            return Self::Memory(stream);
        }
        #[cfg(feature = "tls")]
        if let Some(stream) = any.downcast_mut::<Option<AsyncTls<Self>>>().and_then(Option::take) {
            return stream.into();
        }
        match stream {
            Some(stream) => Self::Other(Box::new(stream)),
            None => unreachable!("a stream is taken once"),
        }
    }

    /// Takes a socket of blocking code into the runtime that runs this.
    pub(crate) fn from_std(socket: Socket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(match socket {
            Socket::Tcp(stream) => Self::Tcp(TcpStream::from_std(stream)?),
            #[cfg(unix)]
            Socket::Unix(stream) => Self::Unix(UnixStream::from_std(stream)?),
        })
    }

    /// Takes a connection of blocking code, as [`from_std`](Self::from_std) does.
    #[cfg(feature = "http")]
    pub(crate) fn from_twin(twin: Twin) -> io::Result<Self> {
        let socket = Self::from_std(twin.socket)?;
        #[cfg(feature = "tls")]
        if let Some(session) = twin.session {
            return Ok(AsyncTls::adopt(socket, session).into());
        }
        Ok(socket)
    }

    /// What is known of its TLS.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(&self) -> Option<&std::sync::Arc<Session>> {
        match self {
            Self::Tls(stream) => Some(stream.session()),
            _ => None,
        }
    }

    /// Gives it to a program that waits for its sockets; one that carries TLS without that.
    #[cfg(feature = "http")]
    pub(crate) fn into_std(self) -> io::Result<Socket> {
        let socket = match self {
            Self::Tcp(stream) => Socket::Tcp(stream.into_std()?),
            #[cfg(unix)]
            Self::Unix(stream) => Socket::Unix(stream.into_std()?),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => return stream.into_below().into_std(),
            Self::Memory(_) | Self::Other(_) => return Err(ErrorKind::Unsupported.into()),
        };
        socket.set_nonblocking(false)?;
        Ok(socket)
    }

    /// Sends what is written at once rather than gathering it; only TCP would gather.
    pub(crate) fn set_nodelay(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nodelay(true),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.below().set_nodelay(),
            _ => Ok(()),
        }
    }

    /// The peer's address, where the operating system knows one.
    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.peer_addr().ok(),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.below().peer(),
            _ => None,
        }
    }

    /// As [`Stream::is_quiet`](super::Stream::is_quiet); a stream that cannot be looked into is taken
    /// to be.
    #[cfg(feature = "http")]
    pub(crate) fn is_quiet(&self) -> bool {
        let peek = |socket: SockRef<'_>| socket.peek(&mut [MaybeUninit::uninit()]);
        let peeked = match self {
            Self::Tcp(stream) => peek(SockRef::from(stream)),
            #[cfg(unix)]
            Self::Unix(stream) => peek(SockRef::from(stream)),
            Self::Memory(stream) => return super::Stream::is_quiet(stream),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => return stream.is_quiet(Self::is_quiet),
            Self::Other(_) => return true,
        };
        peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Whether a read may find something. A stream that cannot be looked into says yes; reading tells.
    pub(crate) fn poll_read_ready(&self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(task),
            #[cfg(unix)]
            Self::Unix(stream) => stream.poll_read_ready(task),
            Self::Memory(stream) => stream.poll_readable(task).map(Ok),
            #[cfg(feature = "tls")]
            Self::Tls(stream) if stream.session().has_more() => Poll::Ready(Ok(())),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.below().poll_read_ready(task),
            Self::Other(_) => Poll::Ready(Ok(())),
        }
    }

    /// Writes what is taken at once, without a task. A stream that can only be polled takes nothing so:
    /// `WouldBlock`, after which it is to be polled.
    #[inline]
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write(bytes),
            #[cfg(unix)]
            Self::Unix(stream) => stream.try_write(bytes),
            Self::Memory(stream) => stream.try_write(bytes),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.try_write(bytes),
            Self::Other(_) => Err(ErrorKind::WouldBlock.into()),
        }
    }

    /// Writes all that is left of `bytes`, and flushes.
    pub(crate) fn poll_write_all(
        &mut self,
        task: &mut Context<'_>,
        bytes: &mut &[u8],
    ) -> Poll<io::Result<()>> {
        while !bytes.is_empty() {
            match ready!(Pin::new(&mut *self).poll_write(task, bytes)) {
                Ok(0) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                Ok(count) => *bytes = bytes.get(count..).ok_or(ErrorKind::InvalidData)?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Pin::new(self).poll_flush(task)
    }

    /// Writes all of `bytes`, and flushes.
    #[cfg(feature = "http")]
    pub(crate) async fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        poll_fn(|task| self.poll_write_all(task, &mut bytes)).await
    }

    /// Reads into `buffer`; 0 where the peer has ended the stream.
    pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        loop {
            match poll_fn(|task| Pin::new(&mut *self).poll_read(task, &mut buffer)).await {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => return read.map(|()| buffer.filled().len()),
            }
        }
    }
}

#[cfg(feature = "tls")]
impl From<AsyncTls<Self>> for AsyncSocket {
    fn from(stream: AsyncTls<Self>) -> Self {
        Self::Tls(Box::new(stream))
    }
}

#[cfg(feature = "tls")]
impl TryIo for AsyncSocket {
    fn try_send(&self, bytes: &[u8]) -> io::Result<usize> {
        self.try_write(bytes)
    }

    #[cfg(feature = "http")]
    fn try_recv(&self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_read(room),
            #[cfg(unix)]
            Self::Unix(stream) => stream.try_read(room),
            Self::Memory(stream) => stream.try_read(room),
            Self::Tls(_) | Self::Other(_) => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

impl fmt::Debug for AsyncSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(stream) => stream.fmt(f),
            #[cfg(unix)]
            Self::Unix(stream) => stream.fmt(f),
            Self::Memory(stream) => stream.fmt(f),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.fmt(f),
            Self::Other(_) => f.write_str("AsyncSocket::Other"),
        }
    }
}

impl AsyncRead for AsyncSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_read(task, buffer))
    }
}

impl AsyncWrite for AsyncSocket {
    fn poll_write(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_write(task, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(task, slices))
    }

    fn is_write_vectored(&self) -> bool {
        each!(self, stream => stream.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_flush(task))
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(task))
    }
}
