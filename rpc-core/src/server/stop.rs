//! Being stopped: what is open, telling it, and waiting for it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::pump::blocking::Voice;
use crate::registry::Caller;
use crate::transport::Stream;

/// What a service and whoever stops it both see.
#[derive(Debug)]
pub(super) struct Stop {
    address: SocketAddr,
    stopping: AtomicBool,
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Connected>>>,
    closed: Condvar,
    #[cfg(feature = "tokio")]
    tasks: tokio::sync::watch::Sender<bool>,
}

/// A connection, as both its own thread and whoever stops it see it.
#[derive(Debug)]
struct Connected {
    stream: Arc<TcpStream>,
    voice: Voice,
}

impl Stop {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            stopping: AtomicBool::new(false),
            next: AtomicU64::new(0),
            open: Mutex::default(),
            closed: Condvar::new(),
            #[cfg(feature = "tokio")]
            tasks: tokio::sync::watch::Sender::default(),
        }
    }

    /// The address served at.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Is ready when the service is being stopped.
    #[cfg(feature = "tokio")]
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut tasks = self.tasks.subscribe();
        async move {
            let _ = tasks.wait_for(|stopped| *stopped).await;
        }
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.lock().len()
    }

    /// Makes the service accept nothing more, and end its connections once nothing is asked on them
    /// any more: a peer that can be told is told, and leaves; of any other, the calls that have
    /// arrived are answered.
    pub(super) fn stop(&self) {
        if self.stopping.swap(true, Ordering::AcqRel) {
            return;
        }
        #[cfg(feature = "tokio")]
        self.tasks.send_replace(true);
        // Nothing in std ends an `accept` that waits but a connection to accept.
        let _ = TcpStream::connect_timeout(&reachable(self.address), Duration::from_secs(1));
        let connections: Vec<_> = self.lock().values().cloned().collect();
        for connection in connections {
            connection.end();
        }
    }

    /// Waits until no connection is open, or `limit` has passed; then ends those that are.
    pub(super) fn drained(&self, limit: Duration) {
        const LAST_WORDS: Duration = Duration::from_millis(500);
        for (limit, how) in [(limit, Shutdown::Read), (LAST_WORDS, Shutdown::Both)] {
            let open = self.lock();
            let waited = self.closed.wait_timeout_while(open, limit, |open| !open.is_empty());
            let (open, _) = waited.unwrap_or_else(PoisonError::into_inner);
            for connection in open.values() {
                let _ = connection.stream.shutdown(how);
            }
        }
    }

    /// Takes note of a connection until what is returned is dropped.
    pub(super) fn open(self: &Arc<Self>, stream: TcpStream) -> Open {
        let connection = Arc::new(Connected { stream: Arc::new(stream), voice: Voice::default() });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, Arc::clone(&connection));
        if self.is_stopping() {
            connection.end();
        }
        Open { connection, number, stop: Arc::clone(self) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Connected>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected {
    fn end(&self) {
        if !self.voice.say_draining(&*self.stream) {
            let _ = self.stream.shutdown(Shutdown::Read);
        }
    }
}

/// A connection that is open for as long as this lives.
#[derive(Debug)]
pub(super) struct Open {
    connection: Arc<Connected>,
    number: u64,
    stop: Arc<Stop>,
}

impl Open {
    pub(super) fn stream(&self) -> &Arc<TcpStream> {
        &self.connection.stream
    }

    pub(super) fn voice(&self) -> &Voice {
        &self.connection.voice
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.stop.lock().remove(&self.number);
        self.stop.closed.notify_all();
    }
}

impl Caller for TcpStream {
    fn is_gone(&self) -> bool {
        self.is_ended()
    }
}

/// The address at which a listener bound to every address is reached from here.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
