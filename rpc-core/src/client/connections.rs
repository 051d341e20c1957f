//! The connections of a blocking client: the one that calls share, or over HTTP those that carry one
//! call each at a time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, IoError, IoErrorKind};
use crate::timing::UNUSED;
use crate::transport::{Stream, Transport};

use super::backoff::{Backoff, FIRST_TRIES};
use super::deadline::Deadline;
use super::multiplexer::Multiplexer;
use super::refusal::Refusal;
use super::{ClientBuilder, ConnectionState};

/// The connections there are, and how more are made.
pub(super) struct Connections<T: Transport> {
    pub(super) transport: T,
    pub(super) settings: ClientBuilder,
    open: Mutex<Open<T::Stream>>,
    /// Somebody has stopped dialing.
    dialed: Condvar,
}

/// The connections that are open.
struct Open<S: Stream> {
    shared: Option<Arc<Multiplexer<S>>>,
    pool: Vec<Arc<Multiplexer<S>>>,
    used: Instant,
    bursts: usize,
    /// Whether somebody makes the connection that calls share.
    is_dialing: bool,
    refusal: Refusal,
    /// Whether the server has ever been there.
    is_known: bool,
}

impl<S: Stream> Default for Open<S> {
    fn default() -> Self {
        Self {
            shared: None,
            pool: Vec::new(),
            used: Instant::now(),
            bursts: 0,
            is_dialing: false,
            refusal: Refusal::default(),
            is_known: false,
        }
    }
}

impl<S: Stream> Open<S> {
    /// The connection that calls share, if there is one that takes another at `now`.
    fn shared(&mut self, now: Instant, settings: &ClientBuilder) -> Option<Arc<Multiplexer<S>>> {
        let unused = now.saturating_duration_since(self.used) > UNUSED;
        self.used = now;
        let connection = self.shared.as_ref()?;
        if connection.is_usable(unused) {
            return Some(Arc::clone(connection));
        }
        self.shared = None;
        settings.tell(ConnectionState::Disconnected);
        None
    }

    /// A connection that carries no call, taken for one.
    fn idle(&mut self, settings: &ClientBuilder) -> Option<Arc<Multiplexer<S>>> {
        let taken = self.pool.iter().find(|connection| connection.take()).cloned();
        self.pool.retain(|connection| {
            let is_open = connection.is_open();
            if !is_open {
                settings.tell(ConnectionState::Disconnected);
            }
            is_open
        });
        taken
    }
}

/// Keeps others from dialing, until this is dropped.
struct Dialing<'c, T: Transport>(&'c Connections<T>);

impl<T: Transport> Drop for Dialing<'_, T> {
    fn drop(&mut self) {
        self.0.lock().is_dialing = false;
        self.0.dialed.notify_all();
    }
}

impl<T: Transport> Connections<T> {
    pub(super) fn new(transport: T, settings: ClientBuilder) -> Self {
        Self { transport, settings, open: Mutex::default(), dialed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Open<T::Stream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the first connection, without trying again.
    ///
    /// A server that serves one connection at a time is not to wait at one without a call, so none
    /// is made where connections carry one call each.
    pub(super) fn connect_first(&self) -> Result<(), Error> {
        if !self.settings.one_call_per_connection && self.settings.target.is_none() {
            self.try_share(self.settings.connect_timeout)?;
        }
        Ok(())
    }

    /// Lets calls that are started gather, from now on or no longer.
    pub(super) fn gather(&self, begin: bool) {
        let mut open = self.lock();
        open.bursts = if begin { open.bursts + 1 } else { open.bursts.saturating_sub(1) };
        let connection = open.shared.clone();
        if let Some(connection) = &connection {
            connection.gather(open.bursts > 0);
        }
        let is_over = open.bursts == 0;
        // Others get the connection while this thread writes.
        drop(open);
        if is_over && let Some(connection) = connection {
            connection.send_gathered();
        }
    }

    /// The connection for the next call; where there is none, one is made, and tried for again until
    /// `deadline` or the connect timeout.
    pub(super) fn get(
        &self,
        deadline: Option<Deadline>,
    ) -> Result<Arc<Multiplexer<T::Stream>>, Error> {
        let settings = &self.settings;
        if settings.one_call_per_connection {
            return self.dial(settings.connect_timeout);
        }
        let mut open = self.lock();
        let found = match settings.target {
            // A clock takes its time to look at, and most calls find a connection.
            None => open.shared(deadline.map_or_else(Instant::now, Deadline::begun), settings),
            Some(_) => open.idle(settings),
        };
        drop(open);
        match found {
            Some(connection) => Ok(connection),
            None => self.connect_until(deadline),
        }
    }

    #[cold]
    fn connect_until(
        &self,
        deadline: Option<Deadline>,
    ) -> Result<Arc<Multiplexer<T::Stream>>, Error> {
        let patience = Deadline::after(Instant::now(), self.settings.connect_timeout);
        let until = || [patience, deadline].into_iter().flatten();
        let mut tries = if self.lock().is_known { u32::MAX } else { FIRST_TRIES };
        let mut backoff = Backoff::default();
        loop {
            tries -= 1;
            let left = until().map(Deadline::left).min().unwrap_or(Duration::MAX);
            let made = match self.settings.target {
                Some(_) => self.try_pool(left),
                None => self.try_share(left),
            };
            let wait = backoff.wait();
            let is_final = !matches!(made, Err(Error::Io(_)));
            if is_final || tries == 0 || until().any(|end| end.left() <= wait) {
                return made;
            }
            thread::sleep(wait);
        }
    }

    /// Makes the connection that calls share, or waits for who does.
    fn try_share(&self, limit: Duration) -> Result<Arc<Multiplexer<T::Stream>>, Error> {
        let begun = Instant::now();
        let mut open = self.lock();
        loop {
            if let Some(connection) = open.shared(begun, &self.settings) {
                return Ok(connection);
            }
            if let Some(error) = open.refusal.since(begun) {
                return Err(error);
            }
            if !open.is_dialing {
                break;
            }
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(self.unreachable(std::io::ErrorKind::TimedOut.into()));
            }
            let waited = self.dialed.wait_timeout(open, left);
            open = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        open.is_dialing = true;
        drop(open);
        let dialing = Dialing(self);
        let dialed = self.dial(limit);
        if dialed.is_ok() {
            self.settings.tell(ConnectionState::Connected);
        }
        let mut open = self.lock();
        open.refusal.note(&dialed);
        if let Ok(connection) = &dialed {
            connection.gather(open.bursts > 0);
            open.shared = Some(Arc::clone(connection));
            open.is_known = true;
        }
        drop(open);
        drop(dialing);
        dialed
    }

    /// A connection that carries no call, taken for one.
    fn try_pool(&self, limit: Duration) -> Result<Arc<Multiplexer<T::Stream>>, Error> {
        if let Some(connection) = self.lock().idle(&self.settings) {
            return Ok(connection);
        }
        let connection = self.dial(limit)?;
        connection.take();
        self.settings.tell(ConnectionState::Connected);
        let mut open = self.lock();
        open.pool.push(Arc::clone(&connection));
        open.is_known = true;
        drop(open);
        Ok(connection)
    }

    /// Where as many connections carry calls as may for those that are started, waits until one of
    /// them is answered. The call itself need not be waited for: its reply is kept.
    pub(super) fn free_connection(&self, deadline: Option<Deadline>) {
        if self.settings.target.is_none() {
            return;
        }
        let pool = self.lock().pool.clone();
        if pool.len() >= self.settings.connections
            && let Some(first) = pool.iter().find(|connection| !connection.is_read())
        {
            first.settle(deadline);
        }
    }

    fn dial(&self, limit: Duration) -> Result<Arc<Multiplexer<T::Stream>>, Error> {
        let failed = |error| self.unreachable(error);
        // What has no time at all is an argument that operating systems refuse.
        let limit = limit.max(Duration::from_millis(1));
        let credential = self.settings.credential(Deadline::after(Instant::now(), limit))?;
        let stream = self.transport.connect(limit).map_err(failed)?;
        let peer = self.transport.peer();
        self.settings.check_peer(&peer, stream.peer())?;
        let received = self.settings.open(&stream, credential.as_ref(), limit).map_err(failed)?;
        let connection = Multiplexer::new(stream, peer, &received, &self.settings);
        let connection = connection.map(Arc::new).map_err(failed)?;
        if let Some(credential) = credential.filter(|_| self.settings.greets()) {
            let deadline = Deadline::after(Instant::now(), limit);
            let greeted = connection.greet(&self.settings, &credential, deadline);
            greeted.map_err(|error| match error {
                Error::Io(error) => failed(std::io::Error::other(error)),
                other => other,
            })?;
        }
        Ok(connection)
    }

    fn unreachable(&self, error: std::io::Error) -> Error {
        let doing = format!("connecting to {}", self.transport.peer());
        IoError::new(IoErrorKind::Connect, doing).because(error).into()
    }
}
