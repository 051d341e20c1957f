//! What `#[rpc_export]` leaves behind for the registry to find.

use std::sync::Arc;

use crate::protocol::Fault;
use crate::protocol::json::Place;

use super::state::States;
use super::{
    Bound, CallContext, Deferred, Described, Outlet, Reply, Signature, State, StateKey, StateType,
};

/// One exported function.
#[derive(Debug)]
pub struct Export {
    /// What is known about it.
    pub signature: &'static Signature,
    /// What its types and values are, for those who ask.
    pub described: Described,
    /// The types of state it asks for.
    pub states: &'static [StateType],
    /// What runs it.
    pub handler: Handler,
}

/// Runs an exported function: decodes the arguments, calls, sends the result.
#[derive(Debug, Clone, Copy)]
pub enum Handler {
    /// A plain function.
    Plain(fn(&Bound<'_, '_>, &Scope<'_>, &mut Reply<'_>) -> Result<(), Fault>),
    /// An asynchronous function: decodes now, runs later.
    Async(fn(&Bound<'_, '_>, &Scope<'_>) -> Result<Deferred, Fault>),
    /// A function that answers with items: decodes now, runs later.
    Stream(fn(&Bound<'_, '_>, &Scope<'_>, Outlet) -> Result<Deferred, Fault>),
}

/// What a handler may ask for besides the arguments.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s> {
    pub(super) context: &'s CallContext,
    pub(super) states: &'s States,
}

impl<'s> Scope<'s> {
    /// The context of the call.
    pub fn context(&self) -> &'s CallContext {
        self.context
    }

    /// Where the result is to be written.
    pub fn place(&self) -> Place {
        self.context.place()
    }

    /// The state of a type.
    ///
    /// # Errors
    ///
    /// Where the server was not given it.
    pub fn state<T>(&self, key: &StateKey<T>) -> Result<State<T>, Fault> {
        key.find(self.states)
    }
}

inventory::collect!(Export);

/// A type whose methods can be called from elsewhere: one with `#[rpc_export]` on an `impl` block, or
/// the service type that `#[rpc_export]` on a trait makes.
///
/// Nobody needs to implement this by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` exports no methods",
    label = "put `#[rpc_export]` on an `impl` block of it",
    note = "a type that implements an exported trait `Api` is registered as `ApiService(value)`"
)]
pub trait Instance: Send + Sync + Sized + 'static {
    /// Its exported methods.
    #[doc(hidden)]
    const METHODS: &'static [Method<Self>];
}

/// One exported method.
#[derive(Debug)]
pub struct Method<T: 'static> {
    /// What is known about it.
    pub signature: &'static Signature,
    /// What its types and values are, for those who ask.
    pub described: Described,
    /// The types of state it asks for.
    pub states: &'static [StateType],
    /// What runs it.
    pub handler: MethodHandler<T>,
}

/// Runs an exported method on an instance.
#[derive(Debug)]
pub enum MethodHandler<T> {
    /// A plain method.
    Plain(fn(&T, &Bound<'_, '_>, &Scope<'_>, &mut Reply<'_>) -> Result<(), Fault>),
    /// An asynchronous method.
    Async(fn(Arc<T>, &Bound<'_, '_>, &Scope<'_>) -> Result<Deferred, Fault>),
    /// A method that answers with items.
    Stream(fn(Arc<T>, &Bound<'_, '_>, &Scope<'_>, Outlet) -> Result<Deferred, Fault>),
}
