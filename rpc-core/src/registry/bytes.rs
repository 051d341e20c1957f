//! Bytes as they travel in JSON: base64 text (RFC 4648, section 4).

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::protocol::base64::{decode, encode};
use crate::protocol::json::Mark;

/// Bytes, sent as base64 text with padding in every dialect that has only text.
///
/// A parameter or a result of an exported function that is written `&[u8]`, `Vec<u8>`, `Box<[u8]>` or
/// `Cow<'_, [u8]>` travels so too, also in an `Option`, and the result in a `Result`. Inside other types a `Vec<u8>` is an array of numbers, as serde writes it: have
/// a `Bytes` there. What arrives may be base64 with or without padding, or an array of numbers from 0
/// to 255.
///
/// ```
/// use rpc_core::types::Bytes;
///
/// let bytes = Bytes::from(&[0xDE, 0xAD, 0xBE, 0xEF][..]);
/// assert_eq!(serde_json::to_string(&bytes)?, r#""3q2+7w==""#);
/// assert_eq!(serde_json::from_str::<Bytes>(r#""3q2+7w""#)?, bytes);
/// assert_eq!(serde_json::from_str::<Bytes>("[222, 173, 190, 239]")?, bytes);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Bytes<'a>(Cow<'a, [u8]>);

impl Bytes<'_> {
    /// The bytes, owned.
    pub fn into_vec(self) -> Vec<u8> {
        self.0.into_owned()
    }
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<'a> From<&'a [u8]> for Bytes<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Bytes<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Cow::Owned(bytes))
    }
}

impl From<Box<[u8]>> for Bytes<'_> {
    fn from(bytes: Box<[u8]>) -> Self {
        Self(Cow::Owned(bytes.into_vec()))
    }
}

impl<'a> From<Cow<'a, [u8]>> for Bytes<'a> {
    fn from(bytes: Cow<'a, [u8]>) -> Self {
        Self(bytes)
    }
}

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Mark::BYTES, &Base64(&self.0))
    }
}

/// Bytes that are text to whoever wants text.
struct Base64<'b>(&'b [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&encode(self.0))
        } else {
            serializer.serialize_bytes(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Bytes<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64 text, or an array of bytes")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<u8>, E> {
                decode(text).ok_or_else(|| E::custom("the text is not base64"))
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes)
            }
        }

        deserializer.deserialize_any(Read).map(Self::from)
    }
}
