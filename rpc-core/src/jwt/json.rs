//! JSON objects in which each member stands once, so that nobody reads them in another way.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::protocol::ProtocolError;
use crate::protocol::json::{Kind, Reader};

/// As deep values may be nested.
const DEPTH: usize = 32;

/// An object's members.
pub(super) type Members = Map<String, Value>;

/// A text that is not what it should be.
struct Odd;

impl From<ProtocolError> for Odd {
    fn from(_: ProtocolError) -> Self {
        Self
    }
}

/// The members of the object that a text is; `None` where it is none, or an object in it has two members of one name.
pub(super) fn members(text: &[u8]) -> Option<Members> {
    let text = std::str::from_utf8(text).ok()?;
    let mut reader = Reader::new(text, DEPTH);
    check(&mut reader).ok()?;
    reader.end().ok()?;
    serde_json::from_str(text).ok()
}

fn check(reader: &mut Reader<'_>) -> Result<(), Odd> {
    match reader.kind()? {
        Kind::Object => {
            let mut names = HashSet::<Cow<'_, str>>::new();
            reader.object(|reader, name| {
                if !names.insert(name.resolve()) {
                    return Err(Odd);
                }
                check(reader)
            })
        }
        Kind::Array => reader.array(check),
        _ => Ok(reader.value().map(drop)?),
    }
}

/// A member that is text.
pub(super) fn text<'m>(members: &'m Members, name: &str) -> Option<&'m str> {
    members.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn a_member_that_stands_twice_makes_it_no_object() {
        for text in ["{}", r#"{"a":1,"b":[{"a":2},{"a":3}],"c":{"a":null}}"#, " { \"a\" : true } "]
        {
            assert!(members(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "",
            "[]",
            "1",
            "\"a\"",
            "{} {}",
            "{",
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"{"x":[[{"a":1,"b":2,"a":3}]]}"#,
            r#"{"a":01}"#,
            "\u{feff}{}",
        ] {
            assert!(members(text.as_bytes()).is_none(), "{text}");
        }
        assert!(members(b"{\"a\":\"\xff\"}").is_none());
        let deep = |levels: usize| "{\"a\":".repeat(levels) + "1" + &"}".repeat(levels);
        assert!(members(deep(30).as_bytes()).is_some());
        assert!(members(deep(3000).as_bytes()).is_none());
    }
}
