//! What the clones of a client share: its connections, which are made when they are needed.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::time::{sleep, timeout, timeout_at};

use crate::error::{Error, IoError, IoErrorKind, Misuse};
use crate::transport::{AsyncSocket, AsyncTransport, TcpTransport};

use super::super::backoff::{Backoff, FIRST_TRIES};
use super::super::deadline::Deadline;
use super::super::names::KnownNames;
use super::super::refusal::Refusal;
use super::super::{ClientBuilder, ConnectionState};
use super::connection::Connection;
use super::driver::{End, drive};
use super::pool::Pool;

/// Makes connections.
pub(super) trait Dial: Send + Sync {
    /// Makes one within `limit`, which the caller has an eye on too.
    fn dial(&self, limit: Duration) -> Dialed<'_>;
}

type Dialed<'d> = Pin<Box<dyn Future<Output = io::Result<AsyncSocket>> + Send + 'd>>;

impl<T: AsyncTransport> Dial for T {
    fn dial(&self, _: Duration) -> Dialed<'_> {
        Box::pin(async { self.connect().await.map(AsyncSocket::new) })
    }
}

impl Dial for TcpTransport {
    fn dial(&self, limit: Duration) -> Dialed<'_> {
        Box::pin(self.connect_async(limit))
    }
}

/// What the clones of a client share.
pub(super) struct Shared {
    pub(super) address: String,
    /// What connects.
    transport: Box<dyn Dial>,
    pub(super) settings: ClientBuilder,
    current: Mutex<Option<Arc<Connection>>>,
    /// Held by whoever makes a connection, so that only one does.
    dialing: tokio::sync::Mutex<()>,
    refusal: Mutex<Refusal>,
    /// Whether the server has ever been there.
    is_known: AtomicBool,
    pub(super) names: KnownNames,
    /// The connections that carry one call each at a time, over HTTP.
    pool: Pool,
}

impl Shared {
    pub(super) fn new(address: String, transport: Box<dyn Dial>, settings: ClientBuilder) -> Self {
        Self {
            address,
            transport,
            names: KnownNames::default(),
            pool: Pool::new(settings.connections),
            settings,
            current: Mutex::default(),
            dialing: tokio::sync::Mutex::default(),
            refusal: Mutex::default(),
            is_known: AtomicBool::new(false),
        }
    }

    /// Makes the connection that all calls share.
    pub(super) async fn connect(&self) -> Result<(), Error> {
        needs_runtime()?;
        let connection = self.dial(self.settings.connect_timeout).await?;
        self.share(&connection);
        Ok(())
    }

    /// The connection, if there is one that takes further calls.
    pub(super) fn usable(&self) -> Option<Arc<Connection>> {
        if self.settings.target.is_some() {
            return self.pool.try_take();
        }
        let mut current = self.lock();
        if current.as_ref().is_some_and(|connection| !connection.is_open()) {
            *current = None;
            self.settings.tell(ConnectionState::Disconnected);
        }
        current.clone()
    }

    /// The connection for the next call; where there is none, one is made, and tried for again until
    /// `deadline` or the connect timeout.
    pub(super) async fn connection(
        self: Arc<Self>,
        deadline: Option<Deadline>,
    ) -> Result<Arc<Connection>, Error> {
        needs_runtime()?;
        let connected = async {
            if self.settings.target.is_some() {
                return self.pooled(deadline).await;
            }
            // That is done by a task of its own: of the callers who wait, one makes the connection for
            // all, and one that is not polled must not hold up the others.
            let connected = tokio::spawn(Arc::clone(&self).shared(deadline)).await;
            connected.unwrap_or_else(|ended| {
                Err(self.failed(IoErrorKind::Connect, Some(io::Error::other(ended))))
            })
        };
        match deadline {
            Some(deadline) => {
                timeout_at(deadline.at().into(), connected).await.unwrap_or_else(|_| {
                    Err(self.failed(IoErrorKind::TimedOut(deadline.limit()), None))
                })
            }
            None => connected.await,
        }
    }

    /// The connection that all calls share.
    async fn shared(self: Arc<Self>, deadline: Option<Deadline>) -> Result<Arc<Connection>, Error> {
        let begun = Instant::now();
        let _dialing = self.dialing.lock().await;
        if let Some(connection) = self.usable() {
            return Ok(connection);
        }
        let connection = self.dial_until(begun, deadline).await?;
        self.share(&connection);
        Ok(connection)
    }

    /// A connection of the pool, for one call.
    async fn pooled(&self, deadline: Option<Deadline>) -> Result<Arc<Connection>, Error> {
        let begun = Instant::now();
        let permit = self.pool.permit().await;
        let permit = match self.pool.take(permit) {
            Ok(connection) => return Ok(connection),
            Err(permit) => permit,
        };
        // In a box, so that the many calls that wait for a permit have no room for it.
        let connection = Box::pin(self.dial_until(begun, deadline)).await?;
        connection.take(permit);
        self.pool.keep(Arc::clone(&connection));
        Ok(connection)
    }

    async fn dial_until(
        &self,
        begun: Instant,
        deadline: Option<Deadline>,
    ) -> Result<Arc<Connection>, Error> {
        // Whoever waited while others tried in vain has tried as well.
        let refused = self.refusal().since(begun);
        let begun = if refused.is_some() { begun } else { Instant::now() };
        let patience = Deadline::after(begun, self.settings.connect_timeout);
        let until = || [patience, deadline].into_iter().flatten();
        if let Some(error) = refused
            && until().any(Deadline::has_passed)
        {
            return Err(error);
        }
        let mut tries = if self.is_known.load(Ordering::Relaxed) { u32::MAX } else { FIRST_TRIES };
        let mut backoff = Backoff::default();
        loop {
            tries -= 1;
            let dialed = self.dial(patience.map_or(Duration::MAX, Deadline::left)).await;
            self.refusal().note(&dialed);
            let wait = backoff.wait();
            let is_final = !matches!(dialed, Err(Error::Io(_)));
            if is_final || tries == 0 || until().any(|end| end.left() <= wait) {
                return dialed;
            }
            sleep(wait).await;
        }
    }

    async fn dial(&self, limit: Duration) -> Result<Arc<Connection>, Error> {
        let failed = |error| self.failed(IoErrorKind::Connect, Some(error));
        let credential = self.settings.credential_async().await?;
        let connecting = async {
            let mut stream = self.transport.dial(limit).await.map_err(failed)?;
            self.settings.check_peer(&self.address, stream.peer())?;
            let opened = self.settings.open_async(&mut stream, credential.as_ref()).await;
            Ok::<_, Error>((stream, opened.map_err(failed)?))
        };
        let connected = timeout(limit, connecting).await;
        let (stream, received) = connected.unwrap_or_else(|late| Err(failed(late.into())))?;
        let connection = Connection::new(self.address.clone(), stream, &received, &self.settings);
        tokio::spawn(drive(End(Arc::clone(&connection))));
        if let Some(credential) = credential.filter(|_| self.settings.greets()) {
            let deadline = Deadline::after(Instant::now(), limit);
            if let Err(error) = connection.greet(&self.settings, &credential, deadline).await {
                connection.close();
                return Err(match error {
                    Error::Io(error) => failed(io::Error::other(error)),
                    other => other,
                });
            }
        }
        self.is_known.store(true, Ordering::Relaxed);
        self.settings.tell(ConnectionState::Connected);
        Ok(connection)
    }

    fn refusal(&self) -> MutexGuard<'_, Refusal> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Connection>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn share(&self, connection: &Arc<Connection>) {
        *self.lock() = Some(Arc::clone(connection));
    }

    pub(super) fn failed(&self, kind: IoErrorKind, source: Option<io::Error>) -> Error {
        IoError::new(kind, format!("connecting to {}", self.address)).because(source).into()
    }
}

/// Says that no runtime runs, before tokio panics for it.
fn needs_runtime() -> Result<(), Misuse> {
    Handle::try_current().map(drop).map_err(|_| Misuse::NoRuntime)
}

impl Drop for Shared {
    fn drop(&mut self) {
        let current = self.current.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = current.take() {
            connection.close();
        }
        for connection in self.pool.drain() {
            connection.close();
        }
    }
}
