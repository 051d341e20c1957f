//! Keyword arguments of a typed call that are no parameter's, for functions that gather them.

use serde::Serialize;
use serde_json::Value;

use crate::protocol::{ArgumentError, ArrayWriter, ObjectWriter};

use super::{Argument, Given, GivenIf, IntoOption};

/// A call being put together, to which `call!` may try to give any keyword.
pub trait TakesKeywords: Sized {}

/// A call of a function that gathers keywords. Of others the implementation asks for what never holds, and
/// says so.
pub trait GathersKeywords {}

/// A call that takes this value for a keyword that is no parameter's.
pub trait TakesKeyword<V> {
    /// The call with the argument.
    type Next;

    /// Gives the argument.
    fn keyword(self, name: &'static str, value: V) -> Self::Next;
}

/// What a map of `T`s takes for one of them. Where the constant says that it holds any JSON value, that is
/// whatever serialises, and else a `T`, or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "mismatched types: expected `{T}`, found `{Self}`",
    label = "the `#[kwargs]` of this function gathers `{T}`"
)]
pub trait GatheredBy<T, const IS_ANY: bool> {
    /// What is kept of it.
    type Kept: Argument;

    /// Keeps it.
    fn kept(self) -> Self::Kept;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize, V: IntoOption<T>> GatheredBy<T, false> for V {
    type Kept = GivenIf<T>;

    fn kept(self) -> GivenIf<T> {
        GivenIf(self.into_option())
    }
}

#[diagnostic::do_not_recommend]
impl<T, V: Serialize> GatheredBy<T, true> for V {
    type Kept = Given<V>;

    fn kept(self) -> Given<V> {
        Given(self)
    }
}

/// Names what is gathered where a map's type does not show what it holds.
#[derive(Debug)]
pub struct WhateverSerialises;

/// Asks whether the values of a map may be any JSON value.
#[derive(Debug)]
pub struct ValueProbe<T>(std::marker::PhantomData<T>);

/// The answer where nothing more is known.
pub trait OneType {
    /// They are of one type.
    const IS_ANY: bool = false;
}

impl<T> OneType for ValueProbe<T> {}

impl ValueProbe<Value> {
    /// They may be anything.
    pub const IS_ANY: bool = true;
}

/// One keyword argument under a name of its own, behind others that the same parameter gathers.
#[derive(Debug, Clone, Copy)]
pub struct Keywords<R, A>(pub R, pub &'static str, pub A);

/// A whole map behind others that the same parameter gathers.
#[derive(Debug, Clone, Copy)]
pub struct Also<R, K>(pub R, pub K);

impl<R: Argument, A: Argument> Argument for Keywords<R, A> {
    fn element(&self, _: &str, _: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }

    fn member(&self, name: &str, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        let write = |object: &mut ObjectWriter<'_>| {
            self.0.member(name, object)?;
            self.2.member(self.1, object)
        };
        // Of single keywords the compiler has seen to it.
        if self.0.has_any_name() { object.each_once(write) } else { write(object) }
    }

    fn is_given(&self) -> bool {
        self.0.is_given() || self.2.is_given()
    }

    fn has_any_name(&self) -> bool {
        self.0.has_any_name()
    }

    fn least_size(&self) -> usize {
        self.0.least_size() + self.2.least_size()
    }
}

impl<R: Argument, K: Argument> Argument for Also<R, K> {
    fn element(&self, _: &str, _: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }

    fn member(&self, name: &str, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        let write = |object: &mut ObjectWriter<'_>| {
            self.0.member(name, object)?;
            self.1.member(name, object)
        };
        if self.0.is_given() { object.each_once(write) } else { write(object) }
    }

    fn is_given(&self) -> bool {
        self.0.is_given() || self.1.is_given()
    }

    fn has_any_name(&self) -> bool {
        true
    }

    fn least_size(&self) -> usize {
        self.0.least_size() + self.1.least_size()
    }
}
