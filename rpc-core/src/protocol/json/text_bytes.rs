//! Reads a sequence of bytes from base64 text: a `Vec<u8>` takes what a `Bytes` takes.

use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::super::base64;

/// The bytes of a text, for a sequence whose elements are bytes; for any other it is an error.
pub(super) struct TextBytes(Result<std::vec::IntoIter<u8>, Problem>);

/// Why a text gives no bytes, where bytes are wanted: a sequence says what it wants only when it asks for
/// its first element.
#[derive(Debug, Clone, Copy)]
pub(super) enum Problem {
    /// There are none, and the sequence is empty.
    Empty,
    /// It is not base64.
    NotBase64,
}

impl Problem {
    /// The problem that an error is, if it is one.
    #[cold]
    pub(super) fn of(error: &serde_json::Error) -> Option<Self> {
        let said = error.to_string();
        [Self::Empty, Self::NotBase64].into_iter().find(|problem| said == problem.text())
    }

    fn text(self) -> &'static str {
        match self {
            Self::Empty => "the text has no bytes",
            Self::NotBase64 => "the text is not base64",
        }
    }
}

impl TextBytes {
    pub(super) fn of(text: &str) -> Self {
        Self(match base64::decode(text) {
            None => Err(Problem::NotBase64),
            Some(bytes) if bytes.is_empty() => Err(Problem::Empty),
            Some(bytes) => Ok(bytes.into_iter()),
        })
    }
}

impl<'de> SeqAccess<'de> for TextBytes {
    type Error = serde_json::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Self::Error> {
        match &mut self.0 {
            Ok(bytes) => bytes.next().map(|byte| seed.deserialize(Element(Ok(byte)))).transpose(),
            Err(problem) => seed.deserialize(Element(Err(*problem))).map(Some),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.as_ref().ok().map(ExactSizeIterator::len)
    }
}

/// One of them.
struct Element(Result<u8, Problem>);

impl<'de> Deserializer<'de> for Element {
    type Error = serde_json::Error;

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Ok(byte) => visitor.visit_u8(byte),
            Err(problem) => Err(de::Error::custom(problem.text())),
        }
    }

    /// No other type is a byte: a text is no sequence of it.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(de::Error::custom("not a byte"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
