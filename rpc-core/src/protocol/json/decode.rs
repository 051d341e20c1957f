//! Decodes the text of one JSON value that a [`Reader`](super::Reader) has stepped over.
//!
//! serde_json decodes, but for what needs no decoding: a number of a few digits, and a string without
//! escapes, however long. A value that is a sequence of bytes, as a `Vec<u8>` is, may also be base64.

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::de::StrRead;

use super::numbers::{ARE_TEXT, Numbers};
use super::text_bytes::{Problem, TextBytes};

type Result<T> = serde_json::Result<T>;

/// Decodes a value, borrowing from its text where that can be borrowed from. `has_escapes` is what the
/// reader says of it; that there may be some is always true.
pub(crate) fn decode<'de, T: Deserialize<'de>>(text: &'de str, has_escapes: bool) -> Result<T> {
    let checked = Checked { text, has_escapes };
    let decoded = if ARE_TEXT { T::deserialize(Numbers(checked)) } else { T::deserialize(checked) };
    // What goes wrong is said by serde_json, which says where.
    decoded.or_else(|error| match Problem::of(&error) {
        Some(Problem::Empty) => by_serde_json("[]"),
        Some(Problem::NotBase64) => Err(error),
        None => by_serde_json(text),
    })
}

/// Decodes a value that may have been written with other rules than ours, as data is that somebody else
/// has sent on.
pub(crate) fn by_serde_json<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value =
        if ARE_TEXT { T::deserialize(Numbers(&mut json)) } else { T::deserialize(&mut json) }?;
    json.end()?;
    Ok(value)
}

/// The text of a value that is known to be JSON.
struct Checked<'de> {
    text: &'de str,
    has_escapes: bool,
}

impl<'de> Checked<'de> {
    fn small_number(&self) -> Option<u64> {
        // As many digits as a `u64` always holds.
        const DIGITS: usize = 18;
        if self.text.is_empty() || self.text.len() > DIGITS {
            return None;
        }
        self.text.bytes().try_fold(0, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0'))
        })
    }

    fn plain_string(&self) -> Option<&'de str> {
        let text = self.text.strip_prefix('"')?.strip_suffix('"')?;
        (!self.has_escapes || !text.contains('\\')).then_some(text)
    }

    fn by_serde_json<T>(
        &self,
        decode: impl FnOnce(&mut serde_json::Deserializer<StrRead<'de>>) -> Result<T>,
    ) -> Result<T> {
        let mut json = serde_json::Deserializer::from_str(self.text);
        let value = decode(&mut json)?;
        // A whole number may have been read of one that is none.
        json.end()?;
        Ok(value)
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.small_number() {
                Some(number) => visitor.visit_u64(number),
                None => self.by_serde_json(|json| json.$method(visitor)),
            }
        }
    )*};
}

macro_rules! strings {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.plain_string() {
                Some(text) => visitor.visit_borrowed_str(text),
                None => self.by_serde_json(|json| json.$method(visitor)),
            }
        }
    )*};
}

macro_rules! others {
    ($($method:ident($($name:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value> {
            self.by_serde_json(|json| json.$method($($name,)* visitor))
        }
    )*};
}

impl<'de> Deserializer<'de> for Checked<'de> {
    type Error = serde_json::Error;

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    strings! { deserialize_str deserialize_string }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.text == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// A sequence of bytes may be a text.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.plain_string() {
            Some(text) => visitor.visit_seq(TextBytes::of(text)),
            None => self.by_serde_json(|json| json.deserialize_seq(visitor)),
        }
    }

    others! {
        deserialize_any()
        deserialize_bool()
        deserialize_i128()
        deserialize_u128()
        deserialize_f32()
        deserialize_f64()
        deserialize_char()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_unit()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier()
        deserialize_ignored_any()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::fmt::Debug;

    use serde::Deserialize;
    use serde_json::Value;
    use serde_json::value::RawValue;

    use super::decode;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    enum Unit {
        #[serde(rename = "x")]
        X,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct New(u8);

    fn assert_same<'de, T: Deserialize<'de> + Debug>(text: &'de str) {
        let told = |result: serde_json::Result<T>| match result {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(told(decode(text, true)), told(serde_json::from_str(text)), "{text}");
        if !text.contains('\\') {
            assert_eq!(told(decode::<T>(text, false)), told(serde_json::from_str(text)), "{text}");
        }
    }

    #[test]
    fn values_and_errors_are_serde_jsons() {
        let texts = [
            "0",
            "7",
            "-0",
            "-7",
            "127",
            "128",
            "255",
            "256",
            "65536",
            "4294967296",
            "1.0",
            "1e3",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "999999999999999999",
            "1000000000000000000",
            "null",
            "true",
            "\"\"",
            "\"x\"",
            "\"é\"",
            "\"\\n\"",
            "\"12\"",
            "\"\\\"\"",
            "[1]",
            "[]",
            "{}",
            "{\"a\":1}",
            "[\"x\",\"\\u0041\"]",
        ];
        for text in texts {
            assert_same::<i8>(text);
            assert_same::<i16>(text);
            assert_same::<i32>(text);
            assert_same::<i64>(text);
            assert_same::<i128>(text);
            assert_same::<u8>(text);
            assert_same::<u16>(text);
            assert_same::<u32>(text);
            assert_same::<u64>(text);
            assert_same::<f32>(text);
            assert_same::<f64>(text);
            assert_same::<bool>(text);
            assert_same::<char>(text);
            assert_same::<()>(text);
            assert_same::<&str>(text);
            assert_same::<String>(text);
            assert_same::<Cow<'_, str>>(text);
            assert_same::<Option<u8>>(text);
            assert_same::<Option<Option<String>>>(text);
            assert_same::<Vec<i64>>(text);
            assert_same::<Unit>(text);
            assert_same::<New>(text);
            assert_same::<Value>(text);
            assert_same::<Box<RawValue>>(text);
            assert_same::<&RawValue>(text);
        }
    }
}
