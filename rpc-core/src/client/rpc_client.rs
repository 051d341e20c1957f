//! The blocking client.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::error::{Error, IoError, IoErrorKind, Misuse};
use crate::protocol::Arguments;
use crate::transport::{TcpTransport, Transport};

use super::backoff::Backoff;
use super::builder::Tries;
use super::deadline::Deadline;
use super::loose::Loose;
use super::multiplexer::Multiplexer;
use super::names::{self, KnownNames};
use super::{
    Burst, ClientBuilder, ConnectionState, FromError, Invocation, Notify, Pending, Pipelined, Stub,
};

/// A transport combined with the [`Stub`] mixin: calls functions on the other side and waits for
/// their results.
///
/// It may be shared by threads: their calls are in flight together on one connection, and each
/// thread gets its own reply. A connection that has ended is replaced when the next call is made, and
/// tried for again for as long as the call and the connect timeout allow. A call whose connection is
/// lost fails once and says whether it may have run; it is sent again only where that cannot run it
/// twice, or where its function is declared `#[rpc_export(idempotent)]`.
///
/// ```standalone_crate
/// use rpc_core::{RpcClient, RpcServer, Stub, args, call, kwargs, rpc_export};
///
/// #[rpc_export]
/// fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
///     a + b + c
/// }
///
/// let server = RpcServer::exported().start("127.0.0.1:0")?;
/// let client = RpcClient::connect(server.address())?;
///
/// assert_eq!(call!(client.add(1, 2, c = 3))?, 6);
/// assert_eq!(client.add(1, 2).c(3).call()?, 6);
/// assert_eq!(client.call::<i64>("add", args![1, 2], kwargs! { c: 3 })?, 6);
/// # Ok::<(), rpc_core::Error>(())
/// ```
pub struct RpcClient<T: Transport = TcpTransport> {
    transport: T,
    pub(super) settings: ClientBuilder,
    current: Mutex<Current<T>>,
    names: KnownNames,
}

/// The connection in use.
struct Current<T: Transport> {
    connection: Option<Arc<Multiplexer<T::Stream>>>,
    /// Those that carry one call each at a time, over HTTP.
    pool: Vec<Arc<Multiplexer<T::Stream>>>,
    used: Instant,
    bursts: usize,
}

/// A connection unused for this long is looked at before it carries another call, because a peer
/// may have closed it for being idle.
const UNUSED: Duration = Duration::from_secs(1);

impl RpcClient {
    /// Connects to `host:port`, `tcp://host:port`, `unix:/path` or, with the feature `http`,
    /// `http://host[:port][/path]` or `ws://host[:port][/path]`.
    ///
    /// Over HTTP the first connection is made by the first call.
    ///
    /// # Errors
    ///
    /// Where no connection can be made.
    pub fn connect(address: impl ToString) -> Result<Self, Error> {
        Self::builder().connect(address)
    }

    /// Starts with the default settings, to change some.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

impl<T: Transport> RpcClient<T> {
    pub(super) fn new(transport: T, settings: ClientBuilder) -> Result<Self, Error> {
        let current =
            Current { connection: None, pool: Vec::new(), used: Instant::now(), bursts: 0 };
        let names = KnownNames::default();
        let client = Self { transport, settings, current: Mutex::new(current), names };
        // A server that serves one connection at a time is not to wait at one without a call.
        if !client.settings.one_call_per_connection && client.settings.target.is_none() {
            client.try_connection(Instant::now())?;
        }
        Ok(client)
    }

    /// Lets calls that are started gather while the burst lives, to leave in one write.
    pub fn burst(&self) -> Burst<'_, T> {
        Burst::new(self)
    }

    pub(super) fn gather(&self, begin: bool) {
        let mut current = self.lock();
        current.bursts = if begin { current.bursts + 1 } else { current.bursts.saturating_sub(1) };
        if let Some(connection) = &current.connection {
            connection.gather(current.bursts > 0);
        }
    }

    /// The connection for the next call; where there is none, one is made, and tried for again until
    /// `deadline` or the connect timeout.
    pub(super) fn connection(
        &self,
        deadline: Option<Deadline>,
    ) -> Result<Arc<Multiplexer<T::Stream>>, Error> {
        if self.settings.one_call_per_connection {
            return self.dial();
        }
        // A clock takes its time to look at, and most calls find a connection.
        let begun = deadline.map_or_else(Instant::now, Deadline::begun);
        self.try_connection(begun).or_else(|error| self.keep_trying(error, deadline))
    }

    #[cold]
    fn keep_trying(
        &self,
        mut error: Error,
        deadline: Option<Deadline>,
    ) -> Result<Arc<Multiplexer<T::Stream>>, Error> {
        let patience = Deadline::after(Instant::now(), self.settings.connect_timeout);
        let mut backoff = Backoff::default();
        loop {
            let wait = backoff.wait();
            let ends = |deadline: Deadline| deadline.left() <= wait;
            if deadline.is_some_and(ends) || patience.is_none_or(ends) {
                return Err(error);
            }
            thread::sleep(wait);
            error = match self.try_connection(Instant::now()) {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
        }
    }

    fn try_connection(&self, now: Instant) -> Result<Arc<Multiplexer<T::Stream>>, Error> {
        if self.settings.target.is_some() {
            return self.try_pool();
        }
        let mut current = self.lock();
        let unused = now.saturating_duration_since(current.used) > UNUSED;
        current.used = now;
        if let Some(connection) = &current.connection {
            if connection.is_usable(unused) {
                return Ok(Arc::clone(connection));
            }
            current.connection = None;
            self.settings.tell(ConnectionState::Disconnected);
        }
        let connection = self.dial()?;
        self.settings.tell(ConnectionState::Connected);
        connection.gather(current.bursts > 0);
        current.connection = Some(Arc::clone(&connection));
        Ok(connection)
    }

    /// A connection that carries no call, taken for one.
    fn try_pool(&self) -> Result<Arc<Multiplexer<T::Stream>>, Error> {
        if let Some(connection) = self.take_idle() {
            return Ok(connection);
        }
        let connection = self.dial()?;
        connection.take();
        self.settings.tell(ConnectionState::Connected);
        self.lock().pool.push(Arc::clone(&connection));
        Ok(connection)
    }

    fn take_idle(&self) -> Option<Arc<Multiplexer<T::Stream>>> {
        let mut current = self.lock();
        let taken = current.pool.iter().find(|connection| connection.take()).cloned();
        current.pool.retain(|connection| {
            let is_open = connection.is_open();
            if !is_open {
                self.settings.tell(ConnectionState::Disconnected);
            }
            is_open
        });
        taken
    }

    /// Where as many connections carry calls as may for those that are started, waits until one of
    /// them is answered. The call itself need not be waited for: its reply is kept.
    pub(super) fn make_room(&self, deadline: Option<Deadline>) {
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

    fn dial(&self) -> Result<Arc<Multiplexer<T::Stream>>, Error> {
        let peer = self.transport.peer();
        let failed = |source| {
            IoError::new(IoErrorKind::Connect, format!("connecting to {peer}")).because(source)
        };
        let stream = self.transport.connect(self.settings.connect_timeout).map_err(failed)?;
        let received = self.settings.open(&stream).map_err(failed)?;
        let connection = Multiplexer::new(stream, peer.clone(), &received, &self.settings);
        let connection = connection.map_err(failed)?;
        Ok(Arc::new(connection))
    }

    fn lock(&self) -> MutexGuard<'_, Current<T>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn deadline<A: Arguments>(
        &self,
        invocation: &Invocation<'_, A>,
    ) -> Option<Deadline> {
        let limit = invocation.timeout().or(self.settings.call_timeout)?;
        Deadline::after(Instant::now(), limit)
    }

    fn send<A: Arguments>(
        &self,
        invocation: &Invocation<'_, A>,
        deadline: Option<Deadline>,
    ) -> Result<Sent<T>, Error> {
        let (method, timeout) = (invocation.method(), self.settings.travelling_timeout(invocation));
        let connection = self.connection(deadline)?;
        match connection.send(method, invocation.arguments(), timeout, deadline) {
            Ok(call) => Ok(Sent { connection, call, deadline }),
            Err(error) => {
                let folded = self.fold(error, invocation, deadline)?;
                let connection = self.connection(deadline)?;
                let call = connection.send(method, &folded, timeout, deadline)?;
                Ok(Sent { connection, call, deadline })
            }
        }
    }

    /// The arguments of a call that could not be written, where that was because the names of the
    /// function's parameters were missing.
    pub(super) fn fold<A: Arguments>(
        &self,
        error: Error,
        invocation: &Invocation<'_, A>,
        deadline: Option<Deadline>,
    ) -> Result<Loose, Error> {
        if !names::would_help(&error) || !self.settings.dialect.has_introspection() {
            return Err(error);
        }
        let method = invocation.method();
        let loose = Loose::of(self.settings.dialect, invocation.arguments());
        let loose = loose.map_err(Misuse::Argument)?;
        let names = match self.names.of(method)? {
            Some(names) => names,
            None => self.names.learn(method, self.call(&names::question(method, deadline)))?,
        };
        Ok(loose.named(names))
    }

    /// Calls once, or again where the connection was lost and nothing can have run twice.
    fn call<A: Arguments, R: DeserializeOwned>(
        &self,
        invocation: &Invocation<'_, A>,
    ) -> Result<R, Error> {
        let deadline = self.deadline(invocation);
        let mut tries = Tries::default();
        loop {
            let outcome = self
                .send(invocation, deadline)
                .and_then(|sent| sent.connection.wait(sent.call, invocation.method(), deadline));
            match outcome {
                Err(error) => tries.again(error, invocation.is_idempotent())?,
                outcome => return outcome,
            }
        }
    }
}

/// A call that has been sent.
struct Sent<T: Transport> {
    connection: Arc<Multiplexer<T::Stream>>,
    call: u64,
    deadline: Option<Deadline>,
}

impl<T: Transport> Stub for RpcClient<T> {
    type Outcome<'s, R: 'static, E: 'static>
        = Result<R, E>
    where
        Self: 's;

    fn invoke<A: Arguments, R: DeserializeOwned + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<R, E> {
        self.call(&invocation).map_err(E::from_error)
    }
}

impl<T: Transport> Notify for RpcClient<T> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> Result<(), Error> {
        let deadline = self.deadline(&invocation);
        let (method, arguments) = (invocation.method(), invocation.arguments());
        self.connection(deadline)?.notify(method, arguments, deadline).or_else(|error| {
            let folded = self.fold(error, &invocation, deadline)?;
            self.connection(deadline)?.notify(method, &folded, deadline)
        })
    }
}

impl<T: Transport> Pipelined for RpcClient<T> {
    type Pending<'s, R: 'static, E: 'static>
        = Pending<T::Stream, R, E>
    where
        Self: 's;

    fn start<A: Arguments, R: DeserializeOwned + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<Pending<T::Stream, R, E>, Error> {
        let deadline = self.deadline(&invocation);
        self.make_room(deadline);
        let sent = self.send(&invocation, deadline)?;
        Ok(Pending::new(sent.connection, sent.call, invocation.name(), sent.deadline))
    }
}

impl<T: Transport + fmt::Debug> fmt::Debug for RpcClient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcClient")
            .field("transport", &self.transport)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
