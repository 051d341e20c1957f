//! A listener of one's own.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::transport::{Address, AnyStream, Stream};

/// Accepts connections for a server: whatever connections come from, when it is neither a TCP port nor a
/// Unix socket. A server listens at it as at an address.
///
/// The models that wait on threads take it, [`ThreadPerConnection`](crate::server::ThreadPerConnection) and
/// [`SingleThread`](crate::server::SingleThread); the latter serves one connection after another then. For a
/// program on tokio there is [`AsyncAccept`](crate::server::AsyncAccept).
///
/// ```
/// use std::io;
/// use std::sync::Mutex;
/// use std::sync::mpsc::{Receiver, Sender, channel};
///
/// use rpc_core::server::Accept;
/// use rpc_core::transport::{Address, MemoryStream};
/// use rpc_core::{FunctionRegistry, RpcServer};
///
/// /// Takes connections that other threads of the program send.
/// struct Queue {
///     connections: Mutex<Receiver<Option<MemoryStream>>>,
///     closer: Sender<Option<MemoryStream>>,
/// }
///
/// impl Accept for Queue {
///     type Stream = MemoryStream;
///
///     fn accept(&self) -> io::Result<MemoryStream> {
///         let connections = self.connections.lock().map_err(|_| io::ErrorKind::Other)?;
///         connections.recv().ok().flatten().ok_or_else(|| io::ErrorKind::NotConnected.into())
///     }
///
///     fn close(&self) {
///         let _ = self.closer.send(None);
///     }
///
///     fn address(&self) -> Address {
///         Address::Other("a queue of this program".to_owned())
///     }
/// }
///
/// let (sender, receiver) = channel();
/// let queue = Queue { connections: Mutex::new(receiver), closer: sender.clone() };
/// let mut registry = FunctionRegistry::new();
/// registry.register("double", |n: i64| 2 * n)?;
/// let server = RpcServer::of(registry).start(queue)?;
///
/// let (here, there) = MemoryStream::pair();
/// let _ = sender.send(Some(there));
/// # use rpc_core::transport::Stream;
/// here.write(b"{\"method_name\":\"double\",\"method_args\":[21]}")?;
/// let mut reply = [0; 64];
/// let count = here.read(&mut reply)?;
/// assert_eq!(reply[..count], *b"{\"res\":42}\n");
/// # drop(here);
/// server.stop();
/// server.wait()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Accept: Send + Sync + 'static {
    /// What a connection is read from and written to.
    type Stream: Stream;

    /// Waits for the next connection.
    ///
    /// After an error the server tries again: at once, if it is `Interrupted`, `ConnectionAborted` or
    /// `ConnectionReset`, which concern one connection; otherwise after a pause of 50 ms.
    ///
    /// # Errors
    ///
    /// Where there is none this time; and, at once, when the listener is [closed](Self::close).
    fn accept(&self) -> io::Result<Self::Stream>;

    /// Ends accepting, because the server stops: an [`accept`](Self::accept) that waits returns, and so
    /// does every later one, with an error. Called once, from any thread, and waits for nothing itself. Where
    /// an `accept` waits all the same, the server ends only after its stop timeout, and leaves the thread
    /// behind.
    fn close(&self);

    /// What is listened at, for whoever asks the server.
    fn address(&self) -> Address;
}

/// The same with streams of any kind.
trait AcceptAny: Send + Sync {
    fn accept(&self) -> io::Result<AnyStream>;
    fn close(&self);
    fn address(&self) -> Address;
}

impl<T: Accept> AcceptAny for T {
    fn accept(&self) -> io::Result<AnyStream> {
        Accept::accept(self).map(AnyStream::new)
    }

    fn close(&self) {
        Accept::close(self);
    }

    fn address(&self) -> Address {
        Accept::address(self)
    }
}

/// A listener that somebody else has written.
#[derive(Clone)]
pub struct Own(Arc<dyn AcceptAny>);

impl Own {
    pub(super) fn new(listener: impl Accept) -> Self {
        Self(Arc::new(listener))
    }

    pub(in crate::server) fn accept(&self) -> io::Result<AnyStream> {
        self.0.accept()
    }

    pub(in crate::server) fn close(&self) {
        self.0.close();
    }

    pub(super) fn address(&self) -> Address {
        self.0.address()
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Own").field(&self.address().to_string()).finish()
    }
}
