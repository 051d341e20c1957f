//! The blocking client.

use std::fmt;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use serde::de::DeserializeOwned;

use crate::error::{Error, Misuse};
use crate::protocol::Arguments;
use crate::transport::{ProgramTransport, TcpTransport, Transport};

use super::connections::Connections;
use super::deadline::Deadline;
use super::multiplexer::Multiplexer;
use super::names::{self, KnownNames};
use super::owned::OwnedArguments;
use super::pending::Again;
use super::tries::Tries;
use super::{Blocking, ClientBuilder, FromError, Invocation, Notify, Pending, Pipelined, Stub};

/// A transport with the extension trait [`Stub`] on top: calls functions on the other side and waits for
/// their results.
///
/// Clones share its connections, and it may be shared by threads: their calls are in flight together on one connection, and each
/// thread gets its own reply. A connection that has ended is replaced when the next call is made, and
/// tried for again for as long as the call and the connect timeout allow. A call whose connection is
/// lost fails once and says whether it may have run; it is sent again only where that cannot run it
/// twice, or where its function is declared `#[rpc_export(idempotent)]`.
///
/// A call blocks its thread. In a task or an `async fn` that holds up all tasks of the thread, and a server
/// among them never answers: use [`AsyncRpcClient`](crate::AsyncRpcClient) there, or `spawn_blocking`.
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
    pub(super) shared: Arc<Shared<T>>,
}

/// What the clones of a client share.
pub(super) struct Shared<T: Transport> {
    pub(super) connections: Connections<T>,
    names: KnownNames,
}

impl<T: Transport> Clone for RpcClient<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl RpcClient {
    /// Connects to `host:port`, `tcp://host:port`, `unix:/path` or, with the feature `http`,
    /// `http://host[:port][/path]` or `ws://host[:port][/path]`; with the feature `tls` to
    /// `tls://host:port`, `https://…` and `wss://…`.
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

impl RpcClient<ProgramTransport> {
    /// Starts a program and calls its functions over its standard input and output: a server that
    /// [serves them](crate::TcpServer::serve_stdio), or with [`builder`](RpcClient::builder) another
    /// framing and dialect, a language server.
    ///
    /// ```no_run
    /// use std::process::Command;
    ///
    /// use rpc_core::{RpcClient, Stub, args, kwargs};
    ///
    /// let client = RpcClient::spawn(Command::new("./sum_server"))?;
    /// let sum: i64 = client.call("add", args![1, 2], kwargs! {})?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// A program that has ended is started again by the next call. When the client is dropped, the
    /// program's input ends; five seconds later it is killed if it still runs.
    ///
    /// # Errors
    ///
    /// Where the program cannot be started.
    pub fn spawn(command: Command) -> Result<Self, Error> {
        ClientBuilder::default().spawn(command)
    }
}

impl<T: Transport> RpcClient<T> {
    pub(super) fn new(transport: T, settings: ClientBuilder) -> Result<Self, Error> {
        let connections = Connections::new(transport, settings);
        connections.connect_first()?;
        Ok(Self { shared: Arc::new(Shared { connections, names: KnownNames::default() }) })
    }

    pub(super) fn settings(&self) -> &ClientBuilder {
        &self.shared.connections.settings
    }

    pub(super) fn deadline<A: Arguments>(
        &self,
        invocation: &Invocation<'_, A>,
    ) -> Option<Deadline> {
        let limit = invocation.timeout().or(self.settings().call_timeout)?;
        Deadline::after(Instant::now(), limit)
    }

    fn send<A: Arguments>(
        &self,
        invocation: &Invocation<'_, A>,
        deadline: Option<Deadline>,
    ) -> Result<Sent<T>, Error> {
        let settings = self.settings();
        let (method, metadata) = (invocation.method(), invocation.metadata());
        settings.check_metadata(metadata)?;
        settings.check_size(invocation)?;
        let timeout = settings.travelling_timeout(invocation);
        let connection = self.shared.connections.get(deadline)?;
        let sent = connection.send(method, timeout, deadline, |out| {
            settings.begin_call(out, method, invocation.arguments(), metadata)
        });
        match sent {
            Ok(call) => Ok(Sent { connection, call, deadline }),
            Err(error) => {
                let folded = self.fold(error, invocation, deadline)?;
                let connection = self.shared.connections.get(deadline)?;
                let call = connection.send(method, timeout, deadline, |out| {
                    settings.begin_call(out, method, &folded, metadata)
                })?;
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
    ) -> Result<OwnedArguments, Error> {
        let has_introspection = self.settings().dialect.has_introspection();
        let problem = match error {
            Error::Misuse(Misuse::Argument(problem))
                if problem.would_names_help() && has_introspection =>
            {
                problem
            }
            error => return Err(error),
        };
        let method = invocation.method();
        let arguments = OwnedArguments::of(invocation).map_err(Misuse::Argument)?;
        let names = match self.shared.names.of(method, &problem)? {
            Some(names) => names,
            None => {
                let answer = self.call(&names::question(method, deadline));
                self.shared.names.learn(method, &problem, answer)?
            }
        };
        Ok(arguments.named(names))
    }

    /// Calls once, or again where the connection was lost and nothing can have run twice.
    pub(super) fn call<A: Arguments, R: DeserializeOwned>(
        &self,
        invocation: &Invocation<'_, A>,
    ) -> Result<R, Error> {
        let deadline = self.deadline(invocation);
        let mut tries = Tries::default();
        loop {
            let (error, sent) = match self.send(invocation, deadline) {
                Ok(sent) => match sent.connection.wait(sent.call, invocation.method(), deadline) {
                    Ok(result) => return Ok(result),
                    Err(error) => (error, Some(sent)),
                },
                Err(error) => (error, None),
            };
            let is_idempotent = invocation.is_idempotent();
            self.prepare_again(error, sent, deadline, is_idempotent, &mut tries)?;
        }
    }

    /// Does what is to be done before a call is made again that ended in `error`, or says what it ends
    /// in.
    #[cold]
    fn prepare_again(
        &self,
        error: Error,
        sent: Option<Sent<T>>,
        deadline: Option<Deadline>,
        is_idempotent: bool,
        tries: &mut Tries,
    ) -> Result<(), Error> {
        let settings = self.settings();
        let error = match sent {
            Some(sent) if settings.renews(&error) && tries.may_renew() => {
                match sent.connection.renew(settings, sent.call, deadline) {
                    Ok(()) => return Ok(()),
                    Err(error) => error,
                }
            }
            _ => error,
        };
        if settings.follows(&error) && tries.may_move(settings.redirects) {
            return Ok(());
        }
        if let Some(wait) = tries.again(error, is_idempotent, deadline)? {
            thread::sleep(wait);
        }
        Ok(())
    }
}

/// Calls that are refused, and made again with another credential.
impl<T: Transport> RpcClient<T> {
    /// How a call is made again that was started, where it may be.
    pub(super) fn again<A: Arguments>(
        &self,
        invocation: &Invocation<'_, A>,
        deadline: Option<Deadline>,
    ) -> Option<Again<T::Stream>> {
        let credentials = self.settings().credentials.as_ref()?;
        if !credentials.may_change() {
            return None;
        }
        let (client, call) = (self.clone(), invocation.to_owned_call().ok()?);
        Some(Box::new(move |connection, number, error| {
            let settings = client.settings();
            if !settings.renews(&error) {
                return Err(error);
            }
            connection.renew(settings, number, deadline)?;
            client.shared.connections.free_connection(deadline);
            let sent = client.send(&call.invocation(), deadline)?;
            sent.connection.wait(sent.call, call.method(), deadline)
        }))
    }
}

/// A call that has been sent.
struct Sent<T: Transport> {
    connection: Arc<Multiplexer<T::Stream>>,
    call: u64,
    deadline: Option<Deadline>,
}

impl<T: Transport> Stub for RpcClient<T> {
    type Kind = Blocking;

    fn invoke<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<R, E> {
        self.call(&invocation).map_err(E::from_error)
    }
}

impl<T: Transport> Notify for RpcClient<T> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> Result<(), Error> {
        let deadline = self.deadline(&invocation);
        let credentials = self.settings().credentials.as_ref();
        let generation = credentials.map_or(0, |credentials| credentials.generation());
        match (self.tell(&invocation, deadline), credentials) {
            (Err(error), Some(credentials)) if self.settings().renews(&error) => {
                // It was answered, as by HTTP, where each message says who calls.
                credentials.after(generation, deadline)?;
                self.tell(&invocation, deadline)
            }
            (told, _) => told,
        }
    }
}

impl<T: Transport> RpcClient<T> {
    fn tell<A: Arguments>(
        &self,
        invocation: &Invocation<'_, A>,
        deadline: Option<Deadline>,
    ) -> Result<(), Error> {
        let settings = self.settings();
        let (method, metadata) = (invocation.method(), invocation.metadata());
        settings.check_metadata(metadata)?;
        settings.check_size(invocation)?;
        let write =
            |out: &mut Vec<u8>| settings.begin_call(out, method, invocation.arguments(), metadata);
        self.shared.connections.get(deadline)?.notify(method, deadline, write).or_else(|error| {
            let folded = self.fold(error, invocation, deadline)?;
            self.shared
                .connections
                .get(deadline)?
                .notify(method, deadline, |out| settings.begin_call(out, method, &folded, metadata))
        })
    }
}

impl<T: Transport> Pipelined for RpcClient<T> {
    type Pending<R: DeserializeOwned + Send + 'static, E: FromError> = Pending<T::Stream, R, E>;

    fn start<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<Pending<T::Stream, R, E>, Error> {
        let deadline = self.deadline(&invocation);
        self.shared.connections.free_connection(deadline);
        let sent = self.send(&invocation, deadline)?;
        let again = self.again(&invocation, deadline);
        Ok(Pending::new(sent.connection, sent.call, invocation.name(), sent.deadline, again))
    }
}

impl<T: Transport> fmt::Debug for RpcClient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcClient")
            .field("peer", &self.shared.connections.transport.peer())
            .field("settings", self.settings())
            .finish_non_exhaustive()
    }
}
