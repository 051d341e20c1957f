//! Results that are bytes, made to travel as [`Bytes`].

use super::Bytes;

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
