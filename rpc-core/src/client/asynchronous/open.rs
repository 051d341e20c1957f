//! How an asynchronous client opens a stream.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use tokio::time::sleep;

use crate::error::{Error, Misuse};
use crate::protocol::{ArgumentError, Arguments, Credit};

use super::super::deadline::Deadline;
use super::super::names::question;
use super::super::owned::OwnedArguments;
use super::super::tries::Tries;
use super::super::{BoxedCall, FromError, Invocation, RawJson, Streaming};
use super::AsyncRpcClient;
use super::call::CallFuture;
use super::connection::Connection;
use super::items::AsyncItems;
use super::shared::Shared;
use super::state::Message;

impl Streaming for AsyncRpcClient {
    type Items<T: DeserializeOwned + Send + 'static, E: FromError> = AsyncItems<T, E>;
    type Opened<T: DeserializeOwned + Send + 'static, E: FromError> =
        BoxedCall<AsyncItems<T, E>, E>;

    fn open<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> BoxedCall<AsyncItems<T, E>, E> {
        let method = invocation.name();
        let unsubscribe = self.shared.settings.unsubscribe(&invocation).map(Cow::into_owned);
        if self.shared.settings.has_streams() || unsubscribe.is_some() {
            let opening = Opening::new(&self.shared, &invocation, method, unsubscribe);
            return Box::pin(async {
                let opened = match opening {
                    Ok(opening) => opening.open().await,
                    Err(error) => Err(error),
                };
                opened.map_err(E::from_error)
            });
        }
        let call = CallFuture::<RawJson, Error>::new(&self.shared, &invocation, true);
        Box::pin(async { AsyncItems::whole(method, call.await).map_err(E::from_error) })
    }
}

/// A stream that is to be opened.
struct Opening {
    client: Arc<Shared>,
    method: Cow<'static, str>,
    /// How long all of it may take, and how long it may take to be sent.
    limit: Option<Duration>,
    patience: Option<Duration>,
    message: Written,
    /// What ends the subscription that it begins.
    unsubscribe: Option<String>,
}

/// The message but for its end.
enum Written {
    Whole(Vec<u8>),
    /// It needs the names of the function's parameters, which the server is to be asked for.
    Nameless(Box<Nameless>),
}

struct Nameless {
    arguments: OwnedArguments,
    problem: ArgumentError,
    metadata: Vec<(String, String)>,
}

impl Opening {
    fn new<A: Arguments>(
        client: &Arc<Shared>,
        invocation: &Invocation<'_, A>,
        method: Cow<'static, str>,
        unsubscribe: Option<String>,
    ) -> Result<Self, Error> {
        let (settings, metadata) = (&client.settings, invocation.metadata());
        settings.check_metadata(metadata)?;
        settings.check_size(invocation)?;
        let mut bytes = Vec::new();
        let written = settings.begin_call(&mut bytes, &method, invocation.arguments(), metadata);
        let message = match written {
            Ok(()) => Written::Whole(bytes),
            Err(problem) if problem.would_names_help() => {
                let arguments = OwnedArguments::of(invocation).map_err(Misuse::Argument)?;
                let metadata = metadata.to_vec();
                Written::Nameless(Box::new(Nameless { arguments, problem, metadata }))
            }
            Err(problem) => return Err(Misuse::Argument(problem).into()),
        };
        let limit = invocation.timeout();
        let patience = limit.or(settings.call_timeout);
        Ok(Self { client: Arc::clone(client), method, limit, patience, message, unsubscribe })
    }

    async fn open<T, E>(self) -> Result<AsyncItems<T, E>, Error> {
        let Self { client, method, limit, patience, message, unsubscribe } = self;
        let now = Instant::now();
        let ends = |limit: Option<Duration>| Deadline::after(now, limit?);
        let (deadline, sent_by) = (ends(limit), ends(patience));
        let bytes = match message {
            Written::Whole(bytes) => bytes,
            Written::Nameless(nameless) => client.named(&method, *nameless, sent_by).await?,
        };
        let window = client.settings.stream_window;
        let message = Message { method: &method, bytes: &bytes, timeout: limit, deadline };
        let mut tries = Tries::default();
        loop {
            let connection = match client.usable() {
                Some(connection) => connection,
                None => Arc::clone(&client).connection(sent_by).await?,
            };
            match connection.open(message, window, unsubscribe.as_deref()) {
                Ok(call) => {
                    return Ok(AsyncItems::open(
                        method,
                        window,
                        connection,
                        (call, None),
                        deadline,
                    ));
                }
                // It cannot have been sent.
                Err(error) => {
                    if let Some(wait) = tries.again(error, false, sent_by)? {
                        sleep(wait).await;
                    }
                }
            }
        }
    }
}

impl Shared {
    /// Has the arguments of a call under the names of the function's parameters.
    async fn named(
        self: &Arc<Self>,
        method: &str,
        nameless: Nameless,
        deadline: Option<Deadline>,
    ) -> Result<Vec<u8>, Error> {
        let Nameless { arguments, problem, metadata } = nameless;
        let names = match self.names.of(method, &problem)? {
            Some(names) => names,
            None => {
                let answer = CallFuture::new(self, &question(method, deadline), true).await;
                self.names.learn(method, &problem, answer)?
            }
        };
        let (arguments, mut bytes) = (arguments.named(names), Vec::new());
        let written = self.settings.begin_call(&mut bytes, method, &arguments, &metadata);
        written.map_err(Misuse::Argument)?;
        Ok(bytes)
    }
}

impl Connection {
    /// Queues a call that is answered with items, and returns its number.
    fn open(
        &self,
        message: Message<'_>,
        window: Credit,
        unsubscribe: Option<&str>,
    ) -> Result<u64, Error> {
        self.with(|state| {
            let Message { method, bytes, timeout, deadline } = message;
            let call = state.flight.open(method, timeout, window, unsubscribe, |_, out| {
                out.extend_from_slice(bytes);
                Ok(())
            });
            state.is_not_alone();
            state.watch(deadline);
            call
        })
    }
}
