//! The mixin that makes a caller of anything that can carry a call.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::error::{CallError, Error, FunctionError};
use crate::protocol::{Arguments, Fault, code};

use super::by_name::ByName;
use super::{Args, At, Invocation, Kind, Kwargs, Layered, OutcomeOf, Policy, Within};

/// Calls functions on the other side.
///
/// One method is required, [`invoke`](Self::invoke); [`call`](Self::call) comes with it, and so
/// does every typed stub that `#[rpc_export]` generates. What a call comes to is said by the
/// [`Kind`]: a `Result` for a blocking client, a future of one for an asynchronous one, so that the
/// same stubs serve both. Functions over any client take a [`BlockingStub`](crate::client::BlockingStub) or an
/// [`AsyncStub`](crate::client::AsyncStub).
///
/// ```standalone_crate
/// use rpc_core::client::{Async, Boxed, BoxedCall, FromError, Invocation, block_on};
/// use rpc_core::protocol::Arguments;
/// use rpc_core::{Error, Fault, Stub, rpc_export};
/// use serde::de::DeserializeOwned;
///
/// #[rpc_export]
/// fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
///     a + b + c
/// }
///
/// /// Answers every call with a refusal, some time.
/// struct Closed;
///
/// impl Stub for Closed {
///     type Kind = Async<Boxed>; // or `Blocking`, for a `Result<T, E>`
///
///     fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
///         &self,
///         invocation: Invocation<'_, A>,
///     ) -> BoxedCall<T, E> {
///         let fault = Fault::new(503, format!("no {} today", invocation.method()));
///         Box::pin(async { Err(E::from_error(Error::Fault(fault))) })
///     }
/// }
///
/// let refusal = block_on(Closed.add(1, 2).call()).unwrap_err();
/// assert_eq!(refusal.to_string(), "no add today (code 503)");
/// ```
///
/// A stub that passes calls on to another keeps all that a call says by passing on its invocation:
/// as it is, [`renamed`](Invocation::renamed), or, to send it more than once,
/// [`borrowed`](Invocation::borrowed). What points to a stub is one: `&S`, `Arc<S>` and
/// `Box<S>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot call functions",
    label = "a client must stand here, as `RpcClient` is one"
)]
pub trait Stub: Sized {
    /// What calls come to: results ([`Blocking`](crate::client::Blocking)), or futures of them
    /// ([`Async`](crate::client::Async)).
    type Kind: Kind;

    /// Carries one call to the other side and its result back.
    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> OutcomeOf<Self, T, E>;

    /// Calls a function by name: no signature is needed, and none is checked on this side.
    ///
    /// ```standalone_crate
    /// use rpc_core::{RpcClient, RpcServer, Stub, args, kwargs, rpc_export};
    ///
    /// #[rpc_export]
    /// fn greet(name: &str, #[default("Hello".to_owned())] greeting: String) -> String {
    ///     format!("{greeting}, {name}")
    /// }
    ///
    /// let server = RpcServer::exported().start("127.0.0.1:0")?;
    /// let client = RpcClient::connect(server.address())?;
    /// let words: String = client.call("greet", args!["Ada"], kwargs! { greeting: "Good day" })?;
    /// assert_eq!(words, "Good day, Ada");
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// The arguments may also be a `Vec` or slice and a map; see [`Args`] and [`Kwargs`].
    fn call<T: DeserializeOwned + Send + 'static>(
        &self,
        method: &str,
        args: impl Args,
        kwargs: impl Kwargs,
    ) -> OutcomeOf<Self, T> {
        self.invoke(Invocation::of(method, ByName { args, kwargs }))
    }

    /// Calls functions behind a prefix: `client.at("bank").deposit("ada", 5)` calls `bank.deposit`.
    fn at(&self, prefix: &str) -> At<&Self> {
        At::new(self, prefix)
    }

    /// Turns the stub into one that calls functions behind a prefix, to be kept:
    /// `let bank = client.clone().into_at("bank");`.
    fn into_at(self, prefix: &str) -> At<Self> {
        At::new(self, prefix)
    }

    /// Gives calls up after `timeout`, which travels with them: a server that understands it stops
    /// work that nobody waits for. Of several such bounds the tightest counts.
    fn within(&self, timeout: Duration) -> Within<&Self> {
        Within::new(self, timeout)
    }

    /// Turns the stub into one that gives calls up after `timeout`, to be kept.
    fn into_within(self, timeout: Duration) -> Within<Self> {
        Within::new(self, timeout)
    }

    /// Puts a [`Policy`] before the stub, which sees every call: a log, a retry, a limit.
    ///
    /// The client is the policy's own from then on: give it a clone.
    fn with<P: Policy>(self, policy: P) -> Layered<Self, P>
    where
        Self: Send + Sync + 'static,
    {
        Layered::new(self, policy)
    }
}

/// A stub that can send calls nobody waits for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot send calls that want no reply",
    label = "a client must stand here, as `RpcClient` is one"
)]
pub trait Notify: Stub {
    /// Sends one call that wants no reply. The other side runs it; whether it fails is not told.
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> OutcomeOf<Self, ()>;
}

/// A stub that can have many calls under way, to be waited for later.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot have calls under way",
    label = "a client must stand here, as `RpcClient` is one"
)]
pub trait Pipelined: Stub {
    /// A call under way.
    type Pending<T: DeserializeOwned + Send + 'static, E: FromError>;

    /// Sends one call and does not wait for its result.
    ///
    /// # Errors
    ///
    /// Where the call cannot be sent.
    fn start<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<Self::Pending<T, E>, Error>;
}

/// The error a call ends in: [`Error`], or for functions that have errors of their own
/// [`CallError`].
pub trait FromError: Sized + Send + 'static {
    /// Takes the error of a call.
    fn from_error(error: Error) -> Self;

    /// Says the error as it travels.
    fn into_fault(self) -> Fault;
}

impl FromError for Error {
    fn from_error(error: Error) -> Self {
        error
    }

    fn into_fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            error => Fault::new(code::INTERNAL_ERROR, error.to_string()),
        }
    }
}

impl<E: FunctionError> FromError for CallError<E> {
    fn from_error(error: Error) -> Self {
        match error {
            Error::Fault(fault) => match E::from_fault(fault) {
                Ok(error) => Self::Function(error),
                Err(fault) => Self::Rpc(fault.into()),
            },
            error => Self::Rpc(error),
        }
    }

    fn into_fault(self) -> Fault {
        Error::from(self).into_fault()
    }
}
