//! Arguments and results that are bytes, made to travel as [`Bytes`].

use std::borrow::Cow;
use std::marker::PhantomData;

use super::Bytes;

/// What is bytes: what generated code sends it as.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is written as bytes are, and is none of the standard library's types",
    label = "is taken for bytes",
    note = "write it as `module::Vec<…>`, or give it another name by an alias or `use … as …`"
)]
pub trait IntoBytes {
    /// How it travels.
    type Bytes;

    /// Has it travel as bytes.
    fn into_bytes(self) -> Self::Bytes;
}

/// Asks whether a result is bytes, or may be.
#[derive(Debug)]
pub struct BytesProbe<T: ?Sized>(PhantomData<T>);

/// The answer where nothing more is known.
pub trait NoBytes {
    /// No bytes.
    const IS_BYTES: bool = false;
}

impl<T: ?Sized> NoBytes for BytesProbe<T> {}

/// Writes which types are bytes, and how they are asked for: in their owned form.
macro_rules! bytes {
    ($(<$($lifetime:lifetime)?> $ty:ty, $owned:ty => $bytes:ty;)*) => {$(
        impl<$($lifetime)?> IntoBytes for $ty {
            type Bytes = $bytes;

            fn into_bytes(self) -> Self::Bytes {
                self.into()
            }
        }

        impl BytesProbe<$owned> {
            /// They are bytes.
            pub const IS_BYTES: bool = true;
        }

        impl BytesProbe<Option<$owned>> {
            /// They are bytes, where there are any.
            pub const IS_BYTES: bool = true;
        }
    )*};
}

bytes! {
    <> Vec<u8>, Vec<u8> => Bytes<'static>;
    <> Box<[u8]>, Box<[u8]> => Bytes<'static>;
    <'b> Cow<'b, [u8]>, Cow<'static, [u8]> => Bytes<'b>;
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

/// A result as it is sent, where the constant says whether it is bytes.
pub trait Sent<const IS_BYTES: bool> {
    /// How it travels.
    type As;

    /// Has it travel so.
    fn into_sent(self) -> Self::As;
}

#[diagnostic::do_not_recommend]
impl<T> Sent<false> for T {
    type As = T;

    fn into_sent(self) -> T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: IntoBytes> Sent<true> for T {
    type As = T::Bytes;

    fn into_sent(self) -> T::Bytes {
        self.into_bytes()
    }
}
