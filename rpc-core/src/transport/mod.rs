//! Ways to the other side: what a connection runs over.

mod address;
mod any;
#[cfg(feature = "tokio")]
mod async_transport;
#[cfg(feature = "tokio")]
mod asynchronous;
mod client_stream;
pub(crate) mod connect;
#[cfg(feature = "tls-dev")]
pub(crate) mod dev_certificate;
mod duplex;
mod memory;
#[cfg(feature = "tls")]
pub(crate) mod pem;
#[cfg(unix)]
mod pipes;
#[cfg(not(unix))]
#[path = "without_pipes.rs"]
mod pipes;
mod program;
#[cfg(feature = "tls")]
pub(crate) mod small_file;
mod socket;
mod tcp;
#[cfg(feature = "tls")]
pub(crate) mod tls;
#[cfg(feature = "tls")]
pub(crate) mod tls_client;
#[cfg(feature = "tls")]
pub(crate) mod tls_problem;
#[cfg_attr(not(unix), path = "without_unix.rs")]
mod unix;

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

pub use address::Address;
pub(crate) use address::{no_address, no_known_address, unix_path};
pub(crate) use any::AnyStream;
#[cfg(feature = "http")]
pub(crate) use any::Twin;
#[cfg(feature = "tokio")]
pub use async_transport::AsyncTransport;
#[cfg(feature = "tokio")]
pub(crate) use asynchronous::AsyncSocket;
pub use client_stream::ClientStream;
pub(crate) use connect::TcpTransport;
pub use duplex::Duplex;
pub use memory::MemoryStream;
#[cfg(feature = "tokio")]
pub use program::AsyncProgramStream;
pub use program::{ProgramStream, ProgramTransport};
pub use socket::Socket;
#[cfg(feature = "tls")]
pub(crate) use tls_client::ClientTls;
#[cfg(feature = "tls")]
pub(crate) use tls_client::{
    explain as explain_tls, is_refusal as is_tls_refusal, words as tls_words,
};
#[cfg(unix)]
pub(crate) use unix::check as check_path;
#[cfg(not(unix))]
pub(crate) use unix::refuse as no_unix_sockets;

/// Makes connections to one peer.
///
/// [`RpcClient`](crate::RpcClient) is a transport with the extension trait [`Stub`](crate::Stub) on
/// top. A closure that connects within the time it is given is one:
///
/// ```no_run
/// use std::net::TcpStream;
/// use std::time::Duration;
///
/// use rpc_core::RpcClient;
///
/// let address = "127.0.0.1:5000".parse()?;
/// let connect = move |timeout: Duration| TcpStream::connect_timeout(&address, timeout);
/// let client = RpcClient::builder().connect_over(connect)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Transport: Send + Sync + 'static {
    /// What a connection is read from and written to.
    type Stream: Stream;

    /// Connects within `timeout`.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn connect(&self, timeout: Duration) -> io::Result<Self::Stream>;

    /// The peer's name, for messages.
    fn peer(&self) -> String {
        "the server".to_owned()
    }
}

impl<F, S> Transport for F
where
    F: Fn(Duration) -> io::Result<S> + Send + Sync + 'static,
    S: Stream,
{
    type Stream = S;

    fn connect(&self, timeout: Duration) -> io::Result<S> {
        self(timeout)
    }
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
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (**self).read(buffer)
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
