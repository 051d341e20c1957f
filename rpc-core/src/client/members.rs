//! Writes what serialises to an object as keyword arguments, one for each member.

use std::fmt::Display;

use serde::ser::{self, Error, Impossible, Serialize, Serializer};

use crate::protocol::json::write;
use crate::protocol::{ArgumentError, ObjectWriter};

/// The serializer of keyword arguments: it takes objects, and nothing.
pub(super) struct Members<'m, 'o>(pub(super) &'m mut ObjectWriter<'o>);

type Result<T = (), E = ArgumentError> = std::result::Result<T, E>;

impl Error for ArgumentError {
    fn custom<T: Display>(problem: T) -> Self {
        Self::new(format!("keyword arguments cannot be sent: {problem}"))
    }
}

#[cold]
fn no_object<T>(what: &str) -> Result<T> {
    Err(ArgumentError::new(format!(
        "keyword arguments are a struct, or a map of names, and {what} is none"
    )))
}

macro_rules! refuse {
    ($($method:ident($ty:ty) $what:literal;)*) => {$(
        fn $method(self, _: $ty) -> Result {
            no_object($what)
        }
    )*};
}

impl<'m, 'o> Serializer for Members<'m, 'o> {
    type Ok = ();
    type Error = ArgumentError;
    type SerializeSeq = Impossible<(), ArgumentError>;
    type SerializeTuple = Impossible<(), ArgumentError>;
    type SerializeTupleStruct = Impossible<(), ArgumentError>;
    type SerializeTupleVariant = Impossible<(), ArgumentError>;
    type SerializeMap = OfMap<'m, 'o>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), ArgumentError>;

    refuse! {
        serialize_bool(bool) "a boolean";
        serialize_i8(i8) "a number";
        serialize_i16(i16) "a number";
        serialize_i32(i32) "a number";
        serialize_i64(i64) "a number";
        serialize_u8(u8) "a number";
        serialize_u16(u16) "a number";
        serialize_u32(u32) "a number";
        serialize_u64(u64) "a number";
        serialize_f32(f32) "a number";
        serialize_f64(f64) "a number";
        serialize_char(char) "a text";
        serialize_str(&str) "a text";
        serialize_bytes(&[u8]) "a list of bytes";
    }

    fn serialize_none(self) -> Result {
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result {
        no_object("a variant of an enum")
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result {
        self.0.member(variant, value)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq> {
        no_object("a list")
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple> {
        no_object("a tuple")
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTuple> {
        no_object("a tuple")
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTuple> {
        no_object("a variant of an enum")
    }
    fn serialize_map(self, _: Option<usize>) -> Result<OfMap<'m, 'o>> {
        Ok(OfMap { object: self.0, name: Vec::new() })
    }
    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self> {
        // serde_json's text that is JSON already has one field, and so have its numbers.
        if name.starts_with("$serde_json::private::") {
            no_object("a raw text or a number")
        } else {
            Ok(self)
        }
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant> {
        no_object("a variant of an enum")
    }
}

impl ser::SerializeStruct for Members<'_, '_> {
    type Ok = ();
    type Error = ArgumentError;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result {
        self.0.member(name, value)
    }

    #[inline]
    fn end(self) -> Result {
        Ok(())
    }
}

/// A map whose members are written.
pub(super) struct OfMap<'m, 'o> {
    object: &'m mut ObjectWriter<'o>,
    /// The name of the next one, as JSON.
    name: Vec<u8>,
}

impl ser::SerializeMap for OfMap<'_, '_> {
    type Ok = ();
    type Error = ArgumentError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result {
        self.name.clear();
        write(&mut self.name, key).map_err(Error::custom)?;
        if self.name.first() == Some(&b'"') { Ok(()) } else { no_object("one of other keys") }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        self.object.quoted_member(&self.name, value)
    }

    fn end(self) -> Result {
        Ok(())
    }
}
