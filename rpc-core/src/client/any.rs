//! Clients without their type.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;

use super::raw_json::decoded;
use super::{
    Async, AsyncStub, Blocking, BlockingStub, Boxed, BoxedCall, FromError, Invocation, OwnedCall,
    RawJson, Stub,
};

/// A blocking client of any type: clients of several types go into one list, and a struct that has a
/// client needs no type parameter.
///
/// ```standalone_crate
/// use rpc_core::client::AnyClient;
/// use rpc_core::{Error, FunctionRegistry, RpcClient, RpcServer, Stub, call, rpc_export};
///
/// #[rpc_export]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// let server = RpcServer::exported().start("127.0.0.1:0")?;
/// let client = RpcClient::connect(server.address())?;
/// let clients = [AnyClient::new(client), AnyClient::new(FunctionRegistry::exported())];
/// for client in &clients {
///     assert_eq!(call!(client.add(1, 2))?, 3);
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct AnyClient(Arc<dyn Carry>);

impl AnyClient {
    /// Takes a client, or any other stub whose calls return results.
    pub fn new(stub: impl BlockingStub + Send + Sync + 'static) -> Self {
        Self(Arc::new(stub))
    }
}

/// An asynchronous client of any type; the twin of [`AnyClient`].
#[derive(Clone)]
pub struct AnyAsyncClient(Arc<dyn CarryAsync>);

impl AnyAsyncClient {
    /// Takes a client, or any other stub whose calls are futures.
    pub fn new(stub: impl AsyncStub + Send + Sync + 'static) -> Self {
        Self(Arc::new(stub))
    }
}

/// What is left of a stub without its type.
trait Carry: Send + Sync {
    fn carry(&self, call: &OwnedCall) -> Result<RawJson, Error>;
}

impl<S: BlockingStub + Send + Sync> Carry for S {
    fn carry(&self, call: &OwnedCall) -> Result<RawJson, Error> {
        call.send(self)
    }
}

/// The same where calls are futures.
trait CarryAsync: Send + Sync {
    fn carry(&self, call: &OwnedCall) -> BoxedCall<RawJson>;
}

impl<S: AsyncStub + Send + Sync> CarryAsync for S {
    fn carry(&self, call: &OwnedCall) -> BoxedCall<RawJson> {
        Box::pin(call.send(self))
    }
}

impl Stub for AnyClient {
    type Kind = Blocking;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<T, E> {
        let outcome = invocation.to_owned_call().and_then(|call| self.0.carry(&call));
        decoded(outcome, invocation.method())
    }
}

impl Stub for AnyAsyncClient {
    type Kind = Async<Boxed>;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> BoxedCall<T, E> {
        let begun = invocation.to_owned_call().map(|call| (self.0.carry(&call), call));
        Box::pin(async {
            let (outcome, call) = begun.map_err(E::from_error)?;
            decoded(outcome.await, call.method())
        })
    }
}

impl fmt::Debug for AnyClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyClient").finish_non_exhaustive()
    }
}

impl fmt::Debug for AnyAsyncClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyAsyncClient").finish_non_exhaustive()
    }
}
