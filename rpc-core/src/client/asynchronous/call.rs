//! A call as a future.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep};

use crate::error::{Error, Misuse};
use crate::protocol::{ArgumentError, Arguments, ProtocolError};

use super::super::deadline::Deadline;
use super::super::flight::Flight;
use super::super::metadata::own_headers;
use super::super::names::{Description, question};
use super::super::owned::OwnedArguments;
use super::super::tries::Tries;
use super::super::{FromError, Futures, Invocation};
use super::connection::Connection;
use super::shared::Shared;
use super::spare;
use super::state::{Message, Transfer};

/// A call that an asynchronous client makes: sent when it is first polled, given up when it is
/// dropped.
#[must_use = "a call is made when it is awaited"]
pub struct CallFuture<T, E> {
    call: Call,
    result: PhantomData<fn() -> (T, E)>,
}

/// Calls are [`CallFuture`]s: the [`Futures`] of an [`AsyncRpcClient`](crate::AsyncRpcClient).
#[derive(Debug)]
pub struct Calls(Infallible);

impl Futures for Calls {
    type Future<T: DeserializeOwned + Send + 'static, E: FromError> = CallFuture<T, E>;
}

/// A call, whatever it comes to.
#[allow(unreachable_pub)] // A trait that is out of reach names it.
pub struct Call {
    client: Arc<Shared>,
    method: Cow<'static, str>,
    /// The message but for its end, which depends on the connection that it leaves by.
    message: Vec<u8>,
    wants_reply: bool,
    is_idempotent: bool,
    /// How long it may take, when that ends, once it has begun, and whether the other side is told so.
    limit: Option<Duration>,
    end: Option<Instant>,
    is_limit_told: bool,
    /// Once it has ended in an error.
    tries: Option<Box<Tries>>,
    state: State,
}

enum State {
    /// It cannot be sent.
    Refused(Box<Error>),
    /// The server is asked for the names of the function's parameters, which the message needs.
    Asking(Box<Asking>),
    /// It is to be sent, after a while.
    Waiting(Pin<Box<Sleep>>),
    /// It is to be sent.
    Unsent,
    /// A connection is being made.
    Connecting(Pin<Box<dyn Future<Output = Result<Arc<Connection>, Error>> + Send>>),
    /// It was refused, and another credential is being said.
    Renewing(Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>),
    /// It has been sent, and is waited for.
    Sent { connection: Arc<Connection>, call: u64 },
    /// It is over.
    Done,
}

/// What a call waits for that lacks names.
struct Asking {
    arguments: OwnedArguments,
    /// Why they could not be written.
    problem: ArgumentError,
    metadata: Vec<(String, String)>,
    /// Once it is asked.
    question: Option<CallFuture<Description, Error>>,
}

impl<T, E> CallFuture<T, E> {
    pub(super) fn new<A: Arguments>(
        client: &Arc<Shared>,
        invocation: &Invocation<'_, A>,
        wants_reply: bool,
    ) -> Self {
        Self { call: Call::new(client, invocation, wants_reply), result: PhantomData }
    }

    /// Sends the call now if there is a connection.
    pub(super) fn started(mut self) -> Result<Self, Error> {
        self.call.start()?;
        Ok(self)
    }

    /// The call, to be sent with others.
    pub(super) fn call(&mut self) -> &mut Call {
        &mut self.call
    }
}

impl Call {
    fn new<A: Arguments>(
        client: &Arc<Shared>,
        invocation: &Invocation<'_, A>,
        wants_reply: bool,
    ) -> Self {
        let settings = &client.settings;
        let mut message = spare::take();
        let (method, arguments) = (invocation.method(), invocation.arguments());
        let metadata = invocation.metadata();
        let known =
            settings.check_metadata(metadata).and_then(|()| settings.check_size(invocation));
        let written = match &known {
            Ok(()) => settings.begin_call(&mut message, method, arguments, metadata),
            Err(_) => Ok(()),
        };
        let mut call = Self {
            client: Arc::clone(client),
            method: invocation.name(),
            message,
            wants_reply,
            is_idempotent: invocation.is_idempotent(),
            limit: invocation.timeout().or(settings.call_timeout),
            end: None,
            is_limit_told: settings.travelling_timeout(invocation).is_some(),
            tries: None,
            state: State::Unsent,
        };
        if let Err(error) = known {
            call.refuse(error.into());
        } else if let Err(error) = written {
            call.write_by_name(invocation, error);
        }
        call
    }

    /// Has its arguments under the names of the function's parameters, now or when those are known, if
    /// that helps where they could not be written without.
    #[inline(never)]
    fn write_by_name(&mut self, invocation: &Invocation<'_, impl Arguments>, error: ArgumentError) {
        if !error.would_names_help() || !self.client.settings.dialect.has_introspection() {
            return self.refuse(Misuse::Argument(error).into());
        }
        let written = OwnedArguments::of(invocation);
        let known =
            written.map_err(|error| Misuse::Argument(error).into()).and_then(
                |arguments| match self.client.names.of(&self.method, &error)? {
                    Some(names) => self.write(arguments.named(names), invocation.metadata()),
                    None => {
                        let metadata = invocation.metadata().to_vec();
                        let asking = Asking { arguments, problem: error, metadata, question: None };
                        self.state = State::Asking(Box::new(asking));
                        Ok(())
                    }
                },
            );
        if let Err(error) = known {
            self.refuse(error);
        }
    }

    /// Puts the message together anew.
    fn write(
        &mut self,
        arguments: OwnedArguments,
        metadata: &[(String, String)],
    ) -> Result<(), Error> {
        self.message.clear();
        let settings = &self.client.settings;
        let written = settings.begin_call(&mut self.message, &self.method, &arguments, metadata);
        written.map_err(|error| Misuse::Argument(error).into())
    }

    fn question(&self) -> CallFuture<Description, Error> {
        CallFuture::new(&self.client, &question(&self.method, self.deadline()), true)
    }

    /// Has the time begun that the call may take, if it has not, and says when that ends.
    pub(super) fn begin(&mut self) -> Option<Deadline> {
        if let Some(limit) = self.limit
            && self.end.is_none()
        {
            self.end = Instant::now().checked_add(limit);
        }
        self.deadline()
    }

    fn deadline(&self) -> Option<Deadline> {
        Deadline::of(self.end, self.limit)
    }

    fn timeout(&self) -> Option<Duration> {
        self.limit.filter(|_| self.is_limit_told)
    }

    fn message(&self) -> Message<'_> {
        Message {
            method: &self.method,
            bytes: &self.message,
            timeout: self.timeout(),
            deadline: self.deadline(),
        }
    }

    /// Whether it may be sent with others of this client.
    pub(super) fn can_join(&self, client: &Arc<Shared>) -> bool {
        let is_alike = self.wants_reply && own_headers(&self.message) == 0;
        matches!(self.state, State::Unsent) && is_alike && Arc::ptr_eq(&self.client, client)
    }

    /// Queues it behind others, unless it cannot be; the first of them then is refused.
    pub(super) fn join(
        &mut self,
        connection: &Arc<Connection>,
        flight: &mut Flight<Waker>,
        is_first: bool,
    ) -> bool {
        self.begin();
        let queued = flight.add(&self.method, self.timeout(), |_, out| {
            out.extend_from_slice(&self.message);
            Ok(())
        });
        self.state = match queued {
            Ok(call) => State::Sent { connection: Arc::clone(connection), call },
            // By itself it may do.
            Err(_) if !is_first => return false,
            Err(error) => State::Refused(Box::new(error)),
        };
        true
    }

    /// Has it end in an error, before it is sent.
    pub(super) fn refuse(&mut self, error: Error) {
        self.state = State::Refused(Box::new(error));
    }

    /// Sends it now if there is a connection.
    fn start(&mut self) -> Result<(), Error> {
        self.begin();
        if let State::Refused(_) = self.state
            && let State::Refused(error) = mem::replace(&mut self.state, State::Done)
        {
            return Err(*error);
        }
        let asked = match self.state {
            State::Asking(_) => Some(self.question().started()?),
            _ => None,
        };
        if let State::Asking(asking) = &mut self.state {
            asking.question = asked;
        } else if let Some(connection) = self.client.usable() {
            if self.wants_reply {
                let call = connection.start(self.message())?;
                self.state = State::Sent { connection, call };
            } else {
                self.notify(connection)?;
            }
        }
        Ok(())
    }

    fn notify(&mut self, connection: Arc<Connection>) -> Result<(), Error> {
        self.state = State::Done;
        if let Some(call) = connection.notify(self.message())? {
            self.state = State::Sent { connection, call };
        }
        Ok(())
    }

    /// Sends it. Its task is woken when there is more to do, unless it has the socket already.
    fn send(
        &mut self,
        connection: Arc<Connection>,
        task: &Context<'_>,
    ) -> Poll<Result<Option<Transfer>, Error>> {
        if !self.wants_reply {
            self.notify(connection)?;
            return Poll::Ready(Ok(None));
        }
        let (call, transfer) = connection.send(self.message(), task)?;
        self.state = State::Sent { connection, call };
        if transfer.is_some() { Poll::Ready(Ok(transfer)) } else { Poll::Pending }
    }

    /// What there is to do before a call is sent once more that was refused with `error`; nothing where it
    /// is not.
    #[cold]
    fn renewal(&mut self, error: &Error) -> Option<State> {
        let State::Sent { connection, call } = &self.state else { return None };
        let tries = self.tries.get_or_insert_default();
        if !self.client.settings.renews(error) || !tries.may_renew() {
            return None;
        }
        let (client, connection) = (Arc::clone(&self.client), Arc::clone(connection));
        let deadline = Deadline::of(self.end, self.limit);
        Some(State::Renewing(Box::pin(client.renew(connection, *call, deadline))))
    }

    fn poll<T: DeserializeOwned>(&mut self, task: &mut Context<'_>) -> Poll<Result<T, Error>> {
        let mut transfer = None;
        loop {
            match &mut self.state {
                State::Refused(_) => {
                    if let State::Refused(error) = mem::replace(&mut self.state, State::Done) {
                        return Poll::Ready(Err(*error));
                    }
                }
                State::Asking(asking) => {
                    let Some(question) = &mut asking.question else {
                        self.begin();
                        let asked = self.question();
                        if let State::Asking(asking) = &mut self.state {
                            asking.question = Some(asked);
                        }
                        continue;
                    };
                    let answer = ready!(Pin::new(question).poll(task));
                    // The question was repeated where it could be.
                    self.tries.get_or_insert_default().end();
                    if let State::Asking(asking) = mem::replace(&mut self.state, State::Done) {
                        let Asking { arguments, problem, metadata, .. } = *asking;
                        let names = self.client.names.learn(&self.method, &problem, answer)?;
                        self.write(arguments.named(names), &metadata)?;
                    }
                    self.tries = None;
                    self.state = State::Unsent;
                }
                State::Waiting(sleep) => {
                    ready!(sleep.as_mut().poll(task));
                    self.state = State::Unsent;
                }
                State::Unsent => {
                    self.begin();
                    match self.client.usable() {
                        Some(connection) => transfer = ready!(self.send(connection, task))?,
                        None => {
                            let client = Arc::clone(&self.client);
                            let connection = client.connection(self.deadline());
                            self.state = State::Connecting(Box::pin(connection));
                        }
                    }
                }
                State::Connecting(connection) => {
                    let connection = ready!(connection.as_mut().poll(task));
                    self.state = State::Unsent;
                    transfer = ready!(self.send(connection?, task))?;
                }
                State::Sent { connection, call } => {
                    let (call, method) = (*call, &*self.method);
                    let result = match transfer.take() {
                        Some(transfer) => connection.exchange(transfer, call, method, task),
                        None => {
                            let deadline = Deadline::of(self.end, self.limit);
                            connection.poll(call, method, deadline, task)
                        }
                    };
                    let result = ready!(result);
                    if let Err(error) = &result
                        && let Some(renewing) = self.renewal(error)
                    {
                        self.state = renewing;
                        continue;
                    }
                    self.state = State::Done;
                    return Poll::Ready(result);
                }
                State::Renewing(renewing) => {
                    ready!(renewing.as_mut().poll(task))?;
                    self.state = State::Unsent;
                }
                // Only a call that wants no reply is done without returning one.
                State::Done => return Poll::Ready(nothing()),
            }
        }
    }
}

/// The result of a call that wants none.
fn nothing<T: DeserializeOwned>() -> Result<T, Error> {
    serde_json::from_str("null").map_err(|error| {
        let problem = error.to_string();
        ProtocolError::Result { method: String::new(), problem }.into()
    })
}

impl<T: DeserializeOwned + 'static, E: FromError> Future for CallFuture<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Result<T, E>> {
        let call = &mut self.call;
        loop {
            match ready!(call.poll(task)) {
                Err(error) => {
                    call.state = State::Done;
                    let deadline = call.deadline();
                    let tries = call.tries.get_or_insert_default();
                    if call.client.settings.follows(&error)
                        && tries.may_move(call.client.settings.redirects)
                    {
                        call.state = State::Unsent;
                        continue;
                    }
                    call.state = match tries.again(error, call.is_idempotent, deadline) {
                        Err(error) => return Poll::Ready(Err(E::from_error(error))),
                        // Where no runtime runs there is no clock, and connecting says so.
                        Ok(Some(wait)) if Handle::try_current().is_ok() => {
                            State::Waiting(Box::pin(sleep(wait)))
                        }
                        Ok(_) => State::Unsent,
                    };
                }
                Ok(result) => return Poll::Ready(Ok(result)),
            }
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let State::Sent { connection, call } = &self.state {
            connection.cancel(*call);
        }
        spare::give(mem::take(&mut self.message));
    }
}

// Nothing in it is pinned by address.
impl<T, E> Unpin for CallFuture<T, E> {}

impl<T, E> fmt::Debug for CallFuture<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").field("method", &self.call.method).finish_non_exhaustive()
    }
}
