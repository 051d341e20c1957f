//! Calls that are made ready with a typed stub, and sent by a client later.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;

use super::{FromError, Invocation, Kind, OutcomeOf, OwnedCall, Stub};

/// A stub that sends nothing: its calls come to calls that are ready to be sent.
///
/// ```standalone_crate
/// use rpc_core::client::Prepare;
/// use rpc_core::{RpcClient, RpcServer, call, rpc_export};
///
/// #[rpc_export]
/// fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
///     a + b + c
/// }
///
/// let sum = call!(Prepare.add(1, 2, c = 3))?;
///
/// let server = RpcServer::exported().start("127.0.0.1:0")?;
/// let client = RpcClient::connect(server.address())?;
/// assert_eq!(sum.send(&client)?, 6);
/// assert_eq!(sum.send(&client)?, 6);
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Prepare;

/// Calls are made ready: what the calls of [`Prepare`] come to.
#[derive(Debug)]
pub struct Preparing(Infallible);

impl Kind for Preparing {
    type Outcome<T: DeserializeOwned + Send + 'static, E: FromError> =
        Result<Prepared<T, E>, Error>;
}

impl Stub for Prepare {
    type Kind = Preparing;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<Prepared<T, E>, Error> {
        Ok(Prepared { call: invocation.to_owned_call()?, result: PhantomData })
    }
}

/// A call that is ready to be sent, by any client and any number of times, and knows the type of its
/// result.
pub struct Prepared<T, E = Error> {
    call: OwnedCall,
    result: PhantomData<fn() -> (T, E)>,
}

impl<T: DeserializeOwned + Send + 'static, E: FromError> Prepared<T, E> {
    /// Sends the call; it can be sent again.
    pub fn send<S: Stub>(&self, stub: &S) -> OutcomeOf<S, T, E> {
        self.call.send_as::<T, E, S>(stub)
    }
}

impl<T, E> Prepared<T, E> {
    /// Returns the call.
    pub fn call(&self) -> &OwnedCall {
        &self.call
    }

    /// Returns the call, to be changed before it is sent.
    pub fn call_mut(&mut self) -> &mut OwnedCall {
        &mut self.call
    }

    /// Turns it into the call alone, which does not know the type of its result.
    pub fn into_call(self) -> OwnedCall {
        self.call
    }
}

impl<T, E> Clone for Prepared<T, E> {
    fn clone(&self) -> Self {
        Self { call: self.call.clone(), result: PhantomData }
    }
}

impl<T, E> fmt::Debug for Prepared<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Prepared").field(&self.call).finish()
    }
}
