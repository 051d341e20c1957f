//! Arguments of a call by name: [`args!`](crate::args), [`kwargs!`](crate::kwargs), and what else
//! can stand in their place.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::protocol::json::least_size;
use crate::protocol::{ArgumentError, Arguments, ArrayWriter, ObjectWriter};

/// Positional arguments: [`args!`](crate::args), `()`, a `Vec`, an array or a slice.
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

/// Keyword arguments: [`kwargs!`](crate::kwargs), `()`, or a map of names.
pub trait Kwargs {
    /// Writes them.
    ///
    /// # Errors
    ///
    /// Where one has no JSON form.
    fn write(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError>;

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
    ($name:ident : $value:expr $(, $names:ident : $values:expr)* $(,)?) => {
        $crate::__private1::Names(
            ::core::stringify!($name),
            $value,
            $crate::kwargs! { $($names : $values),* },
        )
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
        self.kwargs.write(object)
    }

    fn write_named(&self, _: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        Err(ArgumentError::needs_names())
    }

    fn write_in_order(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        let mut named = Vec::new();
        let mut keywords = ObjectWriter::new(&mut named);
        self.kwargs.write(&mut keywords)?;
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

impl Kwargs for () {
    fn write(&self, _: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }
}

impl Kwargs for Nil {
    fn write(&self, _: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }
}

impl<T: Serialize, R: Kwargs> Kwargs for Names<T, R> {
    fn write(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        object.member(self.0.trim_start_matches("r#"), &self.1)?;
        self.2.write(object)
    }

    fn least_size(&self) -> usize {
        least_size(&self.1) + self.2.least_size()
    }
}

impl Kwargs for Map<String, Value> {
    fn write(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        self.iter().try_for_each(|(name, value)| object.member(name, value))
    }

    fn least_size(&self) -> usize {
        self.values().map(least_size).sum()
    }
}

impl<N: AsRef<str>, T: Serialize, S> Kwargs for HashMap<N, T, S> {
    fn write(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        self.iter().try_for_each(|(name, value)| object.member(name.as_ref(), value))
    }

    fn least_size(&self) -> usize {
        self.values().map(least_size).sum()
    }
}

impl<N: AsRef<str>, T: Serialize> Kwargs for BTreeMap<N, T> {
    fn write(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        self.iter().try_for_each(|(name, value)| object.member(name.as_ref(), value))
    }

    fn least_size(&self) -> usize {
        self.values().map(least_size).sum()
    }
}

impl<K: Kwargs + ?Sized> Kwargs for &K {
    fn write(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        (**self).write(object)
    }

    fn least_size(&self) -> usize {
        (**self).least_size()
    }
}
