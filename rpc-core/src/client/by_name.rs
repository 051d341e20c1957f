//! Arguments of a call by name: [`args!`](crate::args), [`kwargs!`](crate::kwargs), and what else
//! can stand in their place.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use serde_json::Value;

use crate::protocol::json::least_size;
use crate::protocol::{ArgumentError, Arguments, ArrayWriter, ObjectWriter};

use super::members::Members;

/// Positional arguments: a tuple, [`args!`](crate::args), `()`, a `Vec`, an array, a slice, or a JSON
/// array.
///
/// ```
/// use rpc_core::client::Args;
/// use serde_json::json;
///
/// fn takes(_: impl Args) {}
/// takes((1, "two", [3.0, 4.0]));
/// takes((1,));
/// takes(json!([1, "two"]));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of arguments by position",
    label = "write a tuple, such as `(1, 2)` or `(1,)`, or `args![…]`, a `Vec`, a slice or a JSON array"
)]
pub trait Args {
    /// Writes them, from the left.
    ///
    /// # Errors
    ///
    /// Where one has no JSON form.
    fn write(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError>;

    /// How many bytes they take at least, as far as that is seen without writing them.
    fn least_size(&self) -> usize {
        0
    }
}

/// Keyword arguments: [`kwargs!`](crate::kwargs), `()`, or whatever serialises to an object: a struct, a
/// map of names, a JSON object.
///
/// ```
/// use rpc_core::client::Kwargs;
/// use serde::Serialize;
/// use serde_json::json;
///
/// #[derive(Serialize)]
/// struct Options {
///     c: i64,
///     #[serde(skip_serializing_if = "Option::is_none")]
///     greeting: Option<String>,
/// }
///
/// fn takes(_: impl Kwargs) {}
/// takes(&Options { c: 3, greeting: None });
/// takes(json!({ "c": 3 }));
/// takes(std::collections::HashMap::from([("c", 3)]));
/// ```
///
/// What serialises to something else is an error of the call: [`Misuse`](crate::error::Misuse).
pub trait Kwargs {
    /// Writes them.
    ///
    /// # Errors
    ///
    /// Where one has no JSON form.
    fn write_members(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError>;

    /// How many bytes they take at least, as far as that is seen without writing them.
    fn least_size(&self) -> usize {
        0
    }
}

/// Positional arguments of a call by name, each of any type that serialises.
///
/// ```
/// use rpc_core::client::Args;
/// use rpc_core::args;
///
/// fn takes(_: impl Args) {}
/// takes(args![1, "two", [3.0, 4.0]]);
/// takes(args![]);
/// takes(vec![1, 2]);
/// ```
#[macro_export]
macro_rules! args {
    () => { $crate::__private1::Nil };
    ($first:expr $(, $rest:expr)* $(,)?) => {
        $crate::__private1::List($first, $crate::args![$($rest),*])
    };
}

/// Keyword arguments of a call by name, each of any type that serialises.
///
/// ```
/// use rpc_core::client::Kwargs;
/// use rpc_core::kwargs;
///
/// fn takes(_: impl Kwargs) {}
/// takes(kwargs! { c: 3, greeting: "Hello" });
/// takes(kwargs! {});
/// takes(std::collections::HashMap::from([("c", 3)]));
/// ```
#[macro_export]
macro_rules! kwargs {
    () => { $crate::__private1::Nil };
    ($name:ident : $value:expr $(, $($rest:tt)*)?) => {
        $crate::__private1::Names(
            ::core::stringify!($name),
            $value,
            $crate::kwargs! { $($($rest)*)? },
        )
    };
    ($name:ident = $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`kwargs!` names arguments with a colon, `",
            ::core::stringify!($name),
            ": …`; it is `call!` that has `",
            ::core::stringify!($name),
            " = …`",
        ))
    };
}

/// Ends a list of arguments.
#[derive(Debug, Clone, Copy)]
pub struct Nil;

/// One positional argument before others.
#[derive(Debug, Clone, Copy)]
pub struct List<T, R>(pub T, pub R);

/// One keyword argument before others.
#[derive(Debug, Clone, Copy)]
pub struct Names<T, R>(pub &'static str, pub T, pub R);

/// The arguments of a call by name.
#[derive(Debug)]
pub(super) struct ByName<A, K> {
    pub(super) args: A,
    pub(super) kwargs: K,
}

impl<A: Args, K: Kwargs> Arguments for ByName<A, K> {
    fn write_positional(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        self.args.write(array)
    }

    fn write_keyword(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        self.kwargs.write_members(object)
    }

    fn write_named(&self, _: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        Err(ArgumentError::needs_names())
    }

    fn write_in_order(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        let mut named = Vec::new();
        let mut keywords = ObjectWriter::new(&mut named);
        self.kwargs.write_members(&mut keywords)?;
        match keywords.count() {
            0 => self.args.write(array),
            _ => Err(ArgumentError::needs_names()),
        }
    }

    fn least_size(&self) -> usize {
        self.args.least_size() + self.kwargs.least_size()
    }
}

impl Args for () {
    fn write(&self, _: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }
}

impl Args for Nil {
    fn write(&self, _: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }
}

impl<T: Serialize, R: Args> Args for List<T, R> {
    fn write(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        array.element(&self.0)?;
        self.1.write(array)
    }

    fn least_size(&self) -> usize {
        least_size(&self.0) + self.1.least_size()
    }
}

impl<T: Serialize> Args for [T] {
    fn write(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        self.iter().try_for_each(|value| array.element(value))
    }

    fn least_size(&self) -> usize {
        least_size(self)
    }
}

impl<T: Serialize, const N: usize> Args for [T; N] {
    fn write(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        self.as_slice().write(array)
    }

    fn least_size(&self) -> usize {
        least_size(self.as_slice())
    }
}

impl<T: Serialize> Args for Vec<T> {
    fn write(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        self.as_slice().write(array)
    }

    fn least_size(&self) -> usize {
        least_size(self.as_slice())
    }
}

impl<A: Args + ?Sized> Args for &A {
    fn write(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        (**self).write(array)
    }

    fn least_size(&self) -> usize {
        (**self).least_size()
    }
}

impl Args for Value {
    fn write(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        match self {
            Self::Array(values) => values.write(array),
            _ => Err(ArgumentError::new(
                "arguments by position are an array, and this JSON value is none; give an object as \
                 the keyword arguments",
            )),
        }
    }

    fn least_size(&self) -> usize {
        least_size(self)
    }
}

macro_rules! tuple {
    ($($value:ident $index:tt),*) => {
        impl<$($value: Serialize),*> Args for ($($value,)*) {
            fn write(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
                $(array.element(&self.$index)?;)*
                Ok(())
            }

            fn least_size(&self) -> usize {
                0 $(+ least_size(&self.$index))*
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);

impl<T: Serialize + ?Sized> Kwargs for T {
    #[inline]
    fn write_members(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        self.serialize(Members(object))
    }

    fn least_size(&self) -> usize {
        least_size(self)
    }
}

/// Keyword arguments that are written one by one.
pub trait Named {
    /// Writes them.
    ///
    /// # Errors
    ///
    /// Where one has no JSON form.
    fn write_fields<S: SerializeStruct>(&self, fields: &mut S) -> Result<(), S::Error>;
}

impl Named for Nil {
    #[inline]
    fn write_fields<S: SerializeStruct>(&self, _: &mut S) -> Result<(), S::Error> {
        Ok(())
    }
}

impl<T: Serialize, R: Named> Named for Names<T, R> {
    #[inline]
    fn write_fields<S: SerializeStruct>(&self, fields: &mut S) -> Result<(), S::Error> {
        fields.serialize_field(self.0.trim_start_matches("r#"), &self.1)?;
        self.2.write_fields(fields)
    }
}

impl Serialize for Nil {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_struct("kwargs", 0)?.end()
    }
}

impl<T: Serialize, R: Named> Serialize for Names<T, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("kwargs", 0)?;
        self.write_fields(&mut fields)?;
        fields.end()
    }
}
