//! The stream of a client that has connected to an address.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use super::{AnyStream, Stream};

/// What a client that has connected to an address reads from and writes to: a socket, or TLS over one.
#[derive(Debug)]
pub struct ClientStream(AnyStream);

impl ClientStream {
    pub(crate) fn new(stream: impl Into<AnyStream>) -> Self {
        Self(stream.into())
    }
}

impl Stream for ClientStream {
    #[inline]
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }

    #[inline]
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
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

    fn is_quiet(&self) -> bool {
        self.0.is_quiet()
    }

    fn is_ended(&self) -> bool {
        self.0.is_ended()
    }

    fn peer(&self) -> Option<SocketAddr> {
        self.0.peer()
    }
}
