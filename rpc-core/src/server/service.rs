//! What every model shares: accepting, one connection's conversation, and being stopped.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::json_rpc::{Answer, Answered, Session};
use crate::protocol::{Connection, Fault, Limits, code};
use crate::pump::blocking::{self, Timeouts};
use crate::registry::CallContext;
use crate::transport::Stream;

/// A server's settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) timeouts: Timeouts,
    pub(super) stop: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let half_a_minute = Duration::from_secs(30);
        Self {
            limits: Limits::default(),
            timeouts: Timeouts {
                idle: half_a_minute,
                message: half_a_minute,
                write: half_a_minute,
            },
            stop: half_a_minute,
        }
    }
}

/// A stack of layers at work: shared by the threads of a model.
#[derive(Debug)]
pub struct Service<A> {
    answer: Arc<A>,
    settings: Settings,
    model: &'static str,
    shared: Arc<Shared>,
}

impl<A> Clone for Service<A> {
    fn clone(&self) -> Self {
        Self { answer: Arc::clone(&self.answer), shared: Arc::clone(&self.shared), ..*self }
    }
}

/// What the service and the handle that stops it both see.
#[derive(Debug)]
pub(super) struct Shared {
    address: SocketAddr,
    stopping: AtomicBool,
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<TcpStream>>>,
    closed: Condvar,
}

impl<A: Answer> Service<A> {
    pub(super) fn new(
        answer: A,
        settings: Settings,
        address: SocketAddr,
        model: &'static str,
    ) -> Self {
        Self {
            answer: Arc::new(answer),
            settings,
            model,
            shared: Arc::new(Shared {
                address,
                stopping: AtomicBool::new(false),
                next: AtomicU64::new(0),
                open: Mutex::default(),
                closed: Condvar::new(),
            }),
        }
    }

    pub(super) fn stop_timeout(&self) -> Duration {
        self.settings.stop
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Waits for the next connection; `None` when the service is stopped.
    pub(super) fn accept(&self, listener: &TcpListener) -> Option<TcpStream> {
        // What keeps a connection from being accepted (no descriptor is left, say) passes; trying
        // again at once would only burn time.
        const PAUSE: Duration = Duration::from_millis(50);
        loop {
            let accepted = listener.accept();
            if self.shared.stopping.load(Ordering::Acquire) {
                return None;
            }
            match accepted {
                Ok((stream, _)) => return Some(stream),
                Err(error) if is_about_one_connection(&error) => {}
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.shared.open().len()
    }

    /// Notes a connection, so that stopping can end it.
    pub(super) fn open(&self, stream: TcpStream) -> Open {
        self.shared.add(stream)
    }

    /// Answers what comes over a connection until either side ends it.
    pub(super) fn converse(&self, open: &Open) {
        let stream = &*open.stream;
        let context = CallContext::of_connection(stream.peer(), self.model);
        let mut session = Session::new(context, self.settings.limits);
        let mut connection = Connection::new(None, self.settings.limits);
        alone(|| {
            stream.set_nodelay(true)?;
            stream.set_write_timeout(Some(self.settings.timeouts.write))?;
            let timeouts = &self.settings.timeouts;
            blocking::serve(stream, &mut connection, &mut session, &*self.answer, timeouts)
        });
    }

    /// Answers the first message of a connection with a busy fault and closes.
    pub(super) fn refuse(&self, stream: TcpStream, limit: usize) {
        const PATIENCE: Duration = Duration::from_secs(1);
        let fault = Fault::new(
            code::OVERLOADED,
            format!(
                "the server has {limit} connections open, as many as it takes; try again later"
            ),
        );
        let busy = Busy { answer: Arc::clone(&self.answer), fault };
        let timeouts = Timeouts { idle: PATIENCE, message: PATIENCE, write: PATIENCE };
        let mut session = Session::new(CallContext::default(), self.settings.limits);
        let mut connection = Connection::new(None, self.settings.limits);
        alone(|| {
            stream.set_write_timeout(Some(PATIENCE))?;
            blocking::serve(&stream, &mut connection, &mut session, &busy, &timeouts)
        });
    }
}

impl Shared {
    /// The address served at.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes the service accept nothing more and end its connections once their calls are answered.
    pub(super) fn stop(&self) {
        if self.stopping.swap(true, Ordering::AcqRel) {
            return;
        }
        // Nothing in std ends an `accept` that waits but a connection to accept.
        let _ = TcpStream::connect_timeout(&reachable(self.address), Duration::from_secs(1));
        for stream in self.open().values() {
            let _ = stream.shutdown(Shutdown::Read);
        }
    }

    /// Waits until no connection is open, or `limit` has passed.
    pub(super) fn drained(&self, limit: Duration) {
        let open = self.open();
        let _ = self.closed.wait_timeout_while(open, limit, |open| !open.is_empty());
    }

    fn add(self: &Arc<Self>, stream: TcpStream) -> Open {
        let stream = Arc::new(stream);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.open().insert(number, Arc::clone(&stream));
        if self.stopping.load(Ordering::Acquire) {
            let _ = stream.shutdown(Shutdown::Read);
        }
        Open { stream, number, shared: Arc::clone(self) }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<TcpStream>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that stopping knows of; it is forgotten when this is dropped.
#[derive(Debug)]
pub(super) struct Open {
    stream: Arc<TcpStream>,
    number: u64,
    shared: Arc<Shared>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.open().remove(&self.number);
        self.shared.closed.notify_all();
    }
}

/// Answers every message with one fault, as the last.
struct Busy<A> {
    answer: Arc<A>,
    fault: Fault,
}

impl<A: Answer> Answer for Busy<A> {
    fn answer(&self, message: &[u8], session: &mut Session, out: &mut Vec<u8>) -> Answered {
        self.answer.refuse(message, &self.fault, session, out);
        Answered::Last
    }

    fn refuse(&self, message: &[u8], fault: &Fault, session: &mut Session, out: &mut Vec<u8>) {
        self.answer.refuse(message, fault, session, out);
    }
}

/// The address at which a listener bound to every address is reached from here.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut reachable = address;
    match address {
        SocketAddr::V4(address) if address.ip().is_unspecified() => {
            reachable.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        SocketAddr::V6(address) if address.ip().is_unspecified() => {
            reachable.set_ip(Ipv6Addr::LOCALHOST.into());
        }
        _ => {}
    }
    reachable
}

/// Serves one connection. If it breaks, that concerns its peer alone, and the peer knows; if a layer
/// panics outside of calls, it costs this connection and not its thread, which may serve others.
fn alone(serve: impl FnOnce() -> io::Result<()>) {
    let _ = catch_unwind(AssertUnwindSafe(serve));
}

/// Whether an error of `accept` is about a connection that ended before it was accepted.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
