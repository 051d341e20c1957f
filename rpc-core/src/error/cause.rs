//! Finds out of a value whether it is an error: those of exported functions say so where they are named.

use std::any::Any;
use std::error::Error as StdError;
use std::marker::PhantomData;

/// Says of a value of one type that it is an error.
#[derive(Debug)]
pub struct Cause(fn(&dyn Any) -> Option<&(dyn StdError + 'static)>);

inventory::collect!(Cause);

/// Asks whether a type is an error of its own right, and not only text.
#[derive(Debug)]
pub struct CauseProbe<T: ?Sized>(PhantomData<T>);

/// The answer where nothing more is known.
pub trait NoCause {
    /// No value is one.
    const CAUSE: Cause = Cause(|_| None);
}

impl<T: ?Sized> NoCause for CauseProbe<T> {}

impl<E: StdError + 'static> CauseProbe<E> {
    /// Values of this type are.
    pub const CAUSE: Cause = Cause(|value| Some(value.downcast_ref::<E>()?));
}

/// Returns the value as an error, if it is one that an exported function may end in.
pub(super) fn of(value: &dyn Any) -> Option<&(dyn StdError + 'static)> {
    if let Some(fault) = value.downcast_ref::<crate::protocol::Fault>() {
        return Some(fault);
    }
    inventory::iter::<Cause>.into_iter().find_map(|cause| (cause.0)(value))
}
