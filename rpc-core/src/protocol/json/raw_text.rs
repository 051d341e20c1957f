//! What serialises itself as a struct of one private field, which is text that is JSON already: a serde_json
//! `RawValue`, and a `Number` that keeps its text.

use serde::ser::{self, Serialize};

use super::super::ProtocolError;
use super::reader::Reader;
use super::write_error::WriteError;

type Result<T, E = WriteError> = std::result::Result<T, E>;

/// Where the names begin by which types of serde_json tell its serializer what they are.
pub(super) const PRIVATE: &str = "$serde_json::private::";

/// The name under which serde_json's `RawValue` serialises itself: a struct whose only field is a
/// text that is JSON already.
const RAW_TOKEN: &str = "$serde_json::private::RawValue";

/// The name under which its `Number` does the same, where a program has it keep numbers as text.
pub(super) const NUMBER_TOKEN: &str = "$serde_json::private::Number";

/// Whether a struct of this name is a text that is JSON already.
#[cold]
pub(super) fn is_private(name: &str) -> Result<bool> {
    match name {
        RAW_TOKEN | NUMBER_TOKEN => Ok(true),
        _ if name.starts_with(PRIVATE) => Err(private(name)),
        _ => Ok(false),
    }
}

#[cold]
pub(super) fn private(name: &str) -> WriteError {
    WriteError::Other(format!(
        "`{name}` is a form of serde_json's own that is not known here; send an ordinary value"
    ))
}

/// Holds text that is JSON already to what a reader holds it to, which is more than serde_json does.
pub(super) fn check_raw(text: &str, levels: usize) -> Result<()> {
    let mut reader = Reader::new(text, levels);
    match reader.value().and_then(|_| reader.end()) {
        Ok(()) => Ok(()),
        Err(ProtocolError::TooDeep { .. }) => Err(WriteError::TooDeep),
        Err(error) => Err(WriteError::Other(format!("a raw value is {error}"))),
    }
}

/// Takes the text out of a `RawValue`'s field.
pub(super) struct RawText;

macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$ok> {
            Err(WriteError::Other("a raw value is a text".into()))
        }
    )*};
}

impl ser::Serializer for RawText {
    type Ok = String;
    type Error = WriteError;
    type SerializeSeq = ser::Impossible<String, WriteError>;
    type SerializeTuple = ser::Impossible<String, WriteError>;
    type SerializeTupleStruct = ser::Impossible<String, WriteError>;
    type SerializeTupleVariant = ser::Impossible<String, WriteError>;
    type SerializeMap = ser::Impossible<String, WriteError>;
    type SerializeStruct = ser::Impossible<String, WriteError>;
    type SerializeStructVariant = ser::Impossible<String, WriteError>;

    fn serialize_str(self, text: &str) -> Result<String> {
        Ok(text.to_owned())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<String> {
        self.serialize_none()
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<String> {
        self.serialize_none()
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String> {
        self.serialize_none()
    }
    refuse! {
        serialize_bool(bool) -> String;
        serialize_i8(i8) -> String;
        serialize_i16(i16) -> String;
        serialize_i32(i32) -> String;
        serialize_i64(i64) -> String;
        serialize_u8(u8) -> String;
        serialize_u16(u16) -> String;
        serialize_u32(u32) -> String;
        serialize_u64(u64) -> String;
        serialize_f32(f32) -> String;
        serialize_f64(f64) -> String;
        serialize_char(char) -> String;
        serialize_bytes(&[u8]) -> String;
        serialize_none() -> String;
        serialize_unit() -> String;
        serialize_unit_struct(&'static str) -> String;
        serialize_unit_variant(&'static str, u32, &'static str) -> String;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
