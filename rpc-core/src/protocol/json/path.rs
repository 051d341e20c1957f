//! Says where in a JSON text a mistake is, as a path to the value that stands there.

use std::fmt::Write;

/// A bracket that is open.
enum Open<'a> {
    /// Of an array, and which element is read.
    Array(usize),
    /// Of an object, and the name of the member that is read, in its quotes.
    Object(Option<&'a str>),
}

/// The path to the innermost value that serde_json was reading when it met an error, as `.tags[2]`: empty
/// where that is the whole text, or where the error does not say. The text is known to be JSON.
///
/// The text is gone through once, up to the error, so that the decoding of what is right pays nothing.
#[cold]
pub(crate) fn path(text: &str, error: &serde_json::Error) -> String {
    let Some(before) = error.line().checked_sub(1) else { return String::new() };
    let lines = text.split_inclusive('\n').take(before);
    let read = lines.map(str::len).sum::<usize>() + error.column();
    written(&open_brackets(text, read))
}

/// The brackets that are open before the byte `end`.
fn open_brackets(text: &str, end: usize) -> Vec<Open<'_>> {
    let bytes = text.as_bytes();
    let (mut open, mut at, mut string) = (Vec::new(), 0, "");
    while at < end.min(bytes.len()) {
        let start = at;
        at += 1;
        match (bytes[start], open.last_mut()) {
            (b'"', _) => {
                at = end_of_string(bytes, at);
                string = text.get(start..at).unwrap_or_default();
            }
            (b'[', _) => open.push(Open::Array(0)),
            (b'{', _) => open.push(Open::Object(None)),
            (b']' | b'}', _) => drop(open.pop()),
            (b',', Some(Open::Array(index))) => *index += 1,
            (b',', Some(Open::Object(name))) => *name = None,
            (b':', Some(Open::Object(name))) => *name = Some(string),
            _ => {}
        }
    }
    open
}

/// Where the string ends whose first quote stands before `at`.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn written(open: &[Open<'_>]) -> String {
    let mut path = String::new();
    for bracket in open {
        match bracket {
            Open::Array(index) => {
                let _ = write!(path, "[{index}]");
            }
            Open::Object(Some(name)) => push_member(&mut path, name),
            Open::Object(None) => {}
        }
    }
    path
}

/// Writes the name of a member, which stands in its quotes, as `.name`, or as `["a name"]`.
fn push_member(path: &mut String, quoted: &str) {
    let name = quoted.trim_matches('"');
    let is_plain = |c: char| c.is_alphanumeric() || c == '_';
    let _ = if !name.is_empty() && name.chars().all(is_plain) {
        write!(path, ".{name}")
    } else {
        write!(path, "[{quoted}]")
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::path;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Task {
        title: String,
        #[serde(default)]
        tags: Vec<String>,
        #[serde(default)]
        steps: Vec<Task>,
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        others: BTreeMap<String, (u8, bool)>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    enum Kind {
        Plain,
        Due { day: u8 },
    }

    fn of<T: DeserializeOwned>(text: &str) -> String {
        let Err(error) = serde_json::from_str::<T>(text) else { panic!("{text} is right") };
        path(text, &error)
    }

    #[test]
    fn a_path_leads_to_the_innermost_value() {
        for (text, expected) in [
            ("7", ""),
            ("{}", ""),
            (r#"{"title": 7}"#, ".title"),
            (r#"{"title": [1]}"#, ".title"),
            (r#"{"title": "x", "tags": ["a", "b", 7]}"#, ".tags[2]"),
            (r#"{"title": "x", "tags": ["a",[]]}"#, ".tags[1]"),
            (r#"{"title": "x", "tags": ["a",null]}"#, ".tags[1]"),
            (r#"{"title": "x", "tags": {"a": 1}}"#, ".tags"),
            ("{\n\"title\": \"x\",\n\"tags\":\n[\"a\", \"b\",\n7 ]}", ".tags[2]"),
            (r#"{"title": "]}\"\\", "steps": [{"title": ","}, {"tags": []}]}"#, ".steps[1]"),
            (
                r#"{"title": "x", "steps": [{"title": "x", "steps": [{"title": 1}]}]}"#,
                ".steps[0].steps[0].title",
            ),
            (r#"{"title": "x", "kind": "Late"}"#, ".kind"),
            (r#"{"title": "x", "kind": {"Due": {"day": 256}}}"#, ".kind.Due.day"),
            (r#"{"title": "x", "kind": {"Due": {}}}"#, ".kind.Due"),
            (r#"{"title": "x", "others": {"a b": [1, 2]}}"#, r#".others["a b"][1]"#),
            (r#"{"title": "x", "others": {"\"é": [-1, true]}}"#, r#".others["\"é"][0]"#),
            (r#"{"title": "x", "others": {"é": [1]}}"#, ".others.é"),
        ] {
            assert_eq!(of::<Task>(text), expected, "{text}");
        }
    }
}
