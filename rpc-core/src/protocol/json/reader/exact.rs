//! Steps over what stands at the cursor byte for byte, for messages in their usual form.

use super::super::plain::plain_prefix;
use super::Reader;

impl<'a> Reader<'a> {
    /// Steps over `bytes`, if these stand at the cursor.
    pub(crate) fn step<const N: usize>(&mut self, bytes: &[u8; N]) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let found = rest.first_chunk() == Some(bytes);
        if found {
            self.at += N;
        }
        found
    }

    /// Steps over `bytes`, which open an object, if these stand at the cursor and depth allows.
    pub(crate) fn enter<const N: usize>(&mut self, bytes: &[u8; N]) -> bool {
        self.deepen().is_ok() && self.step(bytes)
    }

    /// Steps over text that stands in a string as it is.
    pub(crate) fn plain_text(&mut self) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = plain_prefix(rest.as_bytes());
        self.at += length;
        &rest[..length]
    }

    /// Steps over a string without escapes that stands at the cursor, and returns it quotes and all.
    pub(crate) fn plain_string(&mut self) -> Option<&'a str> {
        let start = self.at;
        let is_string = self.step(b"\"") && {
            self.plain_text();
            self.step(b"\"")
        };
        is_string.then(|| &self.text[start..self.at])
    }

    /// Steps over the end of an object, if it stands at the cursor.
    pub(crate) fn leave(&mut self) -> bool {
        let is_end = self.text.as_bytes().get(self.at) == Some(&b'}');
        if is_end {
            self.close();
        }
        is_end
    }

    /// Has `walk` step ahead; where it finds nothing, the cursor stays.
    pub(crate) fn attempt<T>(&mut self, walk: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let Self { at, depth, has_escapes, .. } = *self;
        let found = walk(self);
        if found.is_none() {
            *self = Self { at, depth, has_escapes, ..*self };
        }
        found
    }

    /// Whether this byte stands at the cursor and ends the text.
    pub(crate) fn is_last(&self, byte: u8) -> bool {
        self.text.as_bytes().get(self.at..) == Some(&[byte])
    }
}
