//! Plain functions and closures as they are, without the annotation.

use std::any::{Any, type_name};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::Fault;

use super::{Bound, Bytes, Parameter, ParameterKind, Reply};

/// A Rust function or closure of up to eight arguments that can be registered by name.
///
/// Rust does not tell the names of a closure's parameters, so its arguments are given by position.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be registered",
    label = "must be a function of up to eight owned arguments that deserialise, with a result that serialises",
    note = "a function that borrows its arguments, or whose result has an error such as `Fault`, is exported with `#[rpc_export]`"
)]
pub trait Function<Arguments>: Send + Sync + 'static {
    /// The types of its parameters.
    #[doc(hidden)]
    fn parameters() -> Vec<Parameter>;

    /// The type of its result.
    #[doc(hidden)]
    fn result() -> &'static str;

    /// Decodes the arguments, calls, and sends the result.
    #[doc(hidden)]
    fn run(&self, bound: &Bound<'_, '_>, reply: &mut Reply<'_>) -> Result<(), Fault>;
}

/// Sends a result, of bytes as bytes travel.
fn send<R: Serialize + 'static>(result: &R, reply: &mut Reply<'_>) -> Result<(), Fault> {
    let any: &dyn Any = result;
    if let Some(bytes) = any.downcast_ref::<Vec<u8>>() {
        reply.send(&Bytes::from(&bytes[..]))
    } else if let Some(bytes) = any.downcast_ref::<Option<Vec<u8>>>() {
        reply.send(&bytes.as_deref().map(Bytes::from))
    } else {
        reply.send(result)
    }
}

macro_rules! function {
    ($($argument:ident $index:literal),*) => {
        impl<F, R, $($argument),*> Function<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> R + Send + Sync + 'static,
            R: Serialize + 'static,
            $($argument: DeserializeOwned,)*
        {
            fn parameters() -> Vec<Parameter> {
                vec![$(Parameter {
                    name: "",
                    ty: type_name::<$argument>(),
                    kind: ParameterKind::Required,
                    doc: "",
                }),*]
            }

            fn result() -> &'static str {
                type_name::<R>()
            }

            #[allow(irrefutable_let_patterns, non_snake_case, unused_variables)]
            fn run(&self, bound: &Bound<'_, '_>, reply: &mut Reply<'_>) -> Result<(), Fault> {
                let ($(Some($argument),)*) = ($(bound.required::<$argument>($index),)*) else {
                    return Err(bound.fault());
                };
                send(&self($($argument),*), reply)
            }
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
