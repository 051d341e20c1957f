//! Several calls made together and waited for together.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::ProtocolError;

use super::super::FromError;
use super::super::batch::for_tuples;
use super::call::Call;
use super::link::Link;
use super::{AsyncRpcClient, CallFuture, Shared};

impl AsyncRpcClient {
    /// Makes several calls at once: they leave in one write, and their results come back together.
    ///
    /// Over HTTP, JSON-RPC calls travel as one request, a JSON-RPC batch, and their results come as one
    /// response; of more than 64 KiB, or than [`Limits::batch`](crate::Limits::batch) calls, as several.
    ///
    /// The calls may be a tuple of up to eight or a `Vec`; the first error is returned after all
    /// have been answered.
    ///
    /// ```standalone_crate
    /// use rpc_core::{AsyncRpcClient, EventLoop, RpcServer, rpc_export};
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
    /// Where no connection can be made, that at once.
    pub async fn batch<P: CallFutures>(
        &self,
        calls: impl FnOnce(&Self) -> P,
    ) -> Result<P::Values, Error> {
        let mut futures = calls(self);
        let mut calls = Vec::new();
        futures.list(&mut calls);
        let at_once = self.shared.send_together(calls).await?;
        let mut outcomes = P::Outcomes::default();
        let all = poll_fn(|task| {
            let all_have_come = futures.advance(&mut outcomes, &mut { at_once }, task);
            if all_have_come { Poll::Ready(()) } else { Poll::Pending }
        });
        all.await;
        P::values(outcomes)
    }
}

impl Shared {
    /// Sends calls in as few writes or requests as they go in. How many of them are then to be driven
    /// at one time.
    async fn send_together(self: &Arc<Self>, mut calls: Vec<&mut Call>) -> Result<usize, Error> {
        let has_connection_for_each = self.settings.target.is_some();
        if has_connection_for_each && !self.settings.has_batches() {
            return Ok(self.settings.connections);
        }
        let count = calls.len();
        calls.retain(|call| call.can_join(self));
        let can_all_join = calls.len() == count;
        let mut calls = &mut calls[..];
        while let Some(first) = calls.first_mut() {
            let deadline = first.begin();
            let link = match self.usable() {
                Some(link) => link,
                None => Arc::clone(self).link(deadline).await?,
            };
            let sent = link.send_together(calls);
            calls = &mut calls[sent..];
        }
        // Those that have been sent need not be driven, and are waited for in turn.
        Ok(if can_all_join { 1 } else { usize::MAX })
    }
}

impl Link {
    /// Queues calls, over HTTP as one request; says how many, which is one at least.
    fn send_together(self: &Arc<Self>, calls: &mut [&mut Call]) -> usize {
        self.with(|state| {
            state.calls_driver = true;
            state.reader = None;
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
            state.make_room();
            count
        })
    }
}

/// Calls of a batch: one, a tuple of up to eight, or a `Vec`.
pub trait CallFutures {
    /// Their results.
    type Values;

    /// What has come of them so far.
    #[doc(hidden)]
    type Outcomes: Default;

    /// Lists them, in order.
    #[doc(hidden)]
    fn list<'c>(&'c mut self, calls: &mut Vec<&'c mut Call>);

    /// Drives so many that have not come at most, and takes what has. Whether all have come.
    #[doc(hidden)]
    fn advance(
        &mut self,
        outcomes: &mut Self::Outcomes,
        at_once: &mut usize,
        task: &mut Context<'_>,
    ) -> bool;

    /// The results, once all have come, or the first error.
    #[doc(hidden)]
    fn values(outcomes: Self::Outcomes) -> Result<Self::Values, Error>;
}

impl<T, E> CallFutures for CallFuture<T, E>
where
    T: DeserializeOwned + 'static,
    E: FromError + Into<Error>,
{
    type Values = T;
    type Outcomes = Option<Result<T, E>>;

    fn list<'c>(&'c mut self, calls: &mut Vec<&'c mut Call>) {
        calls.push(self.call());
    }

    fn advance(
        &mut self,
        outcome: &mut Self::Outcomes,
        at_once: &mut usize,
        task: &mut Context<'_>,
    ) -> bool {
        if outcome.is_none() && *at_once > 0 {
            match Pin::new(self).poll(task) {
                Poll::Ready(ready) => *outcome = Some(ready),
                Poll::Pending => *at_once -= 1,
            }
        }
        outcome.is_some()
    }

    fn values(outcome: Self::Outcomes) -> Result<T, Error> {
        // Nobody asks before it has come.
        let none = || Err(ProtocolError::NotAReply("there is none yet".to_owned()).into());
        outcome.map_or_else(none, |outcome| outcome.map_err(Into::into))
    }
}

impl<P: CallFutures> CallFutures for Vec<P> {
    type Values = Vec<P::Values>;
    type Outcomes = Vec<P::Outcomes>;

    fn list<'c>(&'c mut self, calls: &mut Vec<&'c mut Call>) {
        for call in self {
            call.list(calls);
        }
    }

    fn advance(
        &mut self,
        outcomes: &mut Self::Outcomes,
        at_once: &mut usize,
        task: &mut Context<'_>,
    ) -> bool {
        outcomes.resize_with(self.len(), Default::default);
        let mut all = true;
        for (call, outcome) in self.iter_mut().zip(outcomes) {
            all &= call.advance(outcome, at_once, task);
            if *at_once == 0 {
                return false;
            }
        }
        all
    }

    fn values(outcomes: Self::Outcomes) -> Result<Self::Values, Error> {
        outcomes.into_iter().map(P::values).collect()
    }
}

macro_rules! call_futures {
    ($($call:ident $index:tt),*) => {
        impl<$($call: CallFutures),*> CallFutures for ($($call,)*) {
            type Values = ($($call::Values,)*);
            type Outcomes = ($($call::Outcomes,)*);

            fn list<'c>(&'c mut self, calls: &mut Vec<&'c mut Call>) {
                $(self.$index.list(calls);)*
            }

            fn advance(
                &mut self,
                outcomes: &mut Self::Outcomes,
                at_once: &mut usize,
                task: &mut Context<'_>,
            ) -> bool {
                let mut all = true;
                $(all &= self.$index.advance(&mut outcomes.$index, at_once, task);)*
                all
            }

            fn values(outcomes: Self::Outcomes) -> Result<Self::Values, Error> {
                Ok(($($call::values(outcomes.$index)?,)*))
            }
        }
    };
}

for_tuples!(call_futures);
