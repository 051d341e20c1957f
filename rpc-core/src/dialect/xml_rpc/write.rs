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
                if extensions == Extensions::None && reader.kind()? == Kind::Null {
                    reader.value()?;
                    return Ok(());
                }
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
            reader.value()?;
            match extensions {
                // The one value that every library reads and every language takes for little.
                Extensions::None => tag(out, "<string></string>"),
                shown => tag(out, &format!("<{}nil/>", shown.prefix())),
            }
        }
    }
    tag(out, "</value>");
    Ok(())
}

fn number(out: &mut Vec<u8>, number: &str, extensions: Extensions) -> Result {
    if number.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        let float = number.parse::<f64>().ok().filter(|float| float.is_finite());
        let float = float.ok_or_else(|| Unsendable(format!("{number} is no finite number")))?;
        // `Display` writes no exponent, for which the specification has no room.
        let point = if float.fract() == 0.0 { ".0" } else { "" };
        return element(out, "double", |out| text(out, &format!("{float}{point}")));
    }
    match number.parse::<i64>() {
        Ok(whole) if i32::try_from(whole).is_ok() => element(out, "int", |out| text(out, number)),
        // The function has run, so what nearly every library reads is better than a fault.
        Ok(_) => element(out, &format!("{}i8", extensions.prefix()), |out| text(out, number)),
        Err(_) => Err(Unsendable(format!(
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
