//! Batches behind a prefix or within a time.

use std::sync::Arc;

use crate::error::Error;

use super::{At, Outcomes, Promises, Stub, Within};

/// A stub whose calls can leave together: a client, or one behind a prefix or within a time.
///
/// ```standalone_crate
/// use rpc_core::client::Batching;
/// use rpc_core::{RpcClient, RpcServer, Stub, rpc_export};
///
/// #[rpc_export]
/// fn square(n: i64) -> i64 {
///     n * n
/// }
///
/// let server = RpcServer::exported().start("127.0.0.1:0")?;
/// let client = RpcClient::connect(server.address())?;
/// let hasty = client.into_within(std::time::Duration::from_secs(5));
/// let squares = hasty.batch(|calls| (calls.square(2).call(), calls.square(3).call()))?;
/// assert_eq!(squares, (4, 9));
/// # Ok::<(), rpc_core::Error>(())
/// ```
pub trait Batching: Stub {
    /// The stub that a batch's calls are made on.
    type Batch<'c>: Stub
    where
        Self: 'c;

    /// Has the calls that are made on the stub it returns leave together, when that is dropped.
    #[doc(hidden)]
    fn begin_batch(&self) -> Self::Batch<'_>;

    /// Makes several calls at once, as [`RpcClient::batch`](crate::RpcClient::batch).
    ///
    /// # Errors
    ///
    /// The first of the calls' errors.
    fn batch<'c, P: Promises>(
        &'c self,
        calls: impl FnOnce(&Self::Batch<'c>) -> P,
    ) -> Result<<P::Outcomes as Outcomes>::Values, Error> {
        self.batch_outcomes(calls).values()
    }

    /// The same, with what each call came to.
    fn batch_outcomes<'c, P: Promises>(
        &'c self,
        calls: impl FnOnce(&Self::Batch<'c>) -> P,
    ) -> P::Outcomes {
        let batch = self.begin_batch();
        let promises = calls(&batch);
        drop(batch);
        promises.wait()
    }
}

impl<S: Batching> Batching for At<S> {
    type Batch<'c>
        = At<S::Batch<'c>>
    where
        Self: 'c;

    fn begin_batch(&self) -> Self::Batch<'_> {
        At::new(self.stub.begin_batch(), &self.prefix)
    }
}

impl<S: Batching> Batching for Within<S> {
    type Batch<'c>
        = Within<S::Batch<'c>>
    where
        Self: 'c;

    fn begin_batch(&self) -> Self::Batch<'_> {
        Within::new(self.stub.begin_batch(), self.timeout)
    }
}

macro_rules! pointer {
    ($pointer:ty) => {
        impl<S: Batching> Batching for $pointer {
            type Batch<'c>
                = S::Batch<'c>
            where
                Self: 'c;

            fn begin_batch(&self) -> Self::Batch<'_> {
                (**self).begin_batch()
            }
        }
    };
}

pointer!(&S);
pointer!(Arc<S>);
pointer!(Box<S>);
