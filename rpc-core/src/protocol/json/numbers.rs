//! Reads numbers as numbers where serde_json hands them out as text.
//!
//! Any crate of a program may turn on serde_json's `arbitrary_precision`. Who then asks for any value is
//! given a number as a map of one private member, which `Value` understands, and what serde puts between
//! (an untagged enum, a flattened struct) does not. Here `Value` gets the exact text as before, and all
//! others a number. Without the feature none of this is compiled into a program.

use std::fmt;
use std::iter;

use serde::de::value::MapDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::raw_text::NUMBER_TOKEN;

/// Whether serde_json keeps the text of numbers, which then takes more than an integer and its kind.
pub(super) const ARE_TEXT: bool = size_of::<serde_json::Number>() > size_of::<(u64, u64)>();

/// A deserializer of serde_json whose numbers are numbers, wherever they stand.
pub(super) struct Numbers<D>(pub(super) D);

macro_rules! deserialize {
    ($($method:ident($($name:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($name: $type,)*
            visitor: V,
        ) -> Result<V::Value, D::Error> {
            self.0.$method($($name,)* Known(visitor))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Numbers<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Any(visitor))
    }

    deserialize! {
        deserialize_bool()
        deserialize_i8()
        deserialize_i16()
        deserialize_i32()
        deserialize_i64()
        deserialize_i128()
        deserialize_u8()
        deserialize_u16()
        deserialize_u32()
        deserialize_u64()
        deserialize_u128()
        deserialize_f32()
        deserialize_f64()
        deserialize_char()
        deserialize_str()
        deserialize_string()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_option()
        deserialize_unit()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_seq()
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier()
        deserialize_ignored_any()
    }
}

/// A visitor of a value whose kind is asked for.
struct Known<V>(V);

/// A visitor of any value, which may be a number.
struct Any<V>(V);

macro_rules! visit {
    ($($method:ident($type:ty))*) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.0.$method(value)
        }
    )*};
}

macro_rules! visitor {
    ($visitor:ident, |$inner:ident, $map:ident| $visit_map:expr) => {
        impl<'de, V: Visitor<'de>> Visitor<'de> for $visitor<V> {
            type Value = V::Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.expecting(f)
            }

            visit! {
                visit_bool(bool)
                visit_i8(i8)
                visit_i16(i16)
                visit_i32(i32)
                visit_i64(i64)
                visit_i128(i128)
                visit_u8(u8)
                visit_u16(u16)
                visit_u32(u32)
                visit_u64(u64)
                visit_u128(u128)
                visit_f32(f32)
                visit_f64(f64)
                visit_char(char)
                visit_str(&str)
                visit_borrowed_str(&'de str)
                visit_string(String)
                visit_bytes(&[u8])
                visit_borrowed_bytes(&'de [u8])
                visit_byte_buf(Vec<u8>)
            }

            fn visit_none<E: Error>(self) -> Result<V::Value, E> {
                self.0.visit_none()
            }

            fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
                self.0.visit_unit()
            }

            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
                self.0.visit_some(Numbers(inner))
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                inner: D,
            ) -> Result<V::Value, D::Error> {
                self.0.visit_newtype_struct(Numbers(inner))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<V::Value, A::Error> {
                self.0.visit_seq(Inside(elements))
            }

            fn visit_map<A: MapAccess<'de>>(self, $map: A) -> Result<V::Value, A::Error> {
                let $inner = self.0;
                $visit_map
            }

            fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
                self.0.visit_enum(Inside(variant))
            }
        }
    };
}

visitor!(Known, |visitor, members| visitor.visit_map(Inside(members)));
visitor!(Any, |visitor, members| visit_object(visitor, members));

/// Visits a map that may be a number.
fn visit_object<'de, V: Visitor<'de>, A: MapAccess<'de>>(
    visitor: V,
    mut members: A,
) -> Result<V::Value, A::Error> {
    match members.next_key::<String>()? {
        Some(name) if name == NUMBER_TOKEN => {
            let text = members.next_value()?;
            visit_number(visitor, text)
        }
        first => visitor.visit_map(Members { first, rest: Inside(members) }),
    }
}

/// Visits a number by its text.
fn visit_number<'de, V: Visitor<'de>, E: Error>(visitor: V, text: String) -> Result<V::Value, E> {
    if let Ok(number) = text.parse() {
        return visitor.visit_u64(number);
    }
    if text != "-0"
        && let Ok(number) = text.parse()
    {
        return visitor.visit_i64(number);
    }
    if keeps_text(&visitor) {
        return visitor.visit_map(MapDeserializer::new(iter::once((NUMBER_TOKEN, text))));
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => visitor.visit_f64(number),
        _ => Err(E::custom("number out of range")),
    }
}

/// Whether a visitor is that of serde_json's `Value` or `Number`, which say so in what they expect.
fn keeps_text<'de>(visitor: &impl Visitor<'de>) -> bool {
    let expected = (visitor as &dyn de::Expected).to_string();
    matches!(expected.as_str(), "any valid JSON value" | "a JSON number")
}

/// What is in a value.
struct Inside<A>(A);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Inside<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Numbers(inner))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Inside(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Inside(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Inside<A> {
    type Error = A::Error;
    type Variant = Inside<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.0.variant_seed(seed)?;
        Ok((value, Inside(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Inside(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Known(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Known(visitor))
    }
}

/// The members of an object of which the first name has been read.
struct Members<A> {
    first: Option<String>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        match self.first.take() {
            Some(name) => seed.deserialize(name.into_deserializer()).map(Some),
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.rest.next_value_seed(seed)
    }
}
