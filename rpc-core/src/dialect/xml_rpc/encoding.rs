//! Makes text of a message's bytes, in the encodings that XML-RPC peers write.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::protocol::{Fault, ProtocolError, code};

/// How bytes stand for characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    /// One that is not understood here.
    Other,
}

impl Encoding {
    /// The encoding of a name that IANA lists, in upper or lower case.
    pub(crate) fn named(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Self::Utf8,
            "us-ascii" | "ascii" => Self::Ascii,
            "iso-8859-1" | "iso_8859-1" | "iso8859-1" | "latin1" | "latin-1" => Self::Latin1,
            _ => Self::Other,
        }
    }
}

const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Decodes a message. Of those who may name its encoding, a byte-order mark counts before the content
/// type, and that before the XML declaration (RFC 7303, section 3); where none does, it is UTF-8.
pub(super) fn decode(message: &[u8], charset: Option<Encoding>) -> Result<Cow<'_, str>, Fault> {
    let (text, encoding) = match message.strip_prefix(UTF_8_MARK) {
        Some(text) => (text, Encoding::Utf8),
        None => match charset {
            Some(encoding) => (message, encoding),
            None => (message, declared(message)?),
        },
    };
    match encoding {
        Encoding::Latin1 if !text.is_ascii() => {
            Ok(text.iter().copied().map(char::from).collect::<String>().into())
        }
        Encoding::Latin1 | Encoding::Ascii => Ok(ascii(text)?.into()),
        Encoding::Utf8 => match std::str::from_utf8(text) {
            Ok(text) => Ok(text.into()),
            Err(error) => {
                let at = message.len() - text.len() + error.valid_up_to();
                Err(invalid(&ProtocolError::Utf8 { at }.to_string()))
            }
        },
        Encoding::Other => Err(Fault::new(
            code::UNSUPPORTED_ENCODING,
            "XML-RPC is understood here in UTF-8, US-ASCII and ISO-8859-1",
        )),
    }
}

fn ascii(text: &[u8]) -> Result<&str, Fault> {
    match (text.iter().position(|byte| !byte.is_ascii()), std::str::from_utf8(text)) {
        (None, Ok(text)) => Ok(text),
        (at, _) => Err(invalid(&format!("not US-ASCII at byte {}", at.unwrap_or_default()))),
    }
}

fn invalid(message: &str) -> Fault {
    Fault::new(code::INVALID_CHARACTER, message)
}

/// The encoding that a message's XML declaration names.
fn declared(message: &[u8]) -> Result<Encoding, Fault> {
    // UTF-16, with a byte-order mark or by the zero that one of `<`'s two bytes is.
    if matches!(message, [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, ..] | [_, 0, ..]) {
        return Ok(Encoding::Other);
    }
    if !message.starts_with(b"<?xml") {
        return Ok(Encoding::Utf8);
    }
    let Ok(Event::Decl(declaration)) = Reader::from_reader(message).read_event() else {
        return Ok(Encoding::Utf8);
    };
    match declaration.encoding() {
        None => Ok(Encoding::Utf8),
        Some(Ok(name)) => Ok(Encoding::named(&String::from_utf8_lossy(&name))),
        Some(Err(error)) => {
            let message = format!("not XML: the declaration is malformed: {error}");
            Err(Fault::new(code::PARSE_ERROR, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, decode};

    #[test]
    fn the_mark_counts_before_the_content_type_and_that_before_the_declaration() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?>\xe9";
        assert!(decode(latin, None).unwrap().ends_with('é'));
        assert_eq!(decode(latin, Some(Encoding::Utf8)).unwrap_err().code(), -32702);
        assert_eq!(decode(latin, Some(Encoding::Ascii)).unwrap_err().code(), -32702);
        let utf8 = "<?xml version='1.0' encoding='us-ascii'?>é".as_bytes();
        assert_eq!(decode(utf8, None).unwrap_err().message(), "not US-ASCII at byte 41");
        assert!(decode(utf8, Some(Encoding::Utf8)).unwrap().ends_with("?>é"));
        let marked = [b"\xef\xbb\xbf", latin.as_slice()].concat();
        assert_eq!(decode(&marked, None).unwrap_err().message(), "not UTF-8 at byte 46");
        assert_eq!(decode(&[b"\xef\xbb\xbf", utf8].concat(), None).unwrap().len(), utf8.len());
    }

    #[test]
    fn other_encodings_are_refused() {
        let declared = b"<?xml version='1.0' encoding='koi8-r'?><methodCall/>".as_slice();
        for message in [declared, b"\xff\xfe<\0", b"\xfe\xff\0<", b"<\0?\0", b"\0<"] {
            assert_eq!(decode(message, None).unwrap_err().code(), -32701, "{message:?}");
        }
        assert_eq!(decode(b"<a/>", Some(Encoding::named("utf-16"))).unwrap_err().code(), -32701);
    }
}
