//! Walks JSON text (RFC 8259) and hands out the texts of its values, decoding nothing.
//!
//! One walk checks the whole grammar and the depth limit, so that what is decoded later, skipped
//! or passed on raw has been held to the same rules. It uses no stack that grows with the text.

mod exact;

use std::ops::Range;

use super::super::{Limits, ProtocolError};
#[cfg(feature = "xmlrpc")]
use super::form::{Mark, mark_behind};
use super::key::Key;
use super::plain::plain_prefix;

/// A cursor over one JSON text.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    limit: usize,
    has_escapes: bool,
}

/// A value where it stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span<'a> {
    pub(crate) text: &'a str,
    pub(crate) start: usize,
    /// Whether an escape may stand in a string of it.
    pub(crate) has_escapes: bool,
}

impl Span<'_> {
    /// From where to where it stands.
    pub(crate) fn place(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

/// What kind of value stands at the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

type Result<T, E = ProtocolError> = std::result::Result<T, E>;

impl<'a> Reader<'a> {
    /// Starts at the beginning of `text`, allowing `limit` levels of nesting.
    pub(crate) fn new(text: &'a str, limit: usize) -> Self {
        Self { text, at: 0, depth: 0, limit: limit.min(Limits::MAX_DEPTH), has_escapes: false }
    }

    /// Takes UTF-8 bytes as text.
    pub(crate) fn text(bytes: &'a [u8]) -> Result<&'a str> {
        std::str::from_utf8(bytes).map_err(|error| ProtocolError::Utf8 { at: error.valid_up_to() })
    }

    /// Says what kind of value comes next.
    pub(crate) fn kind(&mut self) -> Result<Kind> {
        Ok(match self.token() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') => Kind::Null,
            _ => return Err(self.expected("a value")),
        })
    }

    /// The mark before the next value.
    #[cfg(feature = "xmlrpc")]
    pub(crate) fn mark(&mut self) -> Option<Mark> {
        self.token();
        mark_behind(&self.text[..self.at])
    }

    /// Steps over the next value and returns its text.
    #[inline]
    pub(crate) fn value(&mut self) -> Result<&'a str> {
        match self.small_number() {
            Some(number) => Ok(number),
            None => self.lend(Self::skip),
        }
    }

    /// Steps over a whole number that stands at the cursor with another token or nothing right behind
    /// it, as most numbers do: shorter than [`value`](Self::value), which any value takes.
    #[inline]
    pub(crate) fn small_number(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut end = start;
        while let Some(b'0'..=b'9') = bytes.get(end) {
            end += 1;
        }
        let leading_zero = end - start > 1 && bytes[start] == b'0';
        if end == start
            || leading_zero
            || !matches!(bytes.get(end), None | Some(b',' | b']' | b'}'))
        {
            return None;
        }
        self.at = end;
        Some(&self.text[start..end])
    }

    /// Steps over the next value and returns where it stands in the text.
    pub(crate) fn span(&mut self) -> Result<Span<'a>> {
        self.token();
        let start = self.at;
        if self.small_number().is_none() {
            self.skip()?;
        }
        Ok(Span { text: &self.text[start..self.at], start, has_escapes: self.has_escapes })
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.text.len() - self.at
    }

    /// Whether an escape has stood in a string so far.
    pub(crate) fn has_escapes(&self) -> bool {
        self.has_escapes
    }

    /// Returns the text that `walk` steps over.
    pub(crate) fn lend(&mut self, walk: impl FnOnce(&mut Self) -> Result<()>) -> Result<&'a str> {
        self.token();
        let start = self.at;
        walk(self)?;
        Ok(&self.text[start..self.at])
    }

    /// Steps over the next value, which is a string, and returns what is between its quotes.
    pub(crate) fn string(&mut self) -> Result<Key<'a>> {
        match self.token() {
            Some(b'"') => self.quoted(),
            _ => Err(self.expected("a string")),
        }
    }

    /// Walks the array that comes next; `element` steps over one value at each call.
    pub(crate) fn array<E: From<ProtocolError>>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.open(b'[', "an array")?;
        if self.token() == Some(b']') {
            self.close();
            return Ok(());
        }
        loop {
            element(self)?;
            match self.token() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.close();
                    return Ok(());
                }
                _ => return Err(self.expected("`,` or `]`").into()),
            }
        }
    }

    /// Walks the object that comes next; `member` steps over one value at each call.
    pub(crate) fn object<E: From<ProtocolError>>(
        &mut self,
        mut member: impl FnMut(&mut Self, Key<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.open(b'{', "an object")?;
        if self.token() == Some(b'}') {
            self.close();
            return Ok(());
        }
        loop {
            let key = self.key()?;
            member(self, key)?;
            match self.token() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.close();
                    return Ok(());
                }
                _ => return Err(self.expected("`,` or `}`").into()),
            }
        }
    }

    /// Checks that nothing but white space is left.
    pub(crate) fn end(&mut self) -> Result<()> {
        match self.token() {
            None => Ok(()),
            Some(_) => Err(self.expected("the end of the text")),
        }
    }

    fn open(&mut self, bracket: u8, name: &'static str) -> Result<()> {
        if self.token() != Some(bracket) {
            return Err(self.expected(name));
        }
        self.deepen()?;
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.at += 1;
    }

    fn deepen(&mut self) -> Result<()> {
        if self.depth >= self.limit {
            return Err(ProtocolError::TooDeep { limit: self.limit });
        }
        self.depth += 1;
        Ok(())
    }

    /// Steps over white space and returns the byte that stands there.
    #[inline]
    fn token(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if !is_white(byte) {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    fn key(&mut self) -> Result<Key<'a>> {
        if self.token() != Some(b'"') {
            return Err(self.expected("a member name in quotes"));
        }
        let key = self.quoted()?;
        if self.token() != Some(b':') {
            return Err(self.expected("`:`"));
        }
        self.at += 1;
        Ok(key)
    }

    /// Steps over one value of any kind. `objects` has a bit for every open bracket, so depth
    /// costs no memory.
    fn skip(&mut self) -> Result<()> {
        let outer = self.depth;
        let mut objects: u128 = 0;
        loop {
            match self.token() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.deepen()?;
                    self.at += 1;
                    let object = bracket == b'{';
                    objects = objects << 1 | u128::from(object);
                    if self.token() == Some(if object { b'}' } else { b']' }) {
                        self.close();
                        objects >>= 1;
                    } else {
                        if object {
                            self.key()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => {
                    self.quoted()?;
                }
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.literal("true")?,
                Some(b'f') => self.literal("false")?,
                Some(b'n') => self.literal("null")?,
                _ => return Err(self.expected("a value")),
            }
            loop {
                if self.depth == outer {
                    return Ok(());
                }
                let object = objects & 1 == 1;
                match self.token() {
                    Some(b',') => {
                        self.at += 1;
                        if object {
                            self.key()?;
                        }
                        break;
                    }
                    Some(b'}') if object => {}
                    Some(b']') if !object => {}
                    _ if object => return Err(self.expected("`,` or `}`")),
                    _ => return Err(self.expected("`,` or `]`")),
                }
                self.close();
                objects >>= 1;
            }
        }
    }

    /// Steps over the string whose opening quote stands at the cursor.
    fn quoted(&mut self) -> Result<Key<'a>> {
        let bytes = self.text.as_bytes();
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain_prefix(&bytes[self.at..]);
            match bytes.get(self.at) {
                Some(b'"') => {
                    let text = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(if escaped { Key::Escaped(text) } else { Key::Plain(text) });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.has_escapes = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.expected("no raw control character in a string")),
                None => return Err(self.expected("the closing quote of a string")),
            }
        }
    }

    /// Steps over one escape; a surrogate without its other half is refused.
    fn escape(&mut self) -> Result<()> {
        match self.text.as_bytes().get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => match self.unicode_escape() {
                Some(0xD800..=0xDBFF) => match self.unicode_escape() {
                    Some(0xDC00..=0xDFFF) => Ok(()),
                    _ => Err(self.expected("the second half of a surrogate pair")),
                },
                Some(0xDC00..=0xDFFF) => Err(self.expected("the first half of a surrogate pair")),
                Some(_) => Ok(()),
                None => Err(self.expected("`\\u` and four hexadecimal digits")),
            },
            _ => Err(self.expected("an escape JSON knows")),
        }
    }

    fn unicode_escape(&mut self) -> Option<u32> {
        let escape = self.text.as_bytes().get(self.at..self.at + 6)?;
        let digits = escape.strip_prefix(b"\\u")?;
        let mut unit = 0;
        for &digit in digits {
            unit = unit << 4 | char::from(digit).to_digit(16)?;
        }
        self.at += 6;
        Some(unit)
    }

    fn literal(&mut self, word: &'static str) -> Result<()> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.expected("`true`, `false` or `null`"))
        }
    }

    fn number(&mut self) -> Result<()> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.text.as_bytes().get(self.at) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.expected("a digit"));
        }
        Ok(())
    }

    fn expected(&self, expected: &'static str) -> ProtocolError {
        ProtocolError::Syntax { expected, at: self.at }
    }
}

/// White space between tokens (RFC 8259, section 2).
pub(crate) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::Reader;

    fn accepts(text: &str) -> bool {
        let mut reader = Reader::new(text, 128);
        reader.value().and_then(|_| reader.end()).is_ok()
    }

    #[test]
    fn what_serde_json_takes_is_taken_and_nothing_else() {
        let texts = [
            "0",
            "-0",
            "01",
            "1.",
            "1.5e+3",
            "1e400",
            "-",
            "+1",
            ".5",
            "NaN",
            "Infinity",
            "true",
            "tru",
            "nul",
            "null",
            "\"\"",
            "\"\\u12\"",
            "\"\\ud83d\\ude00\"",
            "\"\\x\"",
            "\"a",
            "[]",
            "[1,]",
            "[,]",
            "[1 2]",
            "{}",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{a:1}",
            "{\"a\":{\"b\":[{}]}}",
            "[}",
            "{]",
            "[[],[[]],{\"x\":[]}]",
            " [ 1 , 2 ] ",
            "1 2",
            "",
            " ",
            "\"\t\"",
            "\u{feff}1",
        ];
        for text in texts {
            // `IgnoredAny` does not look at number ranges or surrogates, like the reader it skips.
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            assert_eq!(accepts(text), theirs, "{text:?}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_refused() {
        for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800x""#, r#""\ud800\u0041""#] {
            assert!(!accepts(text), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded_and_costs_no_stack() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(accepts(&nested(128)));
        assert!(!accepts(&nested(129)));
        assert!(!accepts(&"[{\"a\":".repeat(2_500_000)));
    }
}
