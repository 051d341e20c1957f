//! Sockets of programs on tokio, and streams within one process.

use std::future::poll_fn;
use std::io::{self, IoSlice};
#[cfg(feature = "http")]
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

#[cfg(feature = "http")]
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use super::{MemoryStream, Socket, Stream};

/// A connected socket of a program on tokio, TCP or Unix: the twin of [`Socket`](super::Socket). Or a
/// stream within one process.
#[derive(Debug)]
pub(crate) enum AsyncSocket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    Memory(MemoryStream),
}

/// Does one thing with a socket and another with a stream within one process.
macro_rules! either {
    ($socket:expr, $stream:ident => $does:expr, $memory:ident => $does_in_memory:expr) => {
        match $socket {
            Self::Tcp($stream) => $does,
            #[cfg(unix)]
            Self::Unix($stream) => $does,
            Self::Memory($memory) => $does_in_memory,
        }
    };
}

impl AsyncSocket {
    /// Takes a socket of blocking code into the runtime that runs this.
    pub(crate) fn from_std(socket: Socket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(match socket {
            Socket::Tcp(stream) => Self::Tcp(TcpStream::from_std(stream)?),
            #[cfg(unix)]
            Socket::Unix(stream) => Self::Unix(UnixStream::from_std(stream)?),
        })
    }

    /// Gives it to a program that waits for its sockets.
    #[cfg(feature = "http")]
    pub(crate) fn into_std(self) -> io::Result<Socket> {
        let socket = match self {
            Self::Tcp(stream) => Socket::Tcp(stream.into_std()?),
            #[cfg(unix)]
            Self::Unix(stream) => Socket::Unix(stream.into_std()?),
            Self::Memory(_) => return Err(io::ErrorKind::Unsupported.into()),
        };
        socket.set_nonblocking(false)?;
        Ok(socket)
    }

    /// Sends what is written at once rather than gathering it; only TCP would gather.
    pub(crate) fn set_nodelay(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nodelay(true),
            #[cfg(unix)]
            Self::Unix(_) => Ok(()),
            Self::Memory(_) => Ok(()),
        }
    }

    /// The peer's address, where it has one.
    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.peer_addr().ok(),
            #[cfg(unix)]
            Self::Unix(_) => None,
            Self::Memory(_) => None,
        }
    }

    /// As [`Stream::is_quiet`](super::Stream::is_quiet).
    #[cfg(feature = "http")]
    pub(crate) fn is_quiet(&self) -> bool {
        let peek = |socket: SockRef<'_>| socket.peek(&mut [MaybeUninit::uninit()]);
        let peeked = either!(self, stream => peek(SockRef::from(stream)), memory => {
            return memory.is_quiet();
        });
        peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    pub(crate) async fn readable(&self) -> io::Result<()> {
        poll_fn(|task| self.poll_read_ready(task)).await
    }

    pub(crate) async fn writable(&self) -> io::Result<()> {
        either!(self, stream => stream.writable().await, memory => {
            poll_fn(|task| memory.poll_writable(task).map(Ok)).await
        })
    }

    pub(crate) fn poll_read_ready(&self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_read_ready(task), memory => {
            memory.poll_readable(task).map(Ok)
        })
    }

    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        either!(self, stream => stream.try_read(buffer), memory => memory.try_read(buffer))
    }

    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        either!(self, stream => stream.try_write(bytes), memory => memory.try_write(bytes))
    }
}

impl AsyncRead for AsyncSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_read(task, buffer), memory => {
            ready!(memory.poll_readable(task));
            let count = memory.try_read(buffer.initialize_unfilled())?;
            buffer.advance(count);
            Poll::Ready(Ok(()))
        })
    }
}

impl AsyncWrite for AsyncSocket {
    fn poll_write(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write(task, bytes), memory => {
            ready!(memory.poll_writable(task));
            Poll::Ready(memory.try_write(bytes))
        })
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(task, slices), memory => {
            ready!(memory.poll_writable(task));
            let first = slices.iter().find(|slice| !slice.is_empty());
            Poll::Ready(memory.try_write(first.map_or(&[], |slice| slice)))
        })
    }

    fn is_write_vectored(&self) -> bool {
        either!(self, stream => stream.is_write_vectored(), _memory => false)
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_flush(task), _memory => Poll::Ready(Ok(())))
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(task), memory => {
            Poll::Ready(memory.shutdown(Shutdown::Write))
        })
    }
}
