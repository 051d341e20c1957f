//! How an asynchronous client sends many items.

use std::borrow::Cow;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Misuse};
use crate::protocol::{Arguments, Credit};

use super::super::deadline::Deadline;
use super::super::flight::{Progress, Room};
use super::super::uploads::{Converses, Filled, GivenItems, IntoItems, Sending, Source, Uploads};
use super::super::{BoxedCall, FromError, Invocation, Streaming};
use super::AsyncRpcClient;
use super::call::CallFuture;
use super::connection::Connection;
use super::items::AsyncItems;
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
            let sending = Sending::new(source);
            return Box::pin(async {
                let result = match upload {
                    Ok(upload) => upload.send(sending).await,
                    Err(error) => Err(error),
                };
                result.map_err(E::from_error)
            });
        }
        given.fill_from(source);
        Box::pin(CallFuture::<R, E>::new(&self.shared, &invocation, true))
    }
}

impl<I, T, M> Converses<I, T, M> for AsyncRpcClient
where
    I: IntoItems<T, M, Source: Source<Item: Serialize> + Send + 'static>,
{
    fn converse<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> BoxedCall<AsyncItems<R, E>, E> {
        let source = items.into_source();
        if self.shared.settings.has_streams() {
            let upload = Upload::new(&self.shared, &invocation);
            let sending = Sending::new(source);
            return Box::pin(async {
                let opened = match upload {
                    Ok(upload) => upload.converse(sending).await,
                    Err(error) => Err(error),
                };
                opened.map_err(E::from_error)
            });
        }
        given.fill_from(source);
        self.open(invocation)
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

    /// When the next wait ends, and all of it where that is bounded.
    fn wait(&self, whole: Option<Deadline>) -> Option<Deadline> {
        whole.or_else(|| Deadline::after(Instant::now(), self.patience?))
    }

    /// Begins the call; until when all of it may take is said besides.
    async fn begin(
        &self,
        window: Option<Credit>,
    ) -> Result<(Arc<Connection>, u64, Option<Deadline>), Error> {
        let Self { client, method, limit, bytes, .. } = self;
        let whole = limit.and_then(|limit| Deadline::after(Instant::now(), limit));
        let deadline = self.wait(whole);
        let connection = match client.usable() {
            Some(connection) => connection,
            None => Arc::clone(client).connection(deadline).await?,
        };
        let message = Message { method, bytes, timeout: *limit, deadline };
        let call = connection.begin_upload(message, window)?;
        Ok((connection, call, whole))
    }

    async fn converse<R, E>(self, sending: Sending) -> Result<AsyncItems<R, E>, Error> {
        let window = self.client.settings.stream_window;
        let (connection, call, deadline) = self.begin(Some(window)).await?;
        Ok(AsyncItems::open(self.method, window, connection, (call, Some(sending)), deadline))
    }

    async fn send<R: DeserializeOwned>(self, mut sending: Sending) -> Result<R, Error> {
        let (connection, call, whole) = self.begin(None).await?;
        let (method, deadline) = (self.method.clone(), self.wait(whole));
        let mut under_way = UnderWay { connection, call, method, is_over: false, deadline };
        let wait = || self.wait(whole);
        poll_fn(|task| under_way.poll_send(&mut sending, wait, task)).await?;
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
    fn poll_send(
        &mut self,
        sending: &mut Sending,
        wait: impl Fn() -> Option<Deadline>,
        task: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let (sent, Self { connection, call, .. }) = (sending.parcel.sent, &*self);
        if connection.poll_send(*call, sending, task)?.is_ready() {
            return Poll::Ready(Ok(()));
        }
        if sending.parcel.sent != sent {
            self.deadline = wait();
        }
        let Some(deadline) = self.deadline else { return Poll::Pending };
        self.connection.with(|state| {
            let may_send = state.flight.room(self.call, sending.parcel.sent) != Room::None;
            if may_send {
                return Poll::Pending;
            }
            if deadline.has_passed() {
                let error = state.flight.timed_out(self.call, &self.method, deadline.limit());
                return Poll::Ready(Err(error));
            }
            state.watch(Some(deadline));
            Poll::Pending
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
    /// Sends items as far as there is room; is ready when there are no more, or nobody wants them. `task` is woken when
    /// there are more items or room for them, and when something has come for the call.
    pub(super) fn poll_send(
        &self,
        call: u64,
        sending: &mut Sending,
        task: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            let room = self.with(|state| {
                let room = state.flight.room(call, sending.parcel.sent);
                if room != Room::Over {
                    state.flight.wake_with(call, task.waker().clone());
                }
                room
            });
            let credit = match room {
                Room::For(credit) => credit,
                Room::None => return Poll::Pending,
                Room::Over => return Poll::Ready(Ok(())),
            };
            let filled = sending.fill(credit, task)?;
            self.with(|state| {
                state.flight.send_items(call, &sending.parcel.text)?;
                if filled == Filled::Last {
                    state.flight.end_upload(call);
                }
                Ok::<_, Error>(())
            })?;
            sending.parcel.text.clear();
            match filled {
                Filled::Due => {}
                Filled::Last => return Poll::Ready(Ok(())),
                Filled::Waits => return Poll::Pending,
            }
        }
    }

    /// Queues a call that items are sent to, and returns its number.
    fn begin_upload(&self, message: Message<'_>, window: Option<Credit>) -> Result<u64, Error> {
        self.with(|state| {
            let Message { method, bytes, timeout, deadline } = message;
            let call = state.flight.begin_upload(method, timeout, window, |_, out| {
                out.extend_from_slice(bytes);
                Ok(())
            });
            state.is_not_alone();
            state.watch(deadline);
            call
        })
    }
}
