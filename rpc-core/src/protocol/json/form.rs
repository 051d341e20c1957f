//! Values whose type JSON cannot say: how the writer marks them for dialects that can.
//!
//! JSON has one kind of string, and XML-RPC has three. White space before a value means nothing to
//! JSON, and the writer makes none of itself; so in a reply bound for XML a certain piece of it says
//! what the value behind it is. Whoever else reads the text, a layer say, reads plain JSON.

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    /// As JSON and no more.
    #[default]
    Plain,
    /// With marks before values that are more than JSON can say.
    Marked,
}

impl Form {
    /// Appends text that was written with marks, and leaves them out where none are wanted.
    pub(crate) fn append(self, out: &mut Vec<u8>, text: &[u8]) {
        // Within a string both are escaped, and elsewhere every mark has a `\r`.
        if self == Self::Marked || !text.contains(&b'\r') {
            out.extend_from_slice(text);
        } else {
            out.extend(text.iter().filter(|&&byte| !matches!(byte, b'\r' | b'\t')));
        }
    }
}

/// What a marked value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A string that is the base64 text of bytes.
    Bytes,
    /// A string that is a date.
    DateTime,
}

impl Mark {
    /// The name under which bytes serialise themselves, as a newtype struct.
    pub(crate) const BYTES: &str = "$rpc_core::types::Bytes";

    /// The name under which a date serialises itself, as a newtype struct.
    pub(crate) const DATE_TIME: &str = "$rpc_core::types::DateTime";

    /// The mark of a newtype struct, if it is one of ours.
    pub(super) fn of_newtype(name: &str) -> Option<Self> {
        match name {
            Self::BYTES => Some(Self::Bytes),
            Self::DATE_TIME => Some(Self::DateTime),
            _ => None,
        }
    }

    /// The white space that says it.
    pub(super) fn white(self) -> &'static str {
        match self {
            Self::Bytes => "\r\t\r",
            Self::DateTime => "\r\r\t",
        }
    }
}

/// The mark that a text ends in.
#[cfg(feature = "xmlrpc")]
pub(super) fn mark_behind(text: &str) -> Option<Mark> {
    let marks = [Mark::Bytes, Mark::DateTime];
    marks.into_iter().find(|mark| text.ends_with(mark.white()))
}
