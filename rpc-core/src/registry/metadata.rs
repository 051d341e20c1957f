//! What a call's message says besides its arguments: names and texts.

use std::sync::OnceLock;

use crate::protocol::json::Reader;
use crate::protocol::{Limits, ProtocolError};

/// The text of an object of strings, read when somebody asks.
pub(super) struct Metadata {
    text: Box<str>,
    members: OnceLock<Vec<(Box<str>, Box<str>)>>,
}

impl Metadata {
    pub(super) fn of(text: &str) -> Self {
        Self { text: text.into(), members: OnceLock::new() }
    }

    /// The value of the first of this name, which is compared without regard to the case of ASCII
    /// letters, as the names of headers are.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let members = self.members.get_or_init(|| read(&self.text));
        let mut members = members.iter();
        members.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

/// Reads what has been checked when the message was read.
fn read(text: &str) -> Vec<(Box<str>, Box<str>)> {
    let mut members = Vec::new();
    let _ = Reader::new(text, Limits::MAX_DEPTH).object(|reader, key| {
        let value = reader.string()?.resolve();
        members.push((key.resolve().into(), value.into()));
        Ok::<_, ProtocolError>(())
    });
    members
}

#[cfg(test)]
mod tests {
    use super::Metadata;

    #[test]
    fn names_and_values_are_read_as_they_were_written() {
        let metadata = Metadata::of(r#"{ "a\u0041" : "\"\n" , "é":"", "AA":"second" }"#);
        assert_eq!(metadata.get("Aa"), Some("\"\n"));
        assert_eq!(metadata.get("é"), Some(""));
        assert_eq!(metadata.get("É"), None);
        assert_eq!(metadata.get(""), None);
    }
}
