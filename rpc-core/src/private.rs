//! What generated code calls. None of it is for people, and any of it may change: the version in
//! the module's name changes with it.

pub use std::borrow::ToOwned;

pub use inventory;

pub use crate::client::{
    Argument, Given, GivenArgs, GivenKwargs, Invocation, Kwargs, List, Names, Nil, Notify, Omitted,
    Pipelined, Stub, TypedArguments,
};
pub use crate::protocol::{Call, Fault};
pub use crate::registry::{
    Bound, Bytes, CallContext, Deferred, Export, Handler, Instance, Method, MethodHandler,
    Parameter, ParameterKind, Reply, Scope, Signature, SignatureOptions, State, StateType, Text,
    bind,
};

/// The two types a function's `Result` is of, for results whose source does not name both.
pub trait ResultTypes {
    /// What it is when all goes well.
    type Ok;
    /// What it is otherwise.
    type Err;
}

impl<T, E> ResultTypes for Result<T, E> {
    type Ok = T;
    type Err = E;
}

/// What may be given for an optional parameter: the value, or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "mismatched types: expected `{T}` or `Option<{T}>`, found `{Self}`",
    label = "expected `{T}` or `Option<{T}>`, found `{Self}`"
)]
pub trait IntoOption<T> {
    /// Makes an `Option` of it.
    fn into_option(self) -> Option<T>;
}

impl<T> IntoOption<T> for T {
    fn into_option(self) -> Option<T> {
        Some(self)
    }
}

impl<T> IntoOption<T> for Option<T> {
    fn into_option(self) -> Self {
        self
    }
}
