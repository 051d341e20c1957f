//! Functions of the same process for asynchronous callers.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::error::Error;
use crate::protocol::{Arguments, Fault};
use crate::pump::asynchronous::on_another_thread;
use crate::registry::{CallContext, Dispatch};

use super::local_call::LocalCall;
use super::{Async, Boxed, BoxedCall, FromError, Invocation, Notify, Stub};

/// Calls functions, and the layers around them, in the same process without blocking (feature
/// `tokio`): what a registry is to blocking callers. Clones share the functions.
///
/// ```standalone_crate
/// use rpc_core::client::AsyncInProcess;
/// use rpc_core::{FunctionRegistry, call, rpc_export};
///
/// #[rpc_export]
/// async fn double(n: i64) -> i64 {
///     2 * n
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let functions = AsyncInProcess::new(FunctionRegistry::exported());
/// assert_eq!(call!(functions.double(21)).await?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A call begins when it is awaited, and is given up when it is dropped. A function that is declared to
/// block its thread runs on another.
///
/// # Panics
///
/// Its calls panic when they are awaited outside of a tokio runtime with its time enabled and need one:
/// to be given up after some time, or to run on another thread.
pub struct AsyncInProcess<D> {
    dispatch: Arc<D>,
}

impl<D: Dispatch> AsyncInProcess<D> {
    /// Calls what runs calls: a [`FunctionRegistry`](crate::FunctionRegistry), or layers around one.
    pub fn new(dispatch: D) -> Self {
        Self { dispatch: Arc::new(dispatch) }
    }

    /// What runs the calls.
    pub fn dispatch(&self) -> &D {
        &self.dispatch
    }

    fn begin<A: Arguments>(
        &self,
        invocation: &Invocation<'_, A>,
    ) -> impl Future<Output = Result<(LocalCall, Result<String, Fault>), Error>>
    + Send
    + 'static
    + use<A, D> {
        let (dispatch, call) =
            (Arc::clone(&self.dispatch), LocalCall::of(&*self.dispatch, invocation));
        async move {
            let call = call?;
            let ended = run(&*dispatch, &call).await;
            Ok((call, ended))
        }
    }
}

async fn run(dispatch: &impl Dispatch, call: &LocalCall) -> Result<String, Fault> {
    let mut context = CallContext::default();
    context.may_block(false);
    let rest = match call.begin(dispatch, context) {
        Ok(rest) => rest.run(&|job| Box::pin(on_another_thread(job))),
        Err(ended) => return ended,
    };
    match call.timeout() {
        Some(limit) => timeout(limit, rest).await.unwrap_or_else(|_| Err(call.too_late())),
        None => rest.await,
    }
}

impl<D: Dispatch> Stub for AsyncInProcess<D> {
    type Kind = Async<Boxed>;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> BoxedCall<T, E> {
        let call = self.begin(&invocation);
        Box::pin(async move {
            let result = call.await.and_then(|(call, ended)| call.result(ended));
            result.map_err(E::from_error)
        })
    }
}

impl<D: Dispatch> Notify for AsyncInProcess<D> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> BoxedCall<(), Error> {
        let call = self.begin(&invocation);
        Box::pin(async move { call.await.map(drop) })
    }
}

impl<D> Clone for AsyncInProcess<D> {
    fn clone(&self) -> Self {
        Self { dispatch: Arc::clone(&self.dispatch) }
    }
}

impl<D: fmt::Debug> fmt::Debug for AsyncInProcess<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncInProcess").field("dispatch", &self.dispatch).finish()
    }
}
