//! A string as it stands in the text, between its quotes.

use std::borrow::Cow;

/// The text between a string's quotes, as it stands there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key<'a> {
    Plain(&'a str),
    Escaped(&'a str),
}

impl<'a> Key<'a> {
    /// The text with its escapes resolved.
    pub(crate) fn resolve(self) -> Cow<'a, str> {
        match self {
            Self::Plain(text) => Cow::Borrowed(text),
            Self::Escaped(text) => unescape(text),
        }
    }
}

/// Resolves escapes that the reader has checked, so that it can only succeed; were it ever not to,
/// the raw text is a name that nothing has.
#[cold]
fn unescape(text: &str) -> Cow<'_, str> {
    match serde_json::from_str(&format!("\"{text}\"")) {
        Ok(resolved) => Cow::Owned(resolved),
        Err(_) => Cow::Borrowed(text),
    }
}

impl Default for Key<'_> {
    fn default() -> Self {
        Self::Plain("")
    }
}
