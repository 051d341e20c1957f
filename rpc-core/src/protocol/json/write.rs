//! Writes any serde value as JSON text, strictly: what JSON cannot say is refused, never altered.
//!
//! serde_json writes `NaN` and the infinities as `null`, which a caller cannot tell from a missing
//! value; here they are an error. Long strings are copied in blocks, and nothing is allocated but
//! memory at the end of the output.

use std::fmt;
use std::mem;

use serde::ser::{self, Serialize};

use super::super::Limits;
use super::form::{Form, Mark};
use super::place::Place;
use super::raw_text::{PRIVATE, RawText, check_raw, is_private, private};
use super::string::string;
use super::write_error::WriteError;

/// Appends `value` to `out` as plain JSON. On an error, what was appended is cut off again.
pub(crate) fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), WriteError> {
    write_as(Form::Plain, out, value)
}

/// Appends `value` to `out` in a form, as [`write`] does in the plain one.
pub(crate) fn write_as<T: Serialize + ?Sized>(
    form: Form,
    out: &mut Vec<u8>,
    value: &T,
) -> Result<(), WriteError> {
    write_at(Place { form, outer: 0 }, out, value)
}

/// Appends `value` to `out` in a place that may leave it fewer levels, as [`write_as`] does.
pub(crate) fn write_at<T: Serialize + ?Sized>(
    place: Place,
    out: &mut Vec<u8>,
    value: &T,
) -> Result<(), WriteError> {
    let start = out.len();
    let Place { form, outer } = place;
    let written = value.serialize(&mut Writer { out, depth: outer.into(), form });
    if written.is_err() {
        out.truncate(start);
    }
    written
}

type Result<T, E = WriteError> = std::result::Result<T, E>;

/// The serializer: appends to `out` and knows how deep it stands.
struct Writer<'o> {
    out: &'o mut Vec<u8>,
    depth: usize,
    form: Form,
}

impl Writer<'_> {
    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn mark(&mut self, mark: Mark) {
        if self.form == Form::Marked {
            self.raw(mark.white());
        }
    }

    /// Writes what serde_json writes as well as it can be written: whole numbers and finite floats.
    fn number<T: Serialize>(&mut self, number: T) -> Result<()> {
        serde_json::to_writer(&mut *self.out, &number).map_err(ser::Error::custom)
    }

    fn float(&mut self, float: f64, number: impl Serialize) -> Result<()> {
        if float.is_finite() {
            self.number(number)
        } else {
            Err(WriteError::Other(format!("{float} has no JSON form; send an `Option`, or a text")))
        }
    }

    fn open(&mut self, bracket: u8) -> Result<()> {
        if self.depth >= Limits::MAX_DEPTH {
            return Err(WriteError::TooDeep);
        }
        self.depth += 1;
        self.out.push(bracket);
        Ok(())
    }

    fn close(&mut self, bracket: &str) {
        self.depth -= 1;
        self.raw(bracket);
    }

    /// Opens `{"variant":`, the form of every enum variant that carries something.
    fn variant(&mut self, variant: &str) -> Result<()> {
        self.open(b'{')?;
        string(self.out, variant);
        self.out.push(b':');
        Ok(())
    }
}

impl<'w, 'o> ser::Serializer for &'w mut Writer<'o> {
    type Ok = ();
    type Error = WriteError;
    type SerializeSeq = Compound<'w, 'o>;
    type SerializeTuple = Compound<'w, 'o>;
    type SerializeTupleStruct = Compound<'w, 'o>;
    type SerializeTupleVariant = Compound<'w, 'o>;
    type SerializeMap = Compound<'w, 'o>;
    type SerializeStruct = Compound<'w, 'o>;
    type SerializeStructVariant = Compound<'w, 'o>;

    fn serialize_bool(self, v: bool) -> Result<()> {
        self.raw(if v { "true" } else { "false" });
        Ok(())
    }
    fn serialize_i8(self, v: i8) -> Result<()> {
        self.number(v)
    }
    fn serialize_i16(self, v: i16) -> Result<()> {
        self.number(v)
    }
    fn serialize_i32(self, v: i32) -> Result<()> {
        self.number(v)
    }
    fn serialize_i64(self, v: i64) -> Result<()> {
        self.number(v)
    }
    fn serialize_i128(self, v: i128) -> Result<()> {
        self.number(v)
    }
    fn serialize_u8(self, v: u8) -> Result<()> {
        self.number(v)
    }
    fn serialize_u16(self, v: u16) -> Result<()> {
        self.number(v)
    }
    fn serialize_u32(self, v: u32) -> Result<()> {
        self.number(v)
    }
    fn serialize_u64(self, v: u64) -> Result<()> {
        self.number(v)
    }
    fn serialize_u128(self, v: u128) -> Result<()> {
        self.number(v)
    }
    fn serialize_f32(self, v: f32) -> Result<()> {
        self.float(f64::from(v), v)
    }
    fn serialize_f64(self, v: f64) -> Result<()> {
        self.float(v, v)
    }
    fn serialize_char(self, v: char) -> Result<()> {
        string(self.out, v.encode_utf8(&mut [0; 4]));
        Ok(())
    }
    fn serialize_str(self, v: &str) -> Result<()> {
        string(self.out, v);
        Ok(())
    }
    fn serialize_bytes(self, v: &[u8]) -> Result<()> {
        v.serialize(self)
    }
    fn serialize_none(self) -> Result<()> {
        self.raw("null");
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<()> {
        self.serialize_none()
    }
    fn serialize_unit_struct(self, _name: &'static str) -> Result<()> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<()> {
        if self.form == Form::Marked
            && let Some(mark) = Mark::of_newtype(name)
        {
            self.mark(mark);
        }
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.close("}");
        Ok(())
    }
    fn serialize_seq(self, _len: Option<usize>) -> Result<Compound<'w, 'o>> {
        self.open(b'[')?;
        Ok(Compound::new(self, "]"))
    }
    fn serialize_tuple(self, _len: usize) -> Result<Compound<'w, 'o>> {
        self.serialize_seq(None)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'w, 'o>> {
        self.serialize_seq(None)
    }
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'w, 'o>> {
        self.variant(variant)?;
        self.open(b'[')?;
        Ok(Compound::new(self, "]}"))
    }
    fn serialize_map(self, _len: Option<usize>) -> Result<Compound<'w, 'o>> {
        self.open(b'{')?;
        Ok(Compound::new(self, "}"))
    }
    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<Compound<'w, 'o>> {
        // No struct of Rust has such a name.
        if name.starts_with('$') && is_private(name)? {
            return Ok(Compound::new(self, ""));
        }
        self.serialize_map(None)
    }
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'w, 'o>> {
        self.variant(variant)?;
        self.open(b'{')?;
        Ok(Compound::new(self, "}}"))
    }
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<()> {
        string(self.out, &value.to_string());
        Ok(())
    }
}

/// An array or object that is open.
struct Compound<'w, 'o> {
    writer: &'w mut Writer<'o>,
    first: bool,
    closing: &'static str,
}

impl<'w, 'o> Compound<'w, 'o> {
    fn new(writer: &'w mut Writer<'o>, closing: &'static str) -> Self {
        Self { writer, first: true, closing }
    }

    fn comma(&mut self) {
        if !self.first {
            self.writer.out.push(b',');
        }
        self.first = false;
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.comma();
        value.serialize(&mut *self.writer)
    }

    /// Writes a member name. JSON has only text there, so numbers and booleans get quotes.
    fn name<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<()> {
        self.comma();
        let start = self.writer.out.len();
        let form = mem::take(&mut self.writer.form);
        name.serialize(&mut *self.writer)?;
        self.writer.form = form;
        match self.writer.out.get(start) {
            Some(b'"') if self.writer.out.get(start + 1) == Some(&b'$') => {
                self.check_name(start)?;
            }
            Some(b'"') => {}
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.writer.out.insert(start, b'"');
                self.writer.out.push(b'"');
            }
            _ => {
                return Err(WriteError::Other(
                    "a map key must be a text, a number or a boolean".into(),
                ));
            }
        }
        self.writer.out.push(b':');
        Ok(())
    }

    /// A number or raw text that is flattened would be an object with a private name in it.
    #[cold]
    fn check_name(&self, start: usize) -> Result<()> {
        let name = self.writer.out.get(start + 1..).unwrap_or_default();
        if name.starts_with(PRIVATE.as_bytes()) {
            let name = String::from_utf8_lossy(name);
            return Err(private(name.trim_end_matches('"')));
        }
        Ok(())
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<()> {
        if self.closing.is_empty() {
            let text = value.serialize(RawText)?;
            check_raw(&text, Limits::MAX_DEPTH - self.writer.depth)?;
            self.writer.raw(&text);
            return Ok(());
        }
        self.comma();
        string(self.writer.out, name);
        self.writer.out.push(b':');
        value.serialize(&mut *self.writer)
    }

    fn finish(self) {
        for bracket in self.closing.split_inclusive(|_: char| true) {
            self.writer.close(bracket);
        }
    }
}

macro_rules! elements {
    ($($trait:ident :: $method:ident),*) => {$(
        impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = WriteError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }
            fn end(self) -> Result<()> {
                self.finish();
                Ok(())
            }
        }
    )*};
}

macro_rules! members {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = WriteError;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<()> {
                self.member(name, value)
            }
            fn end(self) -> Result<()> {
                self.finish();
                Ok(())
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

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = WriteError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.name(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self.writer)
    }
    fn end(self) -> Result<()> {
        self.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;
    use serde_json::value::RawValue;

    use super::write;

    #[derive(Serialize)]
    enum Shape {
        Unit,
        New(u8),
        Tuple(u8, u8),
        Struct { a: u8 },
    }

    #[derive(Serialize)]
    struct Everything<'a> {
        text: &'a str,
        shapes: Vec<Shape>,
        by_number: BTreeMap<i32, bool>,
        by_bool: BTreeMap<bool, char>,
        nothing: Option<()>,
        floats: (f32, f64),
        big: i128,
        raw: Box<RawValue>,
        empty: [u8; 0],
    }

    #[test]
    fn the_text_is_serde_jsons_to_the_byte() {
        let everything = Everything {
            text: "quotes \" and \\ and \u{1}\u{8}\u{c}\n\r\t\u{7f} and ü and 😀, and more than sixteen plain bytes",
            shapes: vec![Shape::Unit, Shape::New(1), Shape::Tuple(1, 2), Shape::Struct { a: 3 }],
            by_number: [(-1, true), (2, false)].into(),
            by_bool: [(true, 'x')].into(),
            nothing: None,
            floats: (1.5, 1e300),
            big: i128::MAX,
            raw: RawValue::from_string("{\"kept\": [1,  2]}".into()).unwrap(),
            empty: [],
        };
        let mut ours = Vec::new();
        write(&mut ours, &everything).unwrap();
        assert_eq!(String::from_utf8(ours).unwrap(), serde_json::to_string(&everything).unwrap());
    }

    #[test]
    fn what_json_cannot_say_is_refused_and_leaves_nothing_behind() {
        let mut out = b"before".to_vec();
        for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = write(&mut out, &vec![Some(1.0), Some(float)]).unwrap_err();
            assert!(error.to_string().contains("has no JSON form"), "{error}");
        }
        assert!(write(&mut out, &f32::NAN).is_err());
        assert!(write(&mut out, &BTreeMap::from([((1, 2), 3)])).is_err());
        assert_eq!(out, b"before");
    }

    #[test]
    fn depth_is_bounded() {
        fn nested(levels: usize) -> serde_json::Value {
            (0..levels).fold(serde_json::Value::Null, |inner, _| vec![inner].into())
        }
        assert!(write(&mut Vec::new(), &nested(128)).is_ok());
        assert!(write(&mut Vec::new(), &nested(129)).is_err());
    }
}
