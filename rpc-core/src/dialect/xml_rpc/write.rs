//! Writes values: JSON text in, XML out.

use std::fmt;

use crate::protocol::ProtocolError;
use crate::protocol::json::{Kind, Mark, Reader};

use super::extensions::Extensions;
use super::tags::is_xml;

/// Why a value has no form in XML-RPC.
#[derive(Debug)]
pub(super) struct Unsendable(String);

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ProtocolError> for Unsendable {
    fn from(error: ProtocolError) -> Self {
        Self(error.to_string())
    }
}

type Result<T = (), E = Unsendable> = std::result::Result<T, E>;

/// Appends one JSON text as a `value`.
pub(super) fn write_text(out: &mut Vec<u8>, json: &str, extensions: Extensions) -> Result {
    let mut reader = Reader::new(json, usize::MAX);
    write_value(out, &mut reader, extensions)?;
    Ok(reader.end()?)
}

/// Appends the next JSON value as a `value`.
pub(super) fn write_value(
    out: &mut Vec<u8>,
    reader: &mut Reader<'_>,
    extensions: Extensions,
) -> Result {
    tag(out, "<value>");
    match reader.kind()? {
        Kind::Object => {
            tag(out, "<struct>");
            reader.object(|reader, name| {
                tag(out, "<member><name>");
                text(out, &name.resolve())?;
                tag(out, "</name>");
                write_value(out, reader, extensions)?;
                tag(out, "</member>");
                Ok::<_, Unsendable>(())
            })?;
            tag(out, "</struct>");
        }
        Kind::Array => {
            tag(out, "<array><data>");
            reader.array(|reader| write_value(out, reader, extensions))?;
            tag(out, "</data></array>");
        }
        Kind::String => {
            let name = match reader.mark() {
                Some(Mark::Bytes) => "base64",
                Some(Mark::DateTime) => "dateTime.iso8601",
                _ => "string",
            };
            let string = reader.string()?.resolve();
            element(out, name, |out| text(out, &string))?;
        }
        Kind::Number => number(out, reader.value()?, extensions)?,
        Kind::Boolean => {
            let boolean = if reader.value()? == "true" { "1" } else { "0" };
            element(out, "boolean", |out| text(out, boolean))?;
        }
        Kind::Null => {
            let mark = reader.mark();
            reader.value()?;
            match (extensions.prefix(), mark) {
                (Some(prefix), _) => tag(out, &format!("<{prefix}nil/>")),
                (None, Some(Mark::Nothing)) => tag(out, "<string></string>"),
                (None, _) => {
                    return Err(Unsendable(format!("XML-RPC has no null, and {UNSHOWN} `<nil/>`")));
                }
            }
        }
    }
    tag(out, "</value>");
    Ok(())
}

const UNSHOWN: &str =
    "the other side has not shown, by sending one or by `XmlRpcOptions::extensions`, that it knows";

fn number(out: &mut Vec<u8>, number: &str, extensions: Extensions) -> Result {
    if number.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        let float = number.parse::<f64>().ok().filter(|float| float.is_finite());
        let float = float.ok_or_else(|| Unsendable(format!("{number} is no finite number")))?;
        // `Display` writes no exponent, for which the specification has no room.
        let point = if float.fract() == 0.0 { ".0" } else { "" };
        return element(out, "double", |out| text(out, &format!("{float}{point}")));
    }
    match (number.parse::<i64>(), extensions.prefix()) {
        (Ok(whole), _) if i32::try_from(whole).is_ok() => {
            element(out, "int", |out| text(out, number))
        }
        (Ok(_), Some(prefix)) => element(out, &format!("{prefix}i8"), |out| text(out, number)),
        (Ok(_), None) => Err(Unsendable(format!(
            "{number} does not fit XML-RPC's 32-bit int, and {UNSHOWN} `<i8>`"
        ))),
        (Err(_), _) => Err(Unsendable(format!(
            "{number} does not fit the 64 bits of `<i8>`; send it as a text"
        ))),
    }
}

fn element(out: &mut Vec<u8>, name: &str, content: impl FnOnce(&mut Vec<u8>) -> Result) -> Result {
    tag(out, &format!("<{name}>"));
    content(out)?;
    tag(out, &format!("</{name}>"));
    Ok(())
}

pub(super) fn tag(out: &mut Vec<u8>, tag: &str) {
    out.extend_from_slice(tag.as_bytes());
}

/// Appends text between tags.
pub(super) fn text(out: &mut Vec<u8>, text: &str) -> Result {
    if let Some(c) = text.chars().find(|&c| !is_xml(c)) {
        return Err(Unsendable(format!(
            "XML has no character U+{:04X}; send the text as bytes",
            u32::from(c)
        )));
    }
    escape(out, text);
    Ok(())
}

/// Appends text between tags, in which characters that XML has not are replaced.
pub(super) fn lossy_text(out: &mut Vec<u8>, text: &str) {
    escape(out, &text.replace(|c| !is_xml(c), "\u{fffd}"));
}

fn escape(out: &mut Vec<u8>, text: &str) {
    let special = |c| matches!(c, '<' | '>' | '&' | '\r');
    for part in text.split_inclusive(special) {
        let plain = part.trim_end_matches(special);
        tag(out, plain);
        tag(
            out,
            match &part[plain.len()..] {
                "<" => "&lt;",
                // Only `]]>` needs it.
                ">" => "&gt;",
                "&" => "&amp;",
                // As it stands, it would be read as a newline.
                "\r" => "&#13;",
                _ => "",
            },
        );
    }
}
