//! What a function returns, and how its error travels: decided by the types, not by how they are spelt.
//!
//! Generated code knows each function's types, so it can ask [`Probe`] what they are in a constant, and
//! choose an implementation by that number. An inherent constant goes before that of a trait, so the
//! trait's is the answer where no inherent one is meant.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::error::{CallError, Error, FunctionError};
use crate::protocol::Fault;

/// Asks what a type is.
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

/// Asks whether a type is an error of which the words can travel.
#[derive(Debug)]
pub struct ErrorProbe<T: ?Sized>(PhantomData<T>);

/// Asks whether a type is text that is lent.
#[derive(Debug)]
pub struct TextProbe<T: ?Sized>(PhantomData<T>);

/// The answers where nothing more is known.
pub trait Otherwise {
    /// A plain value.
    const RETURNS: u8 = VALUE;
    /// No error that comes back as what it was.
    const IS_TYPED: bool = false;
}

impl<T: ?Sized> Otherwise for Probe<T> {}

/// The answer where nothing more is known.
pub trait NoError {
    /// No error at all.
    const HAS_WORDS: bool = false;
}

impl<T: ?Sized> NoError for ErrorProbe<T> {}

/// The answer where nothing more is known.
pub trait NoText {
    /// No text that is lent.
    const IS_TEXT: bool = false;
}

impl<T: ?Sized> NoText for TextProbe<T> {}

impl TextProbe<&str> {
    /// Text that is lent.
    pub const IS_TEXT: bool = true;
}

/// A plain value.
const VALUE: u8 = 0;
/// A `Result`, or one in a box.
const RESULT: u8 = 1;
/// An `Option` of a `Result`.
const OPTION: u8 = 2;
/// Something with a `Result` in it whose error nobody would take for one.
const HIDDEN: u8 = 3;
/// An `Option` of what is `null` itself.
const NULL: u8 = 4;

/// Writes what types are as results that have a `Result<T, E>` in them.
macro_rules! returns {
    ($($what:ident: $($shape:ty),+;)*) => {$($(
        impl<T, E> Probe<$shape> {
            /// What it is as a result.
            pub const RETURNS: u8 = $what;
        }
    )+)*};
}

returns! {
    RESULT: Result<T, E>, Box<Result<T, E>>, Box<Box<Result<T, E>>>;
    OPTION: Option<Result<T, E>>, Option<Box<Result<T, E>>>, Box<Option<Result<T, E>>>;
    HIDDEN: Box<Box<Box<Result<T, E>>>>, Option<Box<Box<Result<T, E>>>>;
    HIDDEN: Box<Option<Box<Result<T, E>>>>, Box<Box<Option<Result<T, E>>>>;
    HIDDEN: Arc<Result<T, E>>, Option<Arc<Result<T, E>>>, Arc<Option<Result<T, E>>>;
}

impl<T> Probe<Option<Option<T>>> {
    /// `Some(None)` is `null`.
    pub const RETURNS: u8 = NULL;
}

impl Probe<Option<()>> {
    /// `Some(())` is `null`.
    pub const RETURNS: u8 = NULL;
}

impl<E: FunctionError> Probe<E> {
    /// An error that comes back as what it was.
    pub const IS_TYPED: bool = true;
}

impl<E: Into<Box<dyn StdError + Send + Sync>>> ErrorProbe<E> {
    /// An error that has words.
    pub const HAS_WORDS: bool = true;
}

/// How an error travels, as a number for [`Travels`].
pub const fn travels(is_typed: bool, has_words: bool) -> u8 {
    if is_typed {
        0
    } else if has_words {
        1
    } else {
        2
    }
}

/// What a function returns, where the number says what that is.
pub trait Returned<const WHAT: u8> {
    /// What it is when all goes well.
    type Ok;
    /// What it is otherwise.
    type Err;

    /// Makes a `Result` of it.
    ///
    /// # Errors
    ///
    /// The function's own.
    fn into_result(self) -> Result<Self::Ok, Self::Err>;
}

/// Writes how types that are no `Result` become one.
macro_rules! values {
    ($($what:ident)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T> Returned<$what> for T {
            type Ok = T;
            type Err = Infallible;

            fn into_result(self) -> Result<T, Infallible> {
                Ok(self)
            }
        }
    )*};
}

/// Writes how shapes of a `Result<T, E>` become one.
macro_rules! results {
    ($($what:ident($shape:ty) -> $ok:ty: |$returned:ident| $result:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T, E> Returned<$what> for $shape {
            type Ok = $ok;
            type Err = E;

            fn into_result(self) -> Result<$ok, E> {
                let $returned = self;
                $result
            }
        }
    )*};
}

values! { VALUE HIDDEN NULL }

results! {
    RESULT(Result<T, E>) -> T: |it| it;
    RESULT(Box<Result<T, E>>) -> T: |it| *it;
    RESULT(Box<Box<Result<T, E>>>) -> T: |it| **it;
    OPTION(Option<Result<T, E>>) -> Option<T>: |it| it.transpose();
    OPTION(Option<Box<Result<T, E>>>) -> Option<T>: |it| it.map(|it| *it).transpose();
    OPTION(Box<Option<Result<T, E>>>) -> Option<T>: |it| it.transpose();
}

/// A type that was taken for a plain value, where the number says that it is one.
#[diagnostic::on_unimplemented(
    message = "callers would see no error in this `{Self}`",
    label = "is a `Result` that is not seen as one: its error would arrive as a success",
    note = "write `Result<…, …>` out as what the function returns, or give an alias a name that ends in `Result`; of a `Result` in another make one"
)]
pub trait PlainValue<const WHAT: u8> {}

impl<T: ?Sized> PlainValue<VALUE> for T {}
impl<T: ?Sized> PlainValue<NULL> for T {}

/// A type of which `Some` is told from `None`, where the number says that it is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel: JSON has one `null` for `None` and for a `Some` of what is `null` itself",
    label = "its `Some` would arrive as `None`",
    note = "use a `bool`, or an enum or a struct of its own"
)]
pub trait SomeIsSeen<const WHAT: u8> {}

impl<T: ?Sized> SomeIsSeen<VALUE> for T {}
impl<T: ?Sized> SomeIsSeen<RESULT> for T {}
impl<T: ?Sized> SomeIsSeen<OPTION> for T {}
impl<T: ?Sized> SomeIsSeen<HIDDEN> for T {}

/// A type that is called `Result` and has two parameters, and is taken for that of the standard
/// library.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is called `Result`, and is not that of the standard library",
    label = "is taken for a `Result` of a value and an error",
    note = "write it as `module::Result<…>`, or give it another name by an alias or `use … as …`"
)]
pub trait StandardResult {
    /// What it is when all goes well.
    type Ok;
    /// What it is otherwise.
    type Err;

    /// Says that it is one.
    ///
    /// # Errors
    ///
    /// The function's own.
    fn into_standard(self) -> Result<Self::Ok, Self::Err>;
}

#[diagnostic::do_not_recommend]
impl<T, E> StandardResult for Result<T, E> {
    type Ok = T;
    type Err = E;

    #[inline]
    fn into_standard(self) -> Self {
        self
    }
}

/// The error of a function as its callers own it, where the constant says whether it is lent text.
pub trait OwnedError<const IS_TEXT: bool> {
    /// What callers own.
    type Owned;

    /// Makes that of it.
    fn into_owned(self) -> Self::Owned;
}

#[diagnostic::do_not_recommend]
impl<E> OwnedError<false> for E {
    type Owned = E;

    fn into_owned(self) -> E {
        self
    }
}

#[diagnostic::do_not_recommend]
impl OwnedError<true> for &str {
    type Owned = String;

    fn into_owned(self) -> String {
        self.to_owned()
    }
}

/// How the error of a function travels, where the number says what it is.
pub trait Travels<const HOW: u8> {
    /// What callers see.
    type Seen;

    /// Makes that of it.
    fn into_seen(self) -> Self::Seen;
}

#[diagnostic::do_not_recommend]
impl<E: FunctionError> Travels<0> for E {
    type Seen = CallError<E>;

    fn into_seen(self) -> CallError<E> {
        CallError::Function(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn StdError + Send + Sync>>> Travels<1> for E {
    type Seen = Error;

    fn into_seen(self) -> Error {
        Error::Fault(Fault::from(self.into()))
    }
}

/// An error that cannot travel, of which rustc says so where the function names it.
#[diagnostic::do_not_recommend]
impl<E> Travels<2> for E {
    type Seen = CallError<E>;

    fn into_seen(self) -> CallError<E> {
        CallError::Function(self)
    }
}

/// Asks that a type which was taken for a plain value is one.
pub const fn is_plain<T, const WHAT: u8>()
where
    T: ?Sized + PlainValue<WHAT> + SomeIsSeen<WHAT>,
{
}
