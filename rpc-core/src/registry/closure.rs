//! Plain functions and closures as they are, without the annotation.

use std::any::type_name;
use std::error::Error as StdError;
use std::io;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{CallError, Error, FunctionError};
use crate::protocol::Fault;

use super::answer::send;
use super::{Bound, Described, Parameter, ParameterKind, Reply};

/// A Rust function or closure of up to eight arguments that can be registered by name.
///
/// Rust does not tell the names of a closure's parameters, so its arguments are given by position;
/// [`described!`](crate::described) gives it names.
///
/// A `Result` fails as that of an exported function does: `Err` is a fault. Its error is a [`Fault`], an
/// [`Error`], a [`CallError`], an [`io::Error`], a `Box<dyn Error + Send + Sync>`, or a value that
/// serialises. The latter travels as the fault's data; its message is a text itself, and the JSON text of
/// other values, as only an exported function asks an error for its words.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be registered",
    label = "must be a function of up to eight owned arguments that deserialise, with a result that serialises",
    note = "a function that borrows its arguments is exported with `#[rpc_export]`; the error of a `Result` is a `Fault`, or serialises"
)]
pub trait Function<Arguments>: Send + Sync + 'static {
    /// The types of its parameters.
    #[doc(hidden)]
    fn parameters() -> Vec<Parameter>;

    /// The type of its result.
    #[doc(hidden)]
    fn result() -> &'static str;

    /// What is written beside it, if anything is.
    #[doc(hidden)]
    fn written(&self) -> Option<&Written> {
        None
    }

    /// Decodes the arguments, calls, and sends the result.
    #[doc(hidden)]
    fn run(&self, bound: &Bound<'_, '_>, reply: &mut Reply<'_>) -> Result<(), Fault>;
}

/// What is written beside a closure.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    /// Its documentation.
    pub doc: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// The type of its result.
    pub result: &'static str,
    /// What its types are.
    pub described: Described,
}

/// An error that has no JSON form of its own, and becomes a [`Fault`]: that is what a closure may fail
/// with beside what serialises.
pub trait ClosureError: Into<Fault> {}

impl ClosureError for Fault {}
impl ClosureError for Error {}
impl<E: FunctionError> ClosureError for CallError<E> {}
impl ClosureError for io::Error {}
impl ClosureError for Box<dyn StdError + Send + Sync> {}

/// Marks the arguments of a function that fails with a [`ClosureError`].
#[derive(Debug)]
pub struct Fails<Arguments>(PhantomData<Arguments>);

/// The fault that a function's own error travels as.
fn own_fault(error: impl ClosureError) -> Fault {
    error.into().not_refusing()
}

macro_rules! function {
    ($($argument:ident $index:literal),*) => {
        impl<F, R, $($argument),*> Function<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> R + Send + Sync + 'static,
            R: Serialize + 'static,
            $($argument: DeserializeOwned,)*
        {
            run!(R; result => result; $($argument $index),*);
        }

        impl<F, R, Failure, $($argument),*> Function<Fails<($($argument,)*)>> for F
        where
            F: Fn($($argument),*) -> Result<R, Failure> + Send + Sync + 'static,
            R: Serialize + 'static,
            Failure: ClosureError,
            $($argument: DeserializeOwned,)*
        {
            run!(Result<R, Failure>; result => result.map_err(own_fault)?; $($argument $index),*);
        }
    };
}

macro_rules! run {
    ($result:ty; $returned:ident => $value:expr; $($argument:ident $index:literal),*) => {
        fn parameters() -> Vec<Parameter> {
            vec![$(Parameter {
                name: "",
                ty: type_name::<$argument>(),
                kind: ParameterKind::Required,
                doc: "",
            }),*]
        }

        fn result() -> &'static str {
            type_name::<$result>()
        }

        #[allow(irrefutable_let_patterns, non_snake_case, unused_variables)]
        fn run(&self, bound: &Bound<'_, '_>, reply: &mut Reply<'_>) -> Result<(), Fault> {
            let ($(Some($argument),)*) = ($(bound.required::<$argument>($index),)*) else {
                return Err(bound.fault());
            };
            let $returned = self($($argument),*);
            send(&$value, reply)
        }
    };
}

function!();
function!(A 0);
function!(A 0, B 1);
function!(A 0, B 1, C 2);
function!(A 0, B 1, C 2, D 3);
function!(A 0, B 1, C 2, D 3, E 4);
function!(A 0, B 1, C 2, D 3, E 4, G 5);
function!(A 0, B 1, C 2, D 3, E 4, G 5, H 6);
function!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7);
