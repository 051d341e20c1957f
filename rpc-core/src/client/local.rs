//! Calls in the same process: what runs calls is itself a stub.

use serde::de::DeserializeOwned;

use crate::error::{Error, Misuse};
use crate::json_rpc::{JsonRpc, run_guarded, too_late};
use crate::protocol::{Arguments, ArrayWriter, Call, ObjectWriter, ProtocolError};
use crate::pump::wait;
use crate::registry::{CallContext, Dispatch, FunctionRegistry, Progress, Reply, without_place};

use super::mock::InOrder;
use super::{Blocking, FromError, Invocation, Notify, Stub};

/// Functions and layers are tested as they are called: with typed proxies and by name, through the
/// same arguments and results as over a socket.
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
        let result = match InOrder::of(self, &invocation) {
            None => call(self, &invocation),
            Some(Ok(arguments)) => call(self, &invocation.with_arguments(arguments)),
            Some(Err(error)) => Err(error.into()),
        };
        result.map_err(E::from_error)
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
        match InOrder::of(self, &invocation) {
            None => run(self, &invocation),
            Some(arguments) => run(self, &invocation.with_arguments(arguments?)),
        }
        .map(|_| ())
    }
}

impl<D: Dispatch> Notify for JsonRpc<D> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> Result<(), Error> {
        run(self.dispatch(), &invocation).map(|_| ())
    }
}

fn call<T: DeserializeOwned>(
    dispatch: &impl Dispatch,
    invocation: &Invocation<'_, impl Arguments>,
) -> Result<T, Error> {
    let result = run(dispatch, invocation)??;
    serde_json::from_str(&result).map_err(|error| {
        let problem = without_place(&error.to_string()).into_owned();
        ProtocolError::Result { method: invocation.method().to_owned(), problem }.into()
    })
}

/// Runs a call to its end: the outer error is that it could not be run at all.
fn run(
    dispatch: &impl Dispatch,
    invocation: &Invocation<'_, impl Arguments>,
) -> Result<Result<String, Error>, Error> {
    let method = invocation.method();
    let (mut args, mut kwargs) = (b"[".to_vec(), b"{".to_vec());
    let written = invocation
        .arguments()
        .write_positional(&mut ArrayWriter::new(&mut args))
        .and_then(|()| invocation.arguments().write_keyword(&mut ObjectWriter::new(&mut kwargs)));
    written.map_err(Misuse::Argument)?;
    args.push(b']');
    kwargs.push(b'}');
    let (args, kwargs) = (text(&args)?, text(&kwargs)?);
    let call = Call::new(method, args, kwargs)?;

    let mut context = CallContext::default();
    context.begin("", invocation.timeout());
    let mut out = Vec::new();
    let mut reply = Reply::new(&mut out);
    let late = || too_late(method, invocation.timeout().unwrap_or_default());
    let outcome = match run_guarded(dispatch, &call, &context, &mut reply).into_progress() {
        Progress::Done => Ok(text(&out)?.to_owned()),
        Progress::Failed(fault) => Err(fault),
        Progress::Cancelled => Err(late()),
        Progress::Later(rest) => {
            let rest = rest.run(&|job| Box::pin(async { job() }));
            wait(rest, invocation.timeout()).unwrap_or_else(|| Err(late()))
        }
    };
    Ok(outcome.map_err(Error::Fault))
}

fn text(bytes: &[u8]) -> Result<&str, ProtocolError> {
    crate::protocol::json::Reader::text(bytes)
}
