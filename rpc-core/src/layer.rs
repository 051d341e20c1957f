//! What layers around functions are written with: [`Dispatch`] for those that see calls, [`Answer`] for
//! those that see messages, and what functions are known by.
//!
//! ```
//! use rpc_core::layer::{Dispatch, Outcome, Reply};
//! use rpc_core::protocol::Call;
//! use rpc_core::{CallContext, FunctionRegistry, TcpServer};
//!
//! /// Prints the name of each function that is called.
//! struct Names<D>(D);
//!
//! impl<D: Dispatch> Dispatch for Names<D> {
//!     fn dispatch(
//!         &self,
//!         call: &Call<'_>,
//!         context: &CallContext,
//!         reply: &mut Reply<'_>,
//!     ) -> Outcome {
//!         println!("{}", call.method());
//!         self.0.dispatch(call, context, reply)
//!     }
//!
//!     fn inner(&self) -> Option<&dyn Dispatch> {
//!         Some(&self.0)
//!     }
//! }
//!
//! let server = TcpServer::of(Names(FunctionRegistry::exported()));
//! ```

pub use crate::json_rpc::{Answer, Answered, Asking, Found, Later, Session};
pub use crate::registry::{
    ConnectionValues, Deferred, Dispatch, Ended, Function, Instance, Outcome, Parameter,
    ParameterKind, PeerCredentials, Reply, Signature,
};
