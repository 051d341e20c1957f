//! Arguments that may be left out: what is given for a parameter that has a default or is an `Option`.

use std::borrow::Cow;
use std::ops::Deref;

use serde::Serialize;

use crate::protocol::json::least_size;
use crate::protocol::{ArgumentError, ArrayWriter, ObjectWriter};

use super::{Argument, GivenArgs};

/// An argument that is given if it is `Some`, and left out otherwise.
#[derive(Debug, Clone, Copy)]
pub struct GivenIf<T>(pub Option<T>);

impl<T: Serialize> Argument for GivenIf<T> {
    #[inline]
    fn element(&self, name: &str, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        match &self.0 {
            Some(value) => array.named_element(name, value),
            None => Ok(()),
        }
    }

    #[inline]
    fn member(&self, name: &str, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        match &self.0 {
            Some(value) => object.member(name, value),
            None => Ok(()),
        }
    }

    #[inline]
    fn is_given(&self) -> bool {
        self.0.is_some()
    }

    #[inline]
    fn least_size(&self) -> usize {
        self.0.as_ref().map_or(0, least_size)
    }
}

/// What may be given for a parameter that can be left out: the value, or an `Option` of it.
///
/// Where a plain parameter takes what Rust turns into its type by itself, such as a `&String` for a
/// `&str`, so does one of these; and text that is lent is taken for a `String`.
#[diagnostic::on_unimplemented(
    message = "mismatched types: expected `{T}` or `Option<{T}>`, found `{Self}`",
    label = "expected `{T}` or `Option<{T}>`, found `{Self}`"
)]
pub trait IntoOption<T> {
    /// Makes an `Option` of it.
    fn into_option(self) -> Option<T>;
}

#[diagnostic::do_not_recommend]
impl<T> IntoOption<T> for T {
    #[inline]
    fn into_option(self) -> Option<T> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoOption<T> for Option<T> {
    #[inline]
    fn into_option(self) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl IntoOption<String> for &str {
    fn into_option(self) -> Option<String> {
        Some(self.to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl<'a> IntoOption<Cow<'a, str>> for &'a str {
    fn into_option(self) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(self))
    }
}

#[diagnostic::do_not_recommend]
impl<'a> IntoOption<Cow<'a, str>> for String {
    fn into_option(self) -> Option<Cow<'a, str>> {
        Some(Cow::Owned(self))
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: Deref<Target = str>> IntoOption<&'a str> for &'a T {
    #[inline]
    fn into_option(self) -> Option<&'a str> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T> IntoOption<&'a [T]> for &'a Vec<T> {
    #[inline]
    fn into_option(self) -> Option<&'a [T]> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T, const N: usize> IntoOption<&'a [T]> for &'a [T; N] {
    #[inline]
    fn into_option(self) -> Option<&'a [T]> {
        Some(self)
    }
}

/// What may be given for one of many `String`s: text, lent or not.
#[diagnostic::on_unimplemented(
    message = "mismatched types: expected `String` or `&str`, found `{Self}`",
    label = "expected `String` or `&str`, found `{Self}`"
)]
pub trait IntoText {
    /// Makes a `String` of it.
    fn into_text(self) -> String;
}

#[diagnostic::do_not_recommend]
impl IntoText for String {
    fn into_text(self) -> String {
        self
    }
}

#[diagnostic::do_not_recommend]
impl IntoText for &str {
    fn into_text(self) -> String {
        self.to_owned()
    }
}

#[diagnostic::do_not_recommend]
impl IntoText for &String {
    fn into_text(self) -> String {
        self.clone()
    }
}

#[diagnostic::do_not_recommend]
impl IntoText for Cow<'_, str> {
    fn into_text(self) -> String {
        self.into_owned()
    }
}

impl GivenArgs<String> {
    /// Gives all of them.
    pub fn of_texts(texts: impl IntoIterator<Item: IntoText>) -> Self {
        Self::of(texts.into_iter().map(IntoText::into_text))
    }
}
