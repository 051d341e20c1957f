//! Types that generated code takes for the library's or the standard library's because of their names.

use super::{CallContext, State};

/// A parameter's type that is called `State`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is called `State`, and is not that of this library",
    label = "is taken for state that the server shares",
    note = "give it another name, by an alias or `use … as …`"
)]
pub trait LibraryState {
    /// The type that is shared.
    type Of: ?Sized;

    /// What the function is given.
    fn of(state: State<Self::Of>) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> LibraryState for State<T> {
    type Of = T;

    #[inline]
    fn of(state: Self) -> Self {
        state
    }
}

/// A parameter's type that is called `CallContext`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is called `CallContext`, and is not that of this library",
    label = "is taken for the context of the call",
    note = "give it another name, by an alias or `use … as …`"
)]
pub trait LibraryContext {
    /// What the function is lent.
    fn of(context: &CallContext) -> &Self;
}

#[diagnostic::do_not_recommend]
impl LibraryContext for CallContext {
    #[inline]
    fn of(context: &CallContext) -> &Self {
        context
    }
}

/// A parameter's type that is called as one of the standard library.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is called as a type of the standard library is, and is another",
    label = "is taken for that of the standard library",
    note = "write it as `module::…`, or give it another name, by an alias or `use … as …`"
)]
pub trait Standard {
    /// The same type.
    type Same;

    /// What the function is given.
    fn of(same: Self::Same) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T> Standard for Option<T> {
    type Same = Self;

    #[inline]
    fn of(same: Self) -> Self {
        same
    }
}

#[diagnostic::do_not_recommend]
impl<T> Standard for Vec<T> {
    type Same = Self;

    #[inline]
    fn of(same: Self) -> Self {
        same
    }
}
