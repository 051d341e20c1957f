//! Calls in the same process: what runs calls is itself a stub.

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::json_rpc::JsonRpc;
use crate::protocol::Arguments;
use crate::registry::{Dispatch, FunctionRegistry};

use super::local_call::LocalCall;
use super::local_items::LocalItems;
use super::{Blocking, FromError, Invocation, Notify, Streaming, Stub};

/// Functions and layers are tested as they are called: with typed proxies and by name, through the
/// same arguments and results as over a socket. `AsyncInProcess` does the same
/// for asynchronous callers.
///
/// A registry is also a mock: a closure that is registered under an exported function's name answers
/// its typed stubs. It takes an argument for each parameter, in order, whether that was given by position
/// or by name. One that was left out is the parameter's default where that is a literal, and `None` for an
/// `Option` otherwise; what variadic parameters gather is a list or a map.
///
/// ```standalone_crate
/// use rpc_core::{FunctionRegistry, call, rpc_export};
///
/// #[rpc_export]
/// pub trait Shop {
///     fn price(&self, sku: &str, #[default("EUR")] currency: &str) -> f64;
/// }
///
/// let mut mock = FunctionRegistry::new();
/// mock.register("price", |sku: String, currency: String| {
///     assert_eq!(sku, "tea");
///     if currency == "EUR" { 3.5 } else { 4.0 }
/// })?;
/// assert_eq!(call!(mock.price("tea"))?, 3.5);
/// assert_eq!(call!(mock.price("tea", currency = "USD"))?, 4.0);
/// # Ok::<(), rpc_core::Error>(())
/// ```
impl Stub for FunctionRegistry {
    type Kind = Blocking;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<T, E> {
        call(self, &invocation).map_err(E::from_error)
    }
}

impl<D: Dispatch> Stub for JsonRpc<D> {
    type Kind = Blocking;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<T, E> {
        call(self.dispatch(), &invocation).map_err(E::from_error)
    }
}

impl Notify for FunctionRegistry {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> Result<(), Error> {
        LocalCall::of(self, &invocation).map(|call| drop(call.run(self)))
    }
}

impl<D: Dispatch> Notify for JsonRpc<D> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> Result<(), Error> {
        LocalCall::of(self.dispatch(), &invocation).map(|call| drop(call.run(self.dispatch())))
    }
}

impl Streaming for FunctionRegistry {
    type Items<T: DeserializeOwned + Send + 'static, E: FromError> = LocalItems<T, E>;
    type Opened<T: DeserializeOwned + Send + 'static, E: FromError> = Result<LocalItems<T, E>, E>;

    fn open<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<LocalItems<T, E>, E> {
        LocalItems::open(self, &invocation).map_err(E::from_error)
    }
}

impl<D: Dispatch> Streaming for JsonRpc<D> {
    type Items<T: DeserializeOwned + Send + 'static, E: FromError> = LocalItems<T, E>;
    type Opened<T: DeserializeOwned + Send + 'static, E: FromError> = Result<LocalItems<T, E>, E>;

    fn open<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<LocalItems<T, E>, E> {
        LocalItems::open(self.dispatch(), &invocation).map_err(E::from_error)
    }
}

fn call<T: DeserializeOwned>(
    dispatch: &impl Dispatch,
    invocation: &Invocation<'_, impl Arguments>,
) -> Result<T, Error> {
    let call = LocalCall::of(dispatch, invocation)?;
    call.result(call.run(dispatch))
}
