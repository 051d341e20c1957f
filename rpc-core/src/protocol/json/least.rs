//! How long the text of a value is at least: seen without writing it, so that an upload which is over a limit
//! is refused before it is encoded.
//!
//! Texts and bytes are counted, wherever they stand; of all else only that it is there. Few elements
//! of a sequence are looked at, so this costs nothing beside writing the value.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

use super::super::Limits;
use super::super::base64;
use super::form::Mark;
use super::write_error::WriteError;

/// So many elements of a sequence, or members, are looked at.
const LOOKED_AT: usize = 64;

/// How many bytes the text of a value has at least. A value that cannot be written has none.
#[inline]
pub(crate) fn least_size<T: Serialize + ?Sized>(value: &T) -> usize {
    value.serialize(Least { depth: 0, is_readable: true }).unwrap_or(0)
}

type Result<T = usize, E = WriteError> = std::result::Result<T, E>;

/// The serializer: it knows how deep it stands, and whether it asks our own bytes for what they are.
#[derive(Clone, Copy)]
struct Least {
    depth: usize,
    is_readable: bool,
}

impl Least {
    fn inside(self, known: usize) -> Inside {
        Inside { size: 2 + known, left: LOOKED_AT, least: Self { depth: self.depth + 1, ..self } }
    }
}

fn commas(length: Option<usize>) -> usize {
    length.unwrap_or(0).saturating_sub(1)
}

macro_rules! scalars {
    ($($method:ident($type:ty))*) => {$(
        #[inline]
        fn $method(self, _: $type) -> Result {
            Ok(1)
        }
    )*};
}

impl Serializer for Least {
    type Ok = usize;
    type Error = WriteError;
    type SerializeSeq = Inside;
    type SerializeTuple = Inside;
    type SerializeTupleStruct = Inside;
    type SerializeTupleVariant = Inside;
    type SerializeMap = Inside;
    type SerializeStruct = Inside;
    type SerializeStructVariant = Inside;

    scalars! {
        serialize_bool(bool)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_f32(f32) serialize_f64(f64)
        serialize_char(char)
        serialize_unit_struct(&'static str)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.is_readable
    }
    #[inline]
    fn serialize_str(self, text: &str) -> Result {
        Ok(text.len() + 2)
    }
    fn serialize_bytes(self, bytes: &[u8]) -> Result {
        Ok(if self.is_readable { bytes.len() * 2 } else { base64::length(bytes) + 2 })
    }
    #[inline]
    fn serialize_none(self) -> Result {
        Ok(1)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }
    #[inline]
    fn serialize_unit(self) -> Result {
        Ok(1)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result {
        Ok(1)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result {
        value.serialize(Self { is_readable: self.is_readable && name != Mark::BYTES, ..self })
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result {
        let mut inside = self.inside(0);
        inside.add(value)?;
        Ok(inside.size)
    }
    fn serialize_seq(self, length: Option<usize>) -> Result<Inside> {
        Ok(self.inside(commas(length)))
    }
    fn serialize_tuple(self, _: usize) -> Result<Inside> {
        Ok(self.inside(0))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Inside> {
        Ok(self.inside(0))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Inside> {
        Ok(self.inside(0))
    }
    fn serialize_map(self, length: Option<usize>) -> Result<Inside> {
        Ok(self.inside(commas(length)))
    }
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Inside> {
        let inside = self.inside(0);
        // A raw value is encoded already, and may become another text; so may a number.
        Ok(if name.starts_with('$') { Inside { size: 1, left: 0, ..inside } } else { inside })
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Inside> {
        Ok(self.inside(0))
    }
    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result {
        Ok(1)
    }
}

/// What stands in an array or an object.
struct Inside {
    size: usize,
    /// How many more elements are looked at.
    left: usize,
    least: Least,
}

impl Inside {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        if self.left > 0 && self.least.depth <= Limits::MAX_DEPTH {
            self.left -= 1;
            self.size += value.serialize(self.least)?;
        }
        Ok(())
    }
}

macro_rules! elements {
    ($($trait:ident :: $method:ident),*) => {$(
        impl ser::$trait for Inside {
            type Ok = usize;
            type Error = WriteError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.add(value)
            }
            fn end(self) -> Result {
                Ok(self.size)
            }
        }
    )*};
}

macro_rules! members {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Inside {
            type Ok = usize;
            type Error = WriteError;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _: &'static str,
                value: &T,
            ) -> Result<()> {
                self.add(value)
            }
            fn end(self) -> Result {
                Ok(self.size)
            }
        }
    )*};
}

elements!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);
members!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Inside {
    type Ok = usize;
    type Error = WriteError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<()> {
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.add(value)
    }
    fn end(self) -> Result {
        Ok(self.size)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;
    use serde_json::{Value, json};

    use super::super::write;
    use super::least_size;
    use crate::types::Bytes;

    #[derive(Serialize)]
    struct Upload {
        name: &'static str,
        data: Bytes<'static>,
        parts: Vec<Option<Bytes<'static>>>,
        by_name: BTreeMap<&'static str, (u8, char)>,
    }

    fn size(value: &(impl Serialize + ?Sized)) -> usize {
        let mut out = Vec::new();
        write(&mut out, value).unwrap();
        let least = least_size(value);
        assert!(least <= out.len(), "{least} of {}", out.len());
        least
    }

    #[test]
    fn it_is_never_more_and_for_texts_and_bytes_nearly_all() {
        let bytes = Bytes::from(vec![7; 100_000]);
        assert_eq!(size(&bytes), 133_338);
        assert_eq!(size("x".repeat(100_000).as_str()), 100_002);
        let upload = Upload {
            name: "x",
            data: bytes.clone(),
            parts: vec![Some(bytes), None],
            by_name: [("a", (1, 'b'))].into(),
        };
        assert!(size(&upload) > 266_676);
        for value in [json!(null), json!([]), json!([1]), json!({}), json!({"a": [1, {"b": null}]})]
        {
            size(&value);
        }
        assert!(size(&vec![0_u8; 100_000]) > 100_000);
        assert!(size(&vec!["x".repeat(50_000); 2]) > 100_000);
        size(&[1.5_f64; 3]);
        size(&(1, "x", Some(true)));
        size(&serde_json::value::RawValue::from_string("[1 ]".to_owned()).unwrap());
    }

    #[test]
    fn what_is_nested_without_end_has_an_end() {
        let deep = (0..5_000).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        assert!(least_size(&deep) < 1_000);
        // Taken apart one by one: a value drops what is in it within itself.
        let mut rest = deep;
        while let Value::Array(mut inner) = rest {
            rest = inner.pop().unwrap();
        }
    }
}
