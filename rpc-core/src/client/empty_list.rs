//! `[]` as the argument of a keyword: a list without elements, whatever they would be.

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::{GivenArgs, IntoOption, IntoText};

/// What `call!` makes of `[]`, of which rustc could not tell what it has none of.
#[derive(Debug, Clone, Copy)]
pub struct EmptyList;

impl Serialize for EmptyList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_seq(Some(0))?.end()
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoOption<Vec<T>> for EmptyList {
    fn into_option(self) -> Option<Vec<T>> {
        Some(Vec::new())
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T> IntoOption<&'a [T]> for EmptyList {
    fn into_option(self) -> Option<&'a [T]> {
        Some(&[])
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoOption<[T; 0]> for EmptyList {
    fn into_option(self) -> Option<[T; 0]> {
        Some([])
    }
}

/// What may be given by keyword for all positional arguments that a parameter gathers.
#[diagnostic::on_unimplemented(
    message = "mismatched types: expected a list of `{T}`, found `{Self}`",
    label = "expected what can be iterated over, of `{T}`"
)]
pub trait IntoArgs<T> {
    /// Gathers them.
    fn into_args(self) -> GivenArgs<T>;
}

impl<I: IntoIterator> IntoArgs<I::Item> for I {
    fn into_args(self) -> GivenArgs<I::Item> {
        GivenArgs::of(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoArgs<T> for EmptyList {
    fn into_args(self) -> GivenArgs<T> {
        GivenArgs(Vec::new())
    }
}

/// The same where these are `String`s.
#[diagnostic::on_unimplemented(
    message = "mismatched types: expected a list of `String` or `&str`, found `{Self}`",
    label = "expected what can be iterated over, of `String` or `&str`"
)]
pub trait IntoTexts {
    /// Gathers them.
    fn into_texts(self) -> GivenArgs<String>;
}

impl<I: IntoIterator<Item: IntoText>> IntoTexts for I {
    fn into_texts(self) -> GivenArgs<String> {
        GivenArgs::of_texts(self)
    }
}

#[diagnostic::do_not_recommend]
impl IntoTexts for EmptyList {
    fn into_texts(self) -> GivenArgs<String> {
        GivenArgs(Vec::new())
    }
}
