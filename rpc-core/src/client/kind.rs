//! What calls return: results for callers that block, futures of results for others.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::pin::Pin;

use serde::de::DeserializeOwned;

use super::{FromError, Stub};

/// What the calls of a [`Stub`] return.
///
/// [`Blocking`] and [`Async`] serve nearly every stub.
pub trait Kind {
    /// What a call comes to whose result is a `T` and whose error is an `E`.
    type Outcome<T: DeserializeOwned + Send + 'static, E: FromError>;
}

/// What a call of the stub `S` returns: `Result<T, E>` for a [`BlockingStub`], a future of it for an
/// [`AsyncStub`].
pub type OutcomeOf<S, T, E = crate::Error> = <<S as Stub>::Kind as Kind>::Outcome<T, E>;

/// Calls return when the result is there: an outcome is a `Result<T, E>`.
#[derive(Debug)]
pub struct Blocking(Infallible);

impl Kind for Blocking {
    type Outcome<T: DeserializeOwned + Send + 'static, E: FromError> = Result<T, E>;
}

/// Calls are futures, of the types that `F` names: `Async<Boxed>` where any future will do.
#[derive(Debug)]
pub struct Async<F>(Infallible, PhantomData<F>);

impl<F: Futures> Kind for Async<F> {
    type Outcome<T: DeserializeOwned + Send + 'static, E: FromError> = F::Future<T, E>;
}

/// The futures that calls are.
pub trait Futures {
    /// The future of a call whose result is a `T` and whose error is an `E`.
    type Future<T: DeserializeOwned + Send + 'static, E: FromError>: Future<Output = Result<T, E>>
        + Send
        + 'static;
}

/// Calls are futures in boxes.
#[derive(Debug)]
pub struct Boxed(Infallible);

/// A call that is a future in a box.
pub type BoxedCall<T, E = crate::Error> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl Futures for Boxed {
    type Future<T: DeserializeOwned + Send + 'static, E: FromError> = BoxedCall<T, E>;
}

/// A [`Stub`] whose calls return results. Every stub of the kind [`Blocking`] is one.
///
/// Functions that work with every blocking client take one:
///
/// ```standalone_crate
/// use rpc_core::client::BlockingStub;
/// use rpc_core::{Error, RpcClient, RpcServer, call, rpc_export};
///
/// #[rpc_export]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// fn total<C: BlockingStub>(client: &C) -> Result<i64, Error> {
///     let sum = call!(client.add(1, 2))?;
///     call!(client.add(sum, 3))
/// }
///
/// let server = RpcServer::exported().start("127.0.0.1:0")?;
/// let client = RpcClient::connect(server.address())?;
/// assert_eq!(total(&client)?, 6);
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no client whose calls return results",
    label = "a blocking client must stand here, as `RpcClient` is one"
)]
pub trait BlockingStub: Stub<Kind = Blocking> {}

#[diagnostic::do_not_recommend]
impl<S: Stub<Kind = Blocking>> BlockingStub for S {}

/// A [`Stub`] whose calls are futures. Every stub of a kind [`Async`] is one.
///
/// Functions that work with every asynchronous client take one; their futures can be spawned:
///
/// ```standalone_crate
/// use rpc_core::client::AsyncStub;
/// use rpc_core::{Error, call, rpc_export};
///
/// #[rpc_export]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// async fn total<C: AsyncStub>(client: &C) -> Result<i64, Error> {
///     let sum = call!(client.add(1, 2)).await?;
///     call!(client.add(sum, 3)).await
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no client whose calls are futures",
    label = "an asynchronous client must stand here, as `AsyncRpcClient` is one"
)]
pub trait AsyncStub: Stub<Kind = Async<Self::Futures>> {
    /// The futures that its calls are.
    type Futures: Futures;
}

#[diagnostic::do_not_recommend]
impl<F: Futures, S: Stub<Kind = Async<F>>> AsyncStub for S {
    type Futures = F;
}
