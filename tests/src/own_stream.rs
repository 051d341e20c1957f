//! Streams that no library knows as sockets, and that are as hard to speak over as streams may be: a byte
//! at a time is read, and what is written goes nowhere until it is flushed.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rpc_core::transport::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream for threads.
#[derive(Debug)]
pub struct OwnStream(pub TcpStream);

impl Stream for OwnStream {
    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        let size = room.len().min(1);
        Stream::read(&self.0, &mut room[..size])
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Stream::write(&self.0, &bytes[..bytes.len().min(7)])
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_write_timeout(timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }

    fn peer(&self) -> Option<SocketAddr> {
        self.0.peer_addr().ok()
    }
}

/// A stream for tasks.
#[derive(Debug)]
pub struct OwnAsyncStream {
    stream: tokio::net::TcpStream,
    unflushed: Vec<u8>,
}

impl OwnAsyncStream {
    /// Over a socket.
    pub fn new(stream: tokio::net::TcpStream) -> Self {
        Self { stream, unflushed: Vec::new() }
    }
}

impl AsyncRead for OwnAsyncStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.stream).poll_read(task, &mut one))?;
        room.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for OwnAsyncStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        const FULL: usize = 64;
        if self.unflushed.len() >= FULL {
            ready!(self.as_mut().poll_flush(task))?;
        }
        let count = bytes.len().min(7);
        self.unflushed.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, unflushed } = &mut *self;
        while !unflushed.is_empty() {
            let count = ready!(Pin::new(&mut *stream).poll_write(task, unflushed))?;
            unflushed.drain(..count);
        }
        Pin::new(stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(task))?;
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}
