//! Calls in the same process: what runs calls is itself a stub.

use serde::de::DeserializeOwned;

use crate::error::{Error, Misuse};
use crate::json_rpc::{JsonRpc, run_guarded, too_late};
use crate::protocol::{Arguments, ArrayWriter, Call, ObjectWriter, ProtocolError};
use crate::pump::wait;
use crate::registry::{CallContext, Dispatch, FunctionRegistry, Progress, Reply, without_place};

use super::{Blocking, FromError, Invocation, Notify, Stub};

/// Functions and layers are tested as they are called: with typed proxies and by name, through the
/// same arguments and results as over a socket.
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
        run(self, &invocation).map(|_| ())
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
