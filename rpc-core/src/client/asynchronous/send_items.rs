//! How an asynchronous client sends many items.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Misuse};
use crate::protocol::Arguments;

use super::super::deadline::Deadline;
use super::super::flight::{Progress, Room};
use super::super::uploads::{GivenItems, IntoItems, Parcel, Source, Uploads};
use super::super::{BoxedCall, FromError, Invocation};
use super::AsyncRpcClient;
use super::call::CallFuture;
use super::connection::Connection;
use super::shared::Shared;
use super::state::Message;

impl<I, T, M> Uploads<I, T, M> for AsyncRpcClient
where
    I: IntoItems<T, M, Source: Source<Item: Serialize> + Send + 'static>,
{
    type Uploaded<R: DeserializeOwned + Send + 'static, E: FromError> = BoxedCall<R, E>;

    fn upload<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> BoxedCall<R, E> {
        let source = items.into_source();
        if self.shared.settings.has_streams() {
            let upload = Upload::new(&self.shared, &invocation);
            return Box::pin(async {
                let result = match upload {
                    Ok(upload) => upload.send(source).await,
                    Err(error) => Err(error),
                };
                result.map_err(E::from_error)
            });
        }
        given.fill_from(source);
        Box::pin(CallFuture::<R, E>::new(&self.shared, &invocation, true))
    }
}

/// A call that items are to be sent to.
struct Upload {
    client: Arc<Shared>,
    method: Cow<'static, str>,
    /// How long all of it may take, or else each wait.
    limit: Option<Duration>,
    patience: Option<Duration>,
    /// The message but for its end.
    bytes: Vec<u8>,
}

impl Upload {
    fn new<A: Arguments>(
        client: &Arc<Shared>,
        invocation: &Invocation<'_, A>,
    ) -> Result<Self, Error> {
        let (settings, metadata) = (&client.settings, invocation.metadata());
        settings.check_metadata(metadata)?;
        settings.check_size(invocation)?;
        let (method, mut bytes) = (invocation.name(), Vec::new());
        let written = settings.begin_call(&mut bytes, &method, invocation.arguments(), metadata);
        written.map_err(Misuse::Argument)?;
        let limit = invocation.timeout();
        let patience = settings.call_timeout.filter(|_| limit.is_none());
        Ok(Self { client: Arc::clone(client), method, limit, patience, bytes })
    }

    async fn send<S: Source<Item: Serialize>, R: DeserializeOwned>(
        self,
        source: S,
    ) -> Result<R, Error> {
        let Self { client, method, limit, patience, bytes } = self;
        let whole = limit.and_then(|limit| Deadline::after(Instant::now(), limit));
        let wait = || whole.or_else(|| Deadline::after(Instant::now(), patience?));
        let connection = match client.usable() {
            Some(connection) => connection,
            None => Arc::clone(&client).connection(wait()).await?,
        };
        let message = Message { method: &method, bytes: &bytes, timeout: limit, deadline: wait() };
        let call = connection.begin_upload(message)?;
        let mut under_way = UnderWay { connection, call, method, is_over: false, deadline: wait() };
        let (mut parcel, mut source) = (Parcel::default(), Box::pin(source));
        poll_fn(|task| under_way.poll_send(&mut parcel, source.as_mut(), &wait, task)).await?;
        under_way.deadline = wait();
        poll_fn(|task| under_way.poll_reply(task)).await
    }
}

/// An upload under way, which is given up when this is dropped.
struct UnderWay {
    connection: Arc<Connection>,
    call: u64,
    method: Cow<'static, str>,
    is_over: bool,
    deadline: Option<Deadline>,
}

impl UnderWay {
    /// Sends items as far as there is room, until there are no more or nobody wants them.
    fn poll_send<S: Source<Item: Serialize>>(
        &mut self,
        parcel: &mut Parcel,
        mut source: Pin<&mut S>,
        wait: impl Fn() -> Option<Deadline>,
        task: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            let credit = match self.room(parcel, task)? {
                Room::For(credit) => credit,
                Room::None => return Poll::Pending,
                Room::Over => return Poll::Ready(Ok(())),
            };
            let item = loop {
                if parcel.is_due(source.at_least()) || !credit.lets(parcel.sent) {
                    break None;
                }
                match source.as_mut().poll_item(task) {
                    Poll::Ready(Some(item)) => parcel.add(&item)?,
                    other => break Some(other.map(drop)),
                }
            };
            let is_last = matches!(item, Some(Poll::Ready(())));
            self.connection.with(|state| {
                state.flight.send_items(self.call, &parcel.text)?;
                if is_last {
                    state.flight.end_upload(self.call);
                }
                Ok::<_, Error>(())
            })?;
            parcel.text.clear();
            self.deadline = wait();
            match item {
                Some(Poll::Ready(())) => return Poll::Ready(Ok(())),
                // The source, or the end of the call, wakes the task.
                Some(Poll::Pending) => return Poll::Pending,
                None => {}
            }
        }
    }

    /// Whether there is room for more; `task` is woken when that changes.
    fn room(&self, parcel: &Parcel, task: &Context<'_>) -> Result<Room, Error> {
        let Self { connection, call, method, deadline, .. } = self;
        connection.with(|state| {
            let room = state.flight.room(*call, parcel.sent);
            if room == Room::Over {
                return Ok(room);
            }
            if let Some(deadline) = deadline.filter(|_| room == Room::None) {
                if deadline.has_passed() {
                    return Err(state.flight.timed_out(*call, method, deadline.limit()));
                }
                state.watch(Some(deadline));
            }
            state.flight.wake_with(*call, task.waker().clone());
            Ok(room)
        })
    }

    fn poll_reply<R: DeserializeOwned>(&mut self, task: &Context<'_>) -> Poll<Result<R, Error>> {
        let Self { connection, call, method, deadline, .. } = self;
        let progress = connection.with(|state| {
            let progress = state.flight.progress(*call, method, || Some(task.waker().clone()));
            if let (Progress::Waiting, Some(deadline)) = (&progress, *deadline) {
                if deadline.has_passed() {
                    let error = state.flight.timed_out(*call, method, deadline.limit());
                    return Progress::Failed(error);
                }
                state.watch(Some(deadline));
            }
            progress
        });
        match progress {
            Progress::Waiting => Poll::Pending,
            Progress::Failed(error) => Poll::Ready(Err(error)),
            Progress::Answered(reply) => {
                self.is_over = true;
                Poll::Ready(reply.decode(&self.method, || self.connection.doing(&self.method)))
            }
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.connection.with(|state| {
            state.flight.stop_upload(self.call);
            if !self.is_over {
                state.flight.close_stream(self.call);
            }
        });
    }
}

impl Connection {
    /// Queues a call that items are sent to, and returns its number.
    fn begin_upload(&self, message: Message<'_>) -> Result<u64, Error> {
        self.with(|state| {
            let Message { method, bytes, timeout, deadline } = message;
            let call = state.flight.begin_upload(method, timeout, None, |_, out| {
                out.extend_from_slice(bytes);
                Ok(())
            });
            state.is_not_alone();
            state.watch(deadline);
            call
        })
    }
}
