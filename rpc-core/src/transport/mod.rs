//! Ways to the other side: what a connection runs over.

/// Does the same with a socket, or a listener, of whichever kind it is.
macro_rules! either {
    ($socket:expr, $stream:ident => $does:expr) => {
        match $socket {
            Self::Tcp($stream) => $does,
            #[cfg(unix)]
            Self::Unix($stream, ..) => $does,
        }
    };
}
pub(crate) use either;

mod address;
#[cfg(feature = "tokio")]
mod asynchronous;
mod connect;
mod memory;
mod socket;
mod standard;
mod tcp;
#[cfg_attr(not(unix), path = "without_unix.rs")]
mod unix;

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

pub use address::Address;
pub(crate) use address::unix_path;
#[cfg(feature = "tokio")]
pub(crate) use asynchronous::AsyncSocket;
pub use connect::TcpTransport;
pub use memory::MemoryStream;
pub use socket::Socket;
pub(crate) use standard::StandardStream;
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
    /// Reads into `buffer`; 0 when the peer has ended the stream.
    ///
    /// # Errors
    ///
    /// Those of the operating system; `WouldBlock` or `TimedOut` when the read timeout passed.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;

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
    /// waiting.
    fn is_quiet(&self) -> bool;

    /// Whether the peer has ended the stream, found out without waiting.
    fn is_ended(&self) -> bool;

    /// The peer's address, where the stream has one.
    fn peer(&self) -> Option<SocketAddr>;
}
