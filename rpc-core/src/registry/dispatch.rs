//! The trait between a layer that reads messages and the functions.

use std::pin::Pin;

use crate::Misuse;
use crate::protocol::{Call, Fault, code};

use super::{CallContext, Reply};

/// Runs calls: knows names and values, never bytes.
///
/// A layer holds another `Dispatch` and does something before or after it:
///
/// ```
/// use rpc_core::{Call, CallContext, Dispatch, Fault, Progress, Reply};
///
/// struct Log<D>(D);
///
/// impl<D: Dispatch> Dispatch for Log<D> {
///     fn dispatch(
///         &self,
///         call: &Call<'_>,
///         context: &CallContext,
///         reply: &mut Reply<'_>,
///     ) -> Result<Progress, Fault> {
///         let outcome = self.0.dispatch(call, context, reply);
///         println!("{}: {}", call.method(), outcome.is_ok());
///         outcome
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` runs no calls",
    label = "a layer that implements `Dispatch` must stand here",
    note = "end the stack with a `FunctionRegistry`: `JsonRpc::new(FunctionRegistry::exported())`"
)]
pub trait Dispatch: Send + Sync + 'static {
    /// Runs one call and sends its result to `reply`.
    ///
    /// # Errors
    ///
    /// The fault that the caller is answered with.
    fn dispatch(
        &self,
        call: &Call<'_>,
        context: &CallContext,
        reply: &mut Reply<'_>,
    ) -> Result<Progress, Fault>;

    /// Says, before a server starts, what would keep it from answering: two functions of one name,
    /// say. A layer passes the question on.
    ///
    /// # Errors
    ///
    /// What is wrong, and what to do about it.
    fn check(&self) -> Result<(), Misuse> {
        Ok(())
    }
}

/// How far a call has come.
#[must_use = "a call that is not done yet must be run to its end"]
pub enum Progress {
    /// The result has been sent to the reply.
    Done,
    /// The function is asynchronous, and this is the rest of it.
    Later(Deferred),
    /// The function was declared to block its thread, and the context says that this one must not be
    /// blocked: it has not been run, and is to be run on another.
    Blocks,
    /// The call is several (`system.multicall`): whoever reads messages is to run each of them through
    /// all layers.
    Multicall,
}

/// The rest of an asynchronous call: it ends in the result's JSON text.
pub type Deferred = Pin<Box<dyn Future<Output = Result<String, Fault>> + Send>>;

/// Answers for a function that panicked. What it panicked with stays on the server.
#[cold]
pub(crate) fn panicked(method: &str) -> Fault {
    Fault::new(code::INTERNAL_ERROR, format!("`{method}` panicked; the server's log says why"))
}
