//! The extension trait that makes a caller of anything that can carry a call.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;

use super::by_name::ByName;
use super::{
    Args, Async, At, Blocking, FromError, Futures, Invocation, Kind, Kwargs, Layered, Policy,
    WithMetadata, Within,
};

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
    /// The arguments may also be a tuple, a slice or a JSON array, and a struct, a map or a JSON object; see
    /// [`Args`] and [`Kwargs`].
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

    /// Says something with each call besides its arguments: a trace, a tenant, a token. Functions and
    /// layers find it by [`CallContext::metadata`](crate::CallContext::metadata).
    ///
    /// ```standalone_crate
    /// use rpc_core::{CallContext, RpcClient, RpcServer, Stub, rpc_export};
    ///
    /// #[rpc_export]
    /// fn tenant(context: &CallContext) -> Option<String> {
    ///     context.metadata("tenant").map(str::to_owned)
    /// }
    ///
    /// let server = RpcServer::exported().start("127.0.0.1:0")?;
    /// let client = RpcClient::connect(server.address())?;
    /// let tenant = client.with_metadata("tenant", "acme").tenant().call()?;
    /// assert_eq!(tenant.as_deref(), Some("acme"));
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// Of several values of one name the last counts, and each before that of
    /// [`ClientBuilder::metadata`](crate::client::ClientBuilder::metadata).
    fn with_metadata(
        &self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> WithMetadata<&Self> {
        WithMetadata::new(self, (name.into(), value.into()))
    }

    /// Turns the stub into one whose calls say this, to be kept.
    fn into_with_metadata(
        self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> WithMetadata<Self> {
        WithMetadata::new(self, (name.into(), value.into()))
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

    /// Sends a call by name that wants no reply:
    /// `client.notify_by_name("textDocument/didOpen", args![], kwargs! { textDocument: document })`.
    fn notify_by_name(
        &self,
        method: &str,
        args: impl Args,
        kwargs: impl Kwargs,
    ) -> OutcomeOf<Self, ()> {
        self.notify(Invocation::of(method, ByName { args, kwargs }))
    }
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

/// What a call of the stub `S` returns: `Result<T, E>` for a [`BlockingStub`], a future of it for an
/// [`AsyncStub`].
pub type OutcomeOf<S, T, E = crate::Error> = <<S as Stub>::Kind as Kind>::Outcome<T, E>;

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
