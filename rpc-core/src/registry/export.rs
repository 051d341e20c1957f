//! What `#[rpc_export]` leaves behind for the registry to find.

use crate::protocol::{Call, Fault};

use super::{CallContext, Deferred, Reply, Signature};

/// One exported function.
#[derive(Debug)]
pub struct Export {
    /// What is known about it.
    pub signature: &'static Signature,
    /// What runs it.
    pub handler: Handler,
}

/// Runs an exported function: binds the arguments, calls, sends the result.
#[derive(Debug, Clone, Copy)]
pub enum Handler {
    /// A plain function.
    Plain(fn(&Call<'_>, &CallContext, &mut Reply<'_>) -> Result<(), Fault>),
    /// An asynchronous function: binds now, runs later.
    Async(fn(&Call<'_>, &CallContext) -> Result<Deferred, Fault>),
}

inventory::collect!(Export);
