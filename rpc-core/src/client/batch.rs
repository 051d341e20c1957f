//! Several calls sent in one write, or one request, and waited for together.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde::de::DeserializeOwned;

use crate::error::{Error, Misuse};
use crate::protocol::Arguments;
use crate::transport::{Stream, Transport};

use super::deadline::Deadline;
use super::multiplexer::Multiplexer;
use super::{
    Batching, Burst, FromError, Invocation, Kind, Outcomes, Pending, Pipelined, Promises,
    RpcClient, Stub, names,
};

/// The stub that a batch's calls are made on; [`RpcClient::batch`] lends one.
pub struct Batch<'c, T: Transport> {
    client: &'c RpcClient<T>,
    /// Where calls gather for one request.
    gathering: Mutex<Option<Arc<Multiplexer<T::Stream>>>>,
    /// Why no connection can be made: the calls after that need not try.
    unreachable: OnceLock<Error>,
    _burst: Burst<'c, T>,
}

/// A call of a batch: its result comes with the others'.
pub type Promise<T, R, E> = Result<Pending<<T as Transport>::Stream, R, E>, Error>;

/// Calls are promises: what the calls of a [`Batch`] come to.
#[derive(Debug)]
pub struct Promised<T>(Infallible, PhantomData<T>);

impl<T: Transport> Kind for Promised<T> {
    type Outcome<R: DeserializeOwned + Send + 'static, E: FromError> = Promise<T, R, E>;
}

impl<T: Transport> RpcClient<T> {
    /// Makes several calls at once: they leave in one write, and their results come back together.
    ///
    /// Over HTTP, JSON-RPC calls travel as one request, a JSON-RPC batch, and their results come as one
    /// response; of more than 64 KiB, or than [`Limits::max_batch_calls`](crate::protocol::Limits::max_batch_calls) calls, as several.
    ///
    /// The calls may be a tuple of up to twelve, an array or a `Vec`, and tuples may stand in tuples; the first error is returned after all
    /// have been answered.
    ///
    /// ```standalone_crate
    /// use rpc_core::{RpcClient, RpcServer, rpc_export};
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
    /// let server = RpcServer::exported().start("127.0.0.1:0")?;
    /// let client = RpcClient::connect(server.address())?;
    /// let (n, text) = client.batch(|calls| (calls.square(7).call(), calls.upper("ada").call()))?;
    /// assert_eq!((n, text.as_str()), (49, "ADA"));
    ///
    /// let squares = client.batch(|calls| (1..=3).map(|n| calls.square(n).call()).collect::<Vec<_>>())?;
    /// assert_eq!(squares, [1, 4, 9]);
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first of the calls' errors; one that a function has of its own as the fault it travelled as.
    pub fn batch<'c, P: Promises>(
        &'c self,
        calls: impl FnOnce(&Batch<'c, T>) -> P,
    ) -> Result<<P::Outcomes as Outcomes>::Values, Error> {
        self.batch_outcomes(calls).values()
    }

    /// The same, with what each call came to: a [`Result`] in the place of each call, whose error is
    /// the one that the call has by itself.
    ///
    /// ```standalone_crate
    /// use rpc_core::{CallError, RpcClient, RpcServer, rpc_export};
    ///
    /// #[rpc_export]
    /// fn half(n: i64) -> Result<i64, String> {
    ///     if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }
    /// }
    ///
    /// let server = RpcServer::exported().start("127.0.0.1:0")?;
    /// let client = RpcClient::connect(server.address())?;
    /// let halves = client.batch_outcomes(|calls| (calls.half(4).call(), calls.half(5).call()));
    /// assert!(matches!(halves, (Ok(2), Err(CallError::Function(why))) if why == "5 is odd"));
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    pub fn batch_outcomes<'c, P: Promises>(
        &'c self,
        calls: impl FnOnce(&Batch<'c, T>) -> P,
    ) -> P::Outcomes {
        Batching::batch_outcomes(self, calls)
    }
}

impl<T: Transport> Batching for RpcClient<T> {
    type Batch<'c>
        = Batch<'c, T>
    where
        Self: 'c;

    fn begin_batch(&self) -> Batch<'_, T> {
        Batch {
            client: self,
            gathering: Mutex::default(),
            unreachable: OnceLock::new(),
            _burst: self.burst(),
        }
    }
}

impl<T: Transport> Batch<'_, T> {
    /// Adds a call to the request that is being put together.
    fn gather<A: Arguments, R: DeserializeOwned, E: FromError>(
        &self,
        invocation: &Invocation<'_, A>,
    ) -> Promise<T, R, E> {
        let client = self.client;
        client.settings().check_size(invocation)?;
        let deadline = client.deadline(invocation);
        let mut gathering = self.lock();
        let added = self.add(&mut gathering, invocation, invocation.arguments(), deadline);
        added.or_else(|error| {
            if names::would_help(&error) {
                // A server may have no other connection to be asked for them by.
                leave(&mut gathering);
                client.shared.connections.free_connection(deadline);
            }
            let folded = client.fold(error, invocation, deadline)?;
            self.add(&mut gathering, invocation, &folded, deadline)
        })
    }

    fn add<A: Arguments, R: DeserializeOwned, E: FromError>(
        &self,
        gathering: &mut Option<Arc<Multiplexer<T::Stream>>>,
        invocation: &Invocation<'_, A>,
        arguments: &impl Arguments,
        deadline: Option<Deadline>,
    ) -> Promise<T, R, E> {
        let client = self.client;
        let timeout = client.settings().travelling_timeout(invocation);
        let add = |connection: &Arc<Multiplexer<T::Stream>>| {
            let method = invocation.method();
            let call = connection.add(method, timeout, deadline, |out| {
                client.settings().begin_call(out, method, arguments, &[])
            })?;
            let again = client.again(invocation, deadline);
            Ok(Pending::new(Arc::clone(connection), call, invocation.name(), deadline, again))
        };
        if let Some(connection) = gathering {
            match add(connection) {
                // What cannot be sent with the others may be by itself.
                Err(error) if !matches!(error, Error::Misuse(Misuse::Argument(_))) => {}
                added => return added,
            }
        }
        leave(gathering);
        client.shared.connections.free_connection(deadline);
        let connection = client.shared.connections.get(deadline)?;
        connection.begin_batch();
        add(gathering.insert(connection))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Multiplexer<T::Stream>>>> {
        self.gathering.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends what has gathered.
fn leave<S: Stream>(gathering: &mut Option<Arc<Multiplexer<S>>>) {
    if let Some(connection) = gathering.take() {
        connection.end_batch();
    }
}

impl<T: Transport> Drop for Batch<'_, T> {
    fn drop(&mut self) {
        leave(&mut self.lock());
    }
}

impl<T: Transport> Stub for Batch<'_, T> {
    type Kind = Promised<T>;

    fn invoke<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Promise<T, R, E> {
        if let Some(error) = self.unreachable.get() {
            return Err(error.clone());
        }
        let limit = invocation.timeout().or(self.client.settings().call_timeout);
        let has_batches = self.client.settings().has_batches();
        // What a call says for itself are headers of a request of its own.
        let promise = if has_batches && invocation.metadata().is_empty() {
            self.gather(&invocation)
        } else if has_batches {
            leave(&mut self.lock());
            self.client.start(invocation)
        } else {
            self.client.start(invocation)
        };
        if let Err(error) = &promise
            && self.client.settings().is_unreachable(error, limit)
        {
            let _ = self.unreachable.set(error.clone());
        }
        promise
    }
}

impl<T: Transport> fmt::Debug for Batch<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").finish_non_exhaustive()
    }
}
