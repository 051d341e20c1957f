//! The trait between a layer that reads messages and the functions.

use std::ops::Deref;
use std::sync::Arc;

use crate::error::Misuse;
use crate::protocol::Call;

use super::{CallContext, FunctionRegistry, Outcome, Reply};

/// Runs calls: knows names and values, never bytes.
///
/// A layer holds another `Dispatch` and does something before or after it. It sees every call once,
/// in every server model: also the calls of a batch and of `system.multicall`, one by one.
///
/// ```
/// use rpc_core::layer::{Dispatch, Outcome, Reply};
/// use rpc_core::protocol::{Call, code};
/// use rpc_core::{CallContext, Fault};
///
/// /// Lets nobody call what is not public.
/// struct Public<D>(D);
///
/// impl<D: Dispatch> Dispatch for Public<D> {
///     fn dispatch(
///         &self,
///         call: &Call<'_>,
///         context: &CallContext,
///         reply: &mut Reply<'_>,
///     ) -> Outcome {
///         if call.method().starts_with("admin.") {
///             return Fault::new(code::UNAUTHORISED, "not for you").into();
///         }
///         self.0.dispatch(call, context, reply)
///     }
///
///     fn inner(&self) -> Option<&dyn Dispatch> {
///         Some(&self.0)
///     }
/// }
/// ```
///
/// [`Outcome::inspect`] shows how a call ends.
#[diagnostic::on_unimplemented(
    message = "`{Self}` runs no calls",
    label = "a layer that implements `Dispatch` must stand here",
    note = "end the stack with a `FunctionRegistry`: `JsonRpc::new(FunctionRegistry::exported())`"
)]
pub trait Dispatch: Send + Sync + 'static {
    /// Runs one call: sends its result to `reply`, fails with a fault, or returns the rest of a call
    /// that takes time.
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome;

    /// What this layer is around; `None` at the end of a stack alone. A server finds the functions
    /// below its layers by it.
    fn inner(&self) -> Option<&dyn Dispatch>;

    /// The functions at the end of the stack.
    fn registry(&self) -> Option<&FunctionRegistry> {
        self.inner()?.registry()
    }

    /// Says, before a server starts, what would keep it from answering: two functions of one name,
    /// say.
    ///
    /// # Errors
    ///
    /// What is wrong, and what to do about it.
    fn check(&self) -> Result<(), Misuse> {
        self.inner().map_or(Ok(()), Dispatch::check)
    }
}

macro_rules! pointers {
    ($($pointer:ident),*) => {
        $(
            /// What points to what runs calls runs them.
            impl<D: Dispatch> Dispatch for $pointer<D> {
                fn dispatch(
                    &self,
                    call: &Call<'_>,
                    context: &CallContext,
                    reply: &mut Reply<'_>,
                ) -> Outcome {
                    self.deref().dispatch(call, context, reply)
                }

                fn inner(&self) -> Option<&dyn Dispatch> {
                    Some(self.deref())
                }
            }
        )*
    };
}

pointers!(Arc, Box);
