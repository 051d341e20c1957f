//! Results that are bytes, made to travel as [`Bytes`].

use super::Bytes;
use super::returned::{OPTION, RESULT, VALUE};

/// A result that is bytes, or may be: what generated code sends it as.
pub trait IntoBytes {
    /// How it travels.
    type Bytes;

    /// Has it travel as bytes.
    fn into_bytes(self) -> Self::Bytes;
}

impl IntoBytes for Vec<u8> {
    type Bytes = Bytes<'static>;

    fn into_bytes(self) -> Self::Bytes {
        self.into()
    }
}

impl<'b> IntoBytes for &'b [u8] {
    type Bytes = Bytes<'b>;

    fn into_bytes(self) -> Self::Bytes {
        self.into()
    }
}

impl<T: IntoBytes> IntoBytes for Option<T> {
    type Bytes = Option<T::Bytes>;

    fn into_bytes(self) -> Self::Bytes {
        self.map(T::into_bytes)
    }
}

impl<T: IntoBytes, E> IntoBytes for Result<T, E> {
    type Bytes = Result<T::Bytes, E>;

    fn into_bytes(self) -> Self::Bytes {
        self.map(T::into_bytes)
    }
}

/// A result by a name that does not tell whether it is a `Result`: the number says what it is, as
/// [`Probe`](super::Probe) does.
pub trait MayBeBytes<const WHAT: u8> {
    /// How it travels.
    type Bytes;

    /// Has it travel as bytes where it is a `Result` of them.
    fn into_bytes(self) -> Self::Bytes;
}

#[diagnostic::do_not_recommend]
impl<T> MayBeBytes<VALUE> for T {
    type Bytes = T;

    fn into_bytes(self) -> T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: IntoBytes, E> MayBeBytes<RESULT> for Result<T, E> {
    type Bytes = Result<T::Bytes, E>;

    fn into_bytes(self) -> Self::Bytes {
        self.map(T::into_bytes)
    }
}

#[diagnostic::do_not_recommend]
impl<T: IntoBytes, E> MayBeBytes<OPTION> for Option<Result<T, E>> {
    type Bytes = Option<Result<T::Bytes, E>>;

    fn into_bytes(self) -> Self::Bytes {
        self.map(|result| result.map(T::into_bytes))
    }
}
