//! Makes text of a message's bytes, in the encodings that XML-RPC peers write.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::protocol::{Fault, ProtocolError, code};

use super::single_byte::{latin9, windows_1252};

/// How bytes stand for characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    /// ISO-8859-15.
    Latin9,
    Windows1252,
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
            "iso-8859-15" | "iso_8859-15" | "iso8859-15" | "latin-9" | "latin9" => Self::Latin9,
            "windows-1252" | "cp1252" | "cp-1252" => Self::Windows1252,
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
    let bytes = || text.iter().copied();
    match encoding {
        Encoding::Latin1 | Encoding::Latin9 | Encoding::Windows1252 if text.is_ascii() => {
            Ok(ascii(text)?.into())
        }
        Encoding::Ascii => Ok(ascii(text)?.into()),
        Encoding::Latin1 => Ok(bytes().map(char::from).collect::<String>().into()),
        Encoding::Latin9 => Ok(bytes().map(latin9).collect::<String>().into()),
        Encoding::Windows1252 => match bytes().map(windows_1252).collect::<Option<String>>() {
            Some(text) => Ok(text.into()),
            None => {
                let at = bytes().position(|byte| windows_1252(byte).is_none());
                Err(invalid(&format!("not windows-1252 at byte {}", at.unwrap_or_default())))
            }
        },
        Encoding::Utf8 => match std::str::from_utf8(text) {
            Ok(text) => Ok(text.into()),
            Err(error) => {
                let at = message.len() - text.len() + error.valid_up_to();
                Err(invalid(&ProtocolError::Utf8 { at }.to_string()))
            }
        },
        Encoding::Other => Err(Fault::new(
            code::UNSUPPORTED_ENCODING,
            "XML-RPC is understood here in UTF-8, US-ASCII, ISO-8859-1, ISO-8859-15 and windows-1252",
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
    // Some programs put a line break before it.
    let message = message.trim_ascii_start();
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
    fn encodings_of_one_byte_have_their_own_characters() {
        let read =
            |name, bytes: &[u8]| decode(bytes, Some(Encoding::named(name))).unwrap().into_owned();
        assert_eq!(read("ISO-8859-1", b"<\xa4\xe9\xbd"), "<¤é½");
        assert_eq!(read("iso-8859-15", b"<\xa4\xe9\xbd"), "<€éœ");
        assert_eq!(read("Windows-1252", b"<\x80\xe9\x9c\xa4"), "<€éœ¤");
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(read("iso-8859-15", &all).chars().filter(|c| u32::from(*c) > 0xff).count(), 8);
        let undefined = b"\x81\x8d\x8f\x90\x9d";
        let known: Vec<u8> = all.into_iter().filter(|byte| !undefined.contains(byte)).collect();
        let wide = |text: &str| text.chars().filter(|c| u32::from(*c) > 0xff).count();
        assert_eq!(wide(&read("windows-1252", &known)), 27);
        for byte in undefined {
            let fault = decode(&[b'<', *byte], Some(Encoding::Windows1252)).unwrap_err();
            assert_eq!((fault.code(), fault.message()), (-32702, "not windows-1252 at byte 1"));
        }
        let declared = b"\n <?xml version='1.0' encoding='iso-8859-15'?>\xa4";
        assert!(decode(declared, None).unwrap().ends_with('€'));
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
