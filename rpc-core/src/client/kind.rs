//! What calls return: results for callers that block, futures of results for others.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::pin::Pin;

use serde::de::DeserializeOwned;

use super::from_error::FromError;

/// What the calls of a [`Stub`](crate::Stub) return.
///
/// [`Blocking`] and [`Async`] serve nearly every stub.
pub trait Kind {
    /// What a call comes to whose result is a `T` and whose error is an `E`.
    type Outcome<T: DeserializeOwned + Send + 'static, E: FromError>;
}

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
