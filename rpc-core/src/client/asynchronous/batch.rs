//! Several calls made together and waited for together.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::ProtocolError;

use super::super::FromError;
use super::super::deadline::Deadline;
use super::super::outcomes::{Outcomes, for_tuples};
use super::call::Call;
use super::connection::Connection;
use super::shared::Shared;
use super::{AsyncRpcClient, CallFuture};

impl AsyncRpcClient {
    /// Makes several calls at once: they leave in one write, and their results come back together.
    ///
    /// Over HTTP, JSON-RPC calls travel as one request, a JSON-RPC batch, and their results come as one
    /// response; of more than 64 KiB, or than [`Limits::max_batch_calls`](crate::protocol::Limits::max_batch_calls) calls, as several.
    ///
    /// The calls may be a tuple of up to twelve, an array or a `Vec`, and tuples may stand in tuples; the first error is returned after all
    /// have been answered.
    ///
    /// ```standalone_crate
    /// use rpc_core::server::EventLoop;
    /// use rpc_core::{AsyncRpcClient, RpcServer, rpc_export};
    ///
    /// #[rpc_export]
    /// fn square(n: i64) -> i64 {
    ///     n * n
    /// }
    ///
    /// #[rpc_export]
    /// fn upper(text: &str) -> String {
    ///     text.to_uppercase()
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let server = RpcServer::exported().start_with("127.0.0.1:0", EventLoop::default())?;
    /// let client = AsyncRpcClient::connect(server.address()).await?;
    /// let (n, text) = client.batch(|calls| (calls.square(7).call(), calls.upper("ada").call())).await?;
    /// assert_eq!((n, text.as_str()), (49, "ADA"));
    ///
    /// let squares = client.batch(|calls| (1..=3).map(|n| calls.square(n).call()).collect::<Vec<_>>());
    /// assert_eq!(squares.await?, [1, 4, 9]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first of the calls' errors; one that a function has of its own as the fault it travelled as.
    pub async fn batch<P: CallFutures>(
        &self,
        calls: impl FnOnce(&Self) -> P,
    ) -> Result<<P::Outcomes as Outcomes>::Values, Error> {
        self.batch_outcomes(calls).await.values()
    }

    /// The same, with what each call came to: a [`Result`] in the place of each call, whose error is
    /// the one that the call has by itself.
    ///
    /// ```standalone_crate
    /// use rpc_core::server::EventLoop;
    /// use rpc_core::{AsyncRpcClient, CallError, RpcServer, rpc_export};
    ///
    /// #[rpc_export]
    /// fn half(n: i64) -> Result<i64, String> {
    ///     if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let server = RpcServer::exported().start_with("127.0.0.1:0", EventLoop::default())?;
    /// let client = AsyncRpcClient::connect(server.address()).await?;
    /// let halves = client.batch_outcomes(|calls| (calls.half(4).call(), calls.half(5).call())).await;
    /// assert!(matches!(halves, (Ok(2), Err(CallError::Function(why))) if why == "5 is odd"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn batch_outcomes<P: CallFutures>(
        &self,
        calls: impl FnOnce(&Self) -> P,
    ) -> P::Outcomes {
        self.together(calls(self)).await
    }

    /// Makes calls at once.
    pub(super) async fn together<P: CallFutures>(&self, mut futures: P) -> P::Outcomes {
        let mut calls = Vec::new();
        futures.list(&mut calls);
        let at_once = self.shared.send_together(calls).await;
        let mut come = P::Come::default();
        let all = poll_fn(|task| {
            let all_have_come = futures.advance(&mut come, &mut { at_once }, task);
            if all_have_come { Poll::Ready(()) } else { Poll::Pending }
        });
        all.await;
        P::outcomes(come)
    }
}

impl Shared {
    /// Sends calls in as few writes or requests as they go in. How many of them are then to be driven
    /// at one time.
    async fn send_together(self: &Arc<Self>, mut calls: Vec<&mut Call>) -> usize {
        let has_connection_for_each = self.settings.target.is_some();
        if has_connection_for_each && !self.settings.has_batches() {
            return self.settings.connections;
        }
        let count = calls.len();
        calls.retain(|call| call.can_join(self));
        let can_all_join = calls.len() == count;
        let mut calls = &mut calls[..];
        while let Some(first) = calls.first_mut() {
            let deadline = first.begin();
            let connection = match self.usable() {
                Some(connection) => Ok(connection),
                None => Arc::clone(self).connection(deadline).await,
            };
            let done = match connection {
                Ok(connection) => connection.send_together(calls),
                Err(error) => self.refuse_together(calls, &error, deadline),
            };
            calls = &mut calls[done..];
        }
        // Those that have been sent need not be driven, and are waited for in turn.
        if can_all_join { 1 } else { usize::MAX }
    }

    /// Has calls that lack a connection end in an error: all of them where nobody can be reached, else
    /// the first, which may have had too little time. Says how many.
    fn refuse_together(
        &self,
        calls: &mut [&mut Call],
        error: &Error,
        deadline: Option<Deadline>,
    ) -> usize {
        let concerns_all = self.settings.is_unreachable(error, deadline.map(Deadline::limit));
        let count = if concerns_all { calls.len() } else { 1 };
        for call in &mut calls[..count] {
            call.refuse(error.clone());
        }
        count
    }
}

impl Connection {
    /// Queues calls, over HTTP as one request; says how many, which is one at least.
    fn send_together(self: &Arc<Self>, calls: &mut [&mut Call]) -> usize {
        self.with(|state| {
            state.is_not_alone();
            state.flight.begin_batch();
            let mut count = 0;
            for call in calls {
                if !call.join(self, &mut state.flight, count == 0) {
                    break;
                }
                count += 1;
                if state.flight.is_batch_full() {
                    break;
                }
            }
            state.flight.end_batch();
            count
        })
    }
}

/// Calls of a batch: one, or a tuple of up to twelve, an array or a `Vec` of calls or of such tuples.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no call of a batch",
    label = "a call must stand here, or a tuple of up to 12, an array or a `Vec` of calls",
    note = "calls are made on the stub that is lent: `client.batch(|calls| (calls.add(1, 2).call(), …))`",
    note = "more than 12 different calls are tuples in a tuple: `((a, b), (c, d))`"
)]
pub trait CallFutures: Send {
    /// What each of them comes to.
    type Outcomes: Outcomes + Send;

    /// What has come of them so far.
    #[doc(hidden)]
    type Come: Default + Send;

    /// Lists them, in order.
    #[doc(hidden)]
    fn list<'c>(&'c mut self, calls: &mut Vec<&'c mut Call>);

    /// Drives so many that have not come at most, and takes what has. Whether all have come.
    #[doc(hidden)]
    fn advance(
        &mut self,
        come: &mut Self::Come,
        at_once: &mut usize,
        task: &mut Context<'_>,
    ) -> bool;

    /// What each came to, once all have come.
    #[doc(hidden)]
    fn outcomes(come: Self::Come) -> Self::Outcomes;
}

impl<T, E> CallFutures for CallFuture<T, E>
where
    T: DeserializeOwned + Send + 'static,
    E: FromError + Into<Error>,
{
    type Outcomes = Result<T, E>;
    type Come = Option<Result<T, E>>;

    fn list<'c>(&'c mut self, calls: &mut Vec<&'c mut Call>) {
        calls.push(self.call());
    }

    fn advance(
        &mut self,
        come: &mut Self::Come,
        at_once: &mut usize,
        task: &mut Context<'_>,
    ) -> bool {
        if come.is_none() && *at_once > 0 {
            match Pin::new(self).poll(task) {
                Poll::Ready(outcome) => *come = Some(outcome),
                Poll::Pending => *at_once -= 1,
            }
        }
        come.is_some()
    }

    fn outcomes(come: Self::Come) -> Result<T, E> {
        // Nobody asks before it has come.
        let none = || ProtocolError::NotAReply("there is none yet".to_owned());
        come.unwrap_or_else(|| Err(E::from_error(none().into())))
    }
}

impl<P: CallFutures> CallFutures for Vec<P> {
    type Outcomes = Vec<P::Outcomes>;
    type Come = Vec<P::Come>;

    fn list<'c>(&'c mut self, calls: &mut Vec<&'c mut Call>) {
        for call in self {
            call.list(calls);
        }
    }

    fn advance(
        &mut self,
        come: &mut Self::Come,
        at_once: &mut usize,
        task: &mut Context<'_>,
    ) -> bool {
        advance_each(self, come, at_once, task)
    }

    fn outcomes(come: Self::Come) -> Self::Outcomes {
        come.into_iter().map(P::outcomes).collect()
    }
}

impl<P: CallFutures, const N: usize> CallFutures for [P; N] {
    type Outcomes = [P::Outcomes; N];
    type Come = Vec<P::Come>;

    fn list<'c>(&'c mut self, calls: &mut Vec<&'c mut Call>) {
        for call in self {
            call.list(calls);
        }
    }

    fn advance(
        &mut self,
        come: &mut Self::Come,
        at_once: &mut usize,
        task: &mut Context<'_>,
    ) -> bool {
        advance_each(self, come, at_once, task)
    }

    fn outcomes(come: Self::Come) -> Self::Outcomes {
        let mut come = come.into_iter();
        std::array::from_fn(|_| P::outcomes(come.next().unwrap_or_default()))
    }
}

/// Drives the calls of a list.
fn advance_each<P: CallFutures>(
    calls: &mut [P],
    come: &mut Vec<P::Come>,
    at_once: &mut usize,
    task: &mut Context<'_>,
) -> bool {
    come.resize_with(calls.len(), Default::default);
    let mut all = true;
    for (call, come) in calls.iter_mut().zip(come) {
        all &= call.advance(come, at_once, task);
        if *at_once == 0 {
            return false;
        }
    }
    all
}

macro_rules! call_futures {
    ($($call:ident $index:tt),*) => {
        impl<$($call: CallFutures),*> CallFutures for ($($call,)*) {
            type Outcomes = ($($call::Outcomes,)*);
            type Come = ($($call::Come,)*);

            fn list<'c>(&'c mut self, calls: &mut Vec<&'c mut Call>) {
                $(self.$index.list(calls);)*
            }

            fn advance(
                &mut self,
                come: &mut Self::Come,
                at_once: &mut usize,
                task: &mut Context<'_>,
            ) -> bool {
                let mut all = true;
                $(all &= self.$index.advance(&mut come.$index, at_once, task);)*
                all
            }

            fn outcomes(come: Self::Come) -> Self::Outcomes {
                ($($call::outcomes(come.$index),)*)
            }
        }
    };
}

for_tuples!(call_futures);
