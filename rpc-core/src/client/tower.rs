//! Clients as tower services, and tower services as clients (feature `tower`).

use std::borrow::Cow;
use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use serde::de::DeserializeOwned;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use crate::error::{Error, IoError, IoErrorKind};
use crate::layer_error::LayerError;
use crate::protocol::Arguments;

use super::raw_json::decoded;
use super::{
    AnyAsyncClient, Async, AsyncRpcClient, AsyncStub, BoxedCall, CallFuture, FromError, Futures,
    Invocation, OwnedCall, RawJson, Stub,
};

/// An asynchronous stub as a tower service, whose requests are calls and whose responses are JSON
/// (feature `tower`).
///
/// [`AsyncRpcClient`] and [`AnyAsyncClient`] are such services by themselves.
#[derive(Debug, Clone)]
pub struct CallService<S>(pub S);

impl<S: AsyncStub> Service<OwnedCall> for CallService<S> {
    type Response = RawJson;
    type Error = Error;
    type Future = <S::Futures as Futures>::Future<RawJson, Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: OwnedCall) -> Self::Future {
        call.send(&self.0)
    }
}

impl Service<OwnedCall> for AsyncRpcClient {
    type Response = RawJson;
    type Error = Error;
    type Future = CallFuture<RawJson, Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: OwnedCall) -> Self::Future {
        call.send(self)
    }
}

impl Service<OwnedCall> for AnyAsyncClient {
    type Response = RawJson;
    type Error = Error;
    type Future = BoxedCall<RawJson>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: OwnedCall) -> Self::Future {
        call.send(self)
    }
}

/// A tower service as a client: typed stubs over any stack of tower's layers (feature `tower`).
///
/// A service is cloned for each call, as tower has it; one that is no `Clone` goes behind tower's
/// `Buffer`. An error that is no [`Error`] becomes a [`LayerError`].
///
/// ```standalone_crate
/// use rpc_core::client::TowerClient;
/// use rpc_core::server::EventLoop;
/// use rpc_core::{AsyncRpcClient, RpcServer, call, rpc_export};
///
/// #[rpc_export]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let server = RpcServer::exported().start_with("127.0.0.1:0", EventLoop::default())?;
/// let service = AsyncRpcClient::connect(server.address()).await?;
/// // Here any of tower's layers: `ServiceBuilder::new().timeout(…).service(service)`.
/// let client = TowerClient::new(service);
/// assert_eq!(call!(client.add(1, 2)).await?, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TowerClient<V> {
    service: V,
}

impl<V> TowerClient<V> {
    /// Takes a service whose requests are calls and whose responses are JSON.
    pub fn new(service: V) -> Self {
        Self { service }
    }
}

impl<V> Stub for TowerClient<V>
where
    V: Service<OwnedCall, Response = RawJson> + Clone + Send + 'static,
    V::Error: Into<Box<dyn StdError + Send + Sync>>,
    V::Future: Send + 'static,
{
    type Kind = Async<TowerCalls<V>>;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> TowerCall<V, T, E> {
        let timeout = invocation.timeout();
        let state = match invocation.to_owned_call() {
            Ok(call) => State::Unready { service: self.service.clone(), call: Some(call) },
            Err(error) => State::Refused { error: Some(error) },
        };
        let method = invocation.name();
        TowerCall { state, method, timeout, alarm: None, result: PhantomData }
    }
}

/// Calls are [`TowerCall`]s: the [`Futures`] of a [`TowerClient`].
#[derive(Debug)]
pub struct TowerCalls<V>(Infallible, PhantomData<V>);

impl<V> Futures for TowerCalls<V>
where
    V: Service<OwnedCall, Response = RawJson> + Send + 'static,
    V::Error: Into<Box<dyn StdError + Send + Sync>>,
    V::Future: Send + 'static,
{
    type Future<T: DeserializeOwned + Send + 'static, E: FromError> = TowerCall<V, T, E>;
}

pin_project! {
    /// A call that a tower service makes.
    #[must_use = "a call is made when it is awaited"]
    pub struct TowerCall<V: Service<OwnedCall>, T, E> {
        #[pin]
        state: State<V, V::Future>,
        method: Cow<'static, str>,
        timeout: Option<Duration>,
        alarm: Option<Pin<Box<Sleep>>>,
        result: PhantomData<fn() -> (T, E)>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<V, F> {
        /// The service is not known to take the call.
        Unready { service: V, call: Option<OwnedCall> },
        Asked { #[pin] future: F },
        /// It has no form that can be sent.
        Refused { error: Option<Error> },
    }
}

impl<V, T, E> Future for TowerCall<V, T, E>
where
    V: Service<OwnedCall, Response = RawJson>,
    V::Error: Into<Box<dyn StdError + Send + Sync>>,
    T: DeserializeOwned + 'static,
    E: FromError,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Result<T, E>> {
        let mut this = self.project();
        let outcome = match go_on(this.state.as_mut(), task) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => {
                // The time of a call counts while the service takes none, too.
                let Some(limit) = *this.timeout else {
                    return Poll::Pending;
                };
                let alarm = this.alarm.get_or_insert_with(|| Box::pin(sleep(limit)));
                ready!(alarm.as_mut().poll(task));
                let is_asked = matches!(this.state.project(), StateProjection::Asked { .. });
                let doing = format!("calling `{}`", this.method);
                let late = IoError::new(IoErrorKind::TimedOut(limit), doing);
                Err(late.may_have_run(is_asked).into())
            }
        };
        Poll::Ready(decoded(outcome, this.method))
    }
}

/// Asks the service when it is ready, and waits for its answer.
fn go_on<V>(
    mut state: Pin<&mut State<V, V::Future>>,
    task: &mut Context<'_>,
) -> Poll<Result<RawJson, Error>>
where
    V: Service<OwnedCall, Response = RawJson>,
    V::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    loop {
        let future = match state.as_mut().project() {
            StateProjection::Unready { service, call } => {
                let ready = ready!(service.poll_ready(task));
                match (ready, call.take()) {
                    (Ok(()), Some(call)) => service.call(call),
                    (Ok(()), None) => return Poll::Ready(Err(polled_again())),
                    (Err(error), _) => return Poll::Ready(Err(into_error(error.into(), false))),
                }
            }
            StateProjection::Asked { future } => {
                let outcome = ready!(future.poll(task));
                return Poll::Ready(outcome.map_err(|error| into_error(error.into(), true)));
            }
            StateProjection::Refused { error } => {
                return Poll::Ready(Err(error.take().unwrap_or_else(polled_again)));
            }
        };
        state.set(State::Asked { future });
    }
}

/// The error of a service: one of ours as it is.
fn into_error(error: Box<dyn StdError + Send + Sync>, may_have_run: bool) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => *error,
        Err(error) => {
            let problem = error.to_string();
            LayerError::new(problem).because(error).may_have_run(may_have_run).into()
        }
    }
}

fn polled_again() -> Error {
    LayerError::new("a call that is over was awaited again").into()
}

impl<V: Service<OwnedCall>, T, E> fmt::Debug for TowerCall<V, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerCall").field("method", &self.method).finish_non_exhaustive()
    }
}
