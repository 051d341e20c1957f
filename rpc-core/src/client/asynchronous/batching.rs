//! Batches behind a prefix or within a time.

use std::sync::Arc;

use crate::error::Error;

use super::super::{Async, At, Outcomes, Stub, Within};
use super::{AsyncRpcClient, CallFutures, Calls};

/// A stub whose calls can leave together: an asynchronous client, or one behind a prefix or within a
/// time. The blocking twin is [`Batching`](crate::client::Batching).
pub trait AsyncBatching: Stub<Kind = Async<Calls>> {
    /// The client that its calls leave by.
    #[doc(hidden)]
    fn client(&self) -> &AsyncRpcClient;

    /// Makes several calls at once, as [`AsyncRpcClient::batch`].
    fn batch<P: CallFutures>(
        &self,
        calls: impl FnOnce(&Self) -> P,
    ) -> impl Future<Output = Result<<P::Outcomes as Outcomes>::Values, Error>> + Send {
        let outcomes = self.batch_outcomes(calls);
        async { outcomes.await.values() }
    }

    /// The same, with what each call came to.
    fn batch_outcomes<P: CallFutures>(
        &self,
        calls: impl FnOnce(&Self) -> P,
    ) -> impl Future<Output = P::Outcomes> + Send {
        let (client, calls) = (self.client(), calls(self));
        async { client.together(calls).await }
    }
}

impl AsyncBatching for AsyncRpcClient {
    fn client(&self) -> &AsyncRpcClient {
        self
    }
}

impl<S: AsyncBatching> AsyncBatching for At<S> {
    fn client(&self) -> &AsyncRpcClient {
        self.stub.client()
    }
}

impl<S: AsyncBatching> AsyncBatching for Within<S> {
    fn client(&self) -> &AsyncRpcClient {
        self.stub.client()
    }
}

macro_rules! pointer {
    ($pointer:ty) => {
        impl<S: AsyncBatching> AsyncBatching for $pointer {
            fn client(&self) -> &AsyncRpcClient {
                (**self).client()
            }
        }
    };
}

pointer!(&S);
pointer!(Arc<S>);
pointer!(Box<S>);
