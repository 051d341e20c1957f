//! Ways to the other side: what a connection runs over.

mod address;
mod any;
#[cfg(feature = "tokio")]
mod asynchronous;
mod duplex;
mod memory;
mod socket;
mod tcp;
#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
#[path = "without_unix.rs"]
mod unix;

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

pub use address::Address;
pub(crate) use address::{no_known_address, unix_path};
pub(crate) use any::AnyStream;
#[cfg(feature = "tokio")]
pub(crate) use asynchronous::AsyncSocket;
pub use duplex::Duplex;
pub use memory::MemoryStream;
pub use socket::Socket;
pub use tcp::TcpTransport;
#[cfg(unix)]
pub(crate) use unix::check as check_path;
#[cfg(not(unix))]
pub(crate) use unix::refuse as no_unix_sockets;

/// Makes connections to one peer.
///
/// [`RpcClient`](crate::RpcClient) is a transport with the [`Stub`](crate::Stub) mixin on top.
pub trait Transport: Send + Sync {
    /// What a connection is read from and written to.
    type Stream: Stream;

    /// Connects within `timeout`.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn connect(&self, timeout: Duration) -> io::Result<Self::Stream>;

    /// The peer's address, for messages.
    fn peer(&self) -> String;
}

/// A connected stream of bytes, read and written through a shared reference so that one thread may
/// read while another writes.
pub trait Stream: Send + Sync + 'static {
    /// Reads into `room`; 0 when the peer has ended the stream.
    ///
    /// # Errors
    ///
    /// Those of the operating system; `WouldBlock` or `TimedOut` when the read timeout passed.
    fn read(&self, room: &mut [u8]) -> io::Result<usize>;

    /// Writes from `bytes`, and returns how many were taken.
    ///
    /// # Errors
    ///
    /// Those of the operating system; `WouldBlock` or `TimedOut` when the write timeout passed.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Bounds how long a read may wait; `None` for ever.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Bounds how long a write may wait; `None` for ever.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Ends one or both directions; a read that waits returns.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;

    /// Whether the peer has neither ended the stream nor sent anything unasked, found out without
    /// waiting. A stream that cannot tell says `true`, as it does by default: that the peer has gone
    /// is then found out when it is called.
    fn is_quiet(&self) -> bool {
        true
    }

    /// Whether the peer has ended the stream, found out without waiting. A stream that cannot tell
    /// says `false`, as it does by default: functions then hear of no caller that has gone.
    fn is_ended(&self) -> bool {
        false
    }

    /// The peer's address, where the stream has one; by default it has none.
    fn peer(&self) -> Option<SocketAddr> {
        None
    }
}

/// A stream that is one of several kinds.
impl Stream for Box<dyn Stream> {
    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        (**self).read(room)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        (**self).write(bytes)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        (**self).set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        (**self).set_write_timeout(timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        (**self).shutdown(how)
    }

    fn is_quiet(&self) -> bool {
        (**self).is_quiet()
    }

    fn is_ended(&self) -> bool {
        (**self).is_ended()
    }

    fn peer(&self) -> Option<SocketAddr> {
        (**self).peer()
    }
}
