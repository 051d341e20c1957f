//! What generated code calls. None of it is for people, and any of it may change: the version in
//! the module's name changes with it.

pub use std::borrow::ToOwned;

pub use inventory;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::__described as described;
pub use crate::client::{
    Argument, Converses, FromItems, Gather, Given, GivenArgs, GivenArguments, GivenIf, GivenItems,
    GivenKwargs, IntoItems, Invocation, ItemsFrom, Kwargs, List, Names, Nil, Notify, Omitted,
    OutcomeOf, Pipelined, Streaming, TypedArguments, Uploads,
};
pub use crate::protocol::Call;
pub use crate::protocol::json::Place;
pub use crate::registry::{
    Bound, Bytes, BytesProbe, CallContext, Deferred, Described, DescribedClosure, ErrorProbe,
    Export, FromUpload, Handler, Instance, Interface, IntoBytes, LibraryContext, LibraryState,
    Method, MethodHandler, MoreMethods, NoBytes, NoError, NoText, Otherwise, Outlet, OwnedError,
    Parameter, ParameterKind, Probe, Reply, Returned, Scope, Sent, Signature, SignatureOptions,
    Standard, StandardResult, State, StateKey, StateType, Text, TextProbe, Travels, Written,
    is_plain, to_text, travels,
};

#[cfg(feature = "schema")]
pub use crate::{__error_of as error_of, __schema_of as schema_of};
#[cfg(feature = "schema")]
pub use serde_json::Value;

#[cfg(feature = "schema")]
pub use crate::registry::{
    DescribedParameter, Example, NoJson, NoSchema, SchemaFn, SchemaOf, SchemaProbe, Shape, Shown,
    Table, ValueFn,
};

pub use crate::client::{
    Also, EmptyList, GatheredBy, GathersKeywords, IntoArgs, IntoOption, IntoText, IntoTexts,
    Keywords, OneType, TakesKeyword, TakesKeywords, ValueProbe, WhateverSerialises,
};
pub use crate::error::{Cause, CauseProbe, NoCause};
pub use crate::{CallError, Error, Fault, Stub};

use crate::client::FromError;
use crate::registry::items;

/// What a type has with one exported block, so that the second without `more` is an error that says this
/// name.
#[allow(non_camel_case_types)]
pub trait a_further_block_says_more_and_stub {}

/// A default value, as the closure returns it that it is evaluated in. A default that would return
/// anything else from there, by `return` or `?`, does not compile.
#[derive(Debug)]
pub struct DefaultValue<T>(pub T);

/// What a call of an exported function comes to.
///
/// Generated code names the types once, here, so that one which cannot travel is one error, at the
/// place where the function names it.
pub trait Outcome {
    /// What the function returns.
    type Value: DeserializeOwned + Send + 'static;
    /// What may come in its place.
    type Error: FromError;
}

/// A stub that calls functions whose result is a `T` and whose error is an `E`.
///
/// It asks nothing of the types where they are named, so that one which cannot travel is one error.
pub trait Calling<T, E> {
    /// What a call comes to.
    type Outcome;

    /// Calls an exported function.
    fn call<G: GivenArguments>(&self, signature: &'static Signature, given: G) -> Self::Outcome;
}

#[diagnostic::do_not_recommend]
impl<S: Stub, T: DeserializeOwned + Send + 'static, E: FromError> Calling<T, E> for S {
    type Outcome = OutcomeOf<S, T, E>;

    fn call<G: GivenArguments>(&self, signature: &'static Signature, given: G) -> Self::Outcome {
        self.invoke(Invocation::new(signature, given))
    }
}

/// A stub that starts calls of functions whose result is a `T` and whose error is an `E`.
pub trait Starting<T, E> {
    /// A call under way.
    type Pending;

    /// Calls an exported function, and does not wait for its result.
    ///
    /// # Errors
    ///
    /// Where the call cannot be sent.
    fn start<G: GivenArguments>(
        &self,
        signature: &'static Signature,
        given: G,
    ) -> Result<Self::Pending, Error>;
}

#[diagnostic::do_not_recommend]
impl<S: Pipelined, T: DeserializeOwned + Send + 'static, E: FromError> Starting<T, E> for S {
    type Pending = S::Pending<T, E>;

    fn start<G: GivenArguments>(
        &self,
        signature: &'static Signature,
        given: G,
    ) -> Result<Self::Pending, Error> {
        Pipelined::start(self, Invocation::new(signature, given))
    }
}

/// A stub that opens streams whose items are `T`s and whose error is an `E`.
pub trait Opening<T, E> {
    /// What opening comes to.
    type Opened;

    /// Calls an exported function that answers with items.
    fn open<G: GivenArguments>(&self, signature: &'static Signature, given: G) -> Self::Opened;
}

#[diagnostic::do_not_recommend]
impl<S: Streaming, T: DeserializeOwned + Send + 'static, E: FromError> Opening<T, E> for S {
    type Opened = S::Opened<T, E>;

    fn open<G: GivenArguments>(&self, signature: &'static Signature, given: G) -> Self::Opened {
        Streaming::open(self, Invocation::new(signature, given))
    }
}

/// A stub that sends many items, as `F` has them, to functions whose result is a `T` and whose error is an `E`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot send many items to a function, or not from these",
    label = "a client must stand here, as `RpcClient` is one",
    note = "`RpcClient` sends what iterates; `AsyncRpcClient` what iterates or is a `Stream`, is `Send` and borrows nothing",
    note = "batches, bursts, mocks and policies carry calls that are whole when they are made"
)]
pub trait Uploading<F, T, E> {
    /// What a call comes to.
    type Uploaded;

    /// Calls an exported function that takes many items, of which `given` says all that it is given.
    fn upload<G: GivenArguments>(
        &self,
        signature: &'static Signature,
        items: F,
        given: impl FnOnce(Given<GivenItems>) -> G,
    ) -> Self::Uploaded;
}

#[diagnostic::do_not_recommend]
impl<S, F, T, E> Uploading<F, T, E> for S
where
    F: FromItems,
    S: Uploads<F::From, F::Item, F::Way>,
    T: DeserializeOwned + Send + 'static,
    E: FromError,
{
    type Uploaded = S::Uploaded<T, E>;

    fn upload<G: GivenArguments>(
        &self,
        signature: &'static Signature,
        items: F,
        given: impl FnOnce(Given<GivenItems>) -> G,
    ) -> Self::Uploaded {
        let array = GivenItems::default();
        let invocation = Invocation::new(signature, given(Given(array.clone())));
        Uploads::upload(self, invocation, &array, items.into_from())
    }
}

/// A stub that sends many items to functions that answer with many.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot send many items to a function that answers with many, or not from these",
    label = "a client must stand here, as `RpcClient` is one",
    note = "`RpcClient` sends what iterates, `AsyncRpcClient` what iterates or is a `Stream`; it is `Send` and borrows nothing"
)]
pub trait Conversing<F, T, E> {
    /// What opening comes to.
    type Opened;

    /// Calls an exported function that takes many items and answers with many.
    fn converse<G: GivenArguments>(
        &self,
        signature: &'static Signature,
        items: F,
        given: impl FnOnce(Given<GivenItems>) -> G,
    ) -> Self::Opened;
}

#[diagnostic::do_not_recommend]
impl<S, F, T, E> Conversing<F, T, E> for S
where
    F: FromItems,
    S: Converses<F::From, F::Item, F::Way>,
    T: DeserializeOwned + Send + 'static,
    E: FromError,
{
    type Opened = S::Opened<T, E>;

    fn converse<G: GivenArguments>(
        &self,
        signature: &'static Signature,
        items: F,
        given: impl FnOnce(Given<GivenItems>) -> G,
    ) -> Self::Opened {
        let array = GivenItems::default();
        let invocation = Invocation::new(signature, given(Given(array.clone())));
        Converses::converse(self, invocation, &array, items.into_from())
    }
}

/// What no stub of a function that takes many items is.
#[diagnostic::on_unimplemented(
    message = "a function that takes many items is called by `call!`, which sends them and waits for its result",
    label = "has no `start!`, and no `notify!`"
)]
pub trait SendsNoItems {}

// Without an implementation rustc would advise to write one.
#[diagnostic::do_not_recommend]
impl SendsNoItems for Omitted {}

/// Calls an exported function, and wants no reply.
pub fn notify<S: Notify, G: GivenArguments>(
    stub: &S,
    signature: &'static Signature,
    given: G,
) -> OutcomeOf<S, ()> {
    stub.notify(Invocation::new(signature, given))
}

/// Sends the result of a function that may fail.
///
/// # Errors
///
/// The function's own error, or that the result cannot be sent.
pub fn send_result<F: Outcome, T: Serialize>(
    reply: &mut Reply<'_>,
    result: Result<T, F::Error>,
) -> Result<(), Fault> {
    reply.send(&result.map_err(own_fault)?)
}

/// Writes the result of an asynchronous function that may fail.
///
/// # Errors
///
/// As [`send_result`].
pub fn result_to_text<F: Outcome, T: Serialize>(
    place: Place,
    result: Result<T, F::Error>,
) -> Result<String, Fault> {
    to_text(place, &result.map_err(own_fault)?)
}

/// Takes the items of a function that may fail before the first of them.
///
/// # Errors
///
/// The function's own error.
pub fn opened<F: Outcome, I, E: OneError<F::Error>>(opening: Result<I, E>) -> Result<I, Fault> {
    opening.map_err(|error| own_fault(error.into_one()))
}

/// The error of an opening, which is that of the items too.
#[diagnostic::on_unimplemented(
    message = "a function that answers with many items has one error, and this one has two",
    label = "is the error of the opening, and an item has another",
    note = "make both the same type: an enum, where there are several reasons"
)]
pub trait OneError<E> {
    /// Makes that of it.
    fn into_one(self) -> E;
}

#[diagnostic::do_not_recommend]
impl<E> OneError<E> for E {
    fn into_one(self) -> E {
        self
    }
}

/// What no stub of a function that answers with many items is.
#[diagnostic::on_unimplemented(
    message = "a function that answers with many items is called by `call!`, which waits for none of them",
    label = "has no `start!`, and no `notify!`"
)]
pub trait EndsInOneValue {}

// Without an implementation rustc would advise to write one.
#[diagnostic::do_not_recommend]
impl EndsInOneValue for Omitted {}

/// The fault that a function's own error travels as.
fn own_fault(error: impl FromError) -> Fault {
    error.into_fault().not_refusing()
}

/// Puts the rest of an asynchronous call aside.
pub fn later<F: Future<Output = Result<String, Fault>> + Send + 'static>(rest: F) -> Deferred {
    Box::pin(rest)
}

/// Sends what a function iterates over, each item as what `sent` makes of it.
///
/// # Errors
///
/// Where an item cannot be sent.
pub async fn send_items<I: IntoIterator, T: Serialize>(
    outlet: Outlet,
    items: I,
    sent: impl Fn(I::Item) -> T,
) -> Result<String, Fault> {
    items::send_all(outlet, items.into_iter(), |item| Ok(sent(item))).await
}

/// The same where an item may be the function's own error instead, which is the last then.
///
/// # Errors
///
/// That error, or that an item cannot be sent.
pub async fn send_item_results<F: Outcome, I: IntoIterator, T: Serialize>(
    outlet: Outlet,
    items: I,
    sent: impl Fn(I::Item) -> Result<T, F::Error>,
) -> Result<String, Fault> {
    items::send_all(outlet, items.into_iter(), |item| sent(item).map_err(own_fault)).await
}

/// Sends what a function's stream has, each item as what `sent` makes of it.
///
/// # Errors
///
/// Where an item cannot be sent.
#[cfg(feature = "streams")]
pub async fn send_stream<S: futures_core::Stream, T: Serialize>(
    outlet: Outlet,
    stream: S,
    sent: impl Fn(S::Item) -> T,
) -> Result<String, Fault> {
    items::send_stream(outlet, stream, |item| Ok(sent(item))).await
}

/// The same where an item may be the function's own error instead, which is the last then.
///
/// # Errors
///
/// That error, or that an item cannot be sent.
#[cfg(feature = "streams")]
pub async fn send_stream_results<F: Outcome, S: futures_core::Stream, T: Serialize>(
    outlet: Outlet,
    stream: S,
    sent: impl Fn(S::Item) -> Result<T, F::Error>,
) -> Result<String, Fault> {
    items::send_stream(outlet, stream, |item| sent(item).map_err(own_fault)).await
}
