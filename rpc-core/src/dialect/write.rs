//! Writes calls and replies in whatever dialect they are to be in.

use std::time::Duration;

use crate::protocol::{ArgumentError, Arguments, Credit, Fault, Framing};

use super::parts::append;
#[cfg(feature = "xmlrpc")]
use super::xml_rpc;
use super::{Dialect, json_rpc, native, ping};

impl Dialect {
    /// Appends a call but for its end, which says what becomes of its reply.
    pub(crate) fn begin_call(
        self,
        out: &mut Vec<u8>,
        method: &str,
        arguments: &impl Arguments,
    ) -> Result<(), ArgumentError> {
        match self {
            Self::Native | Self::NativeWithoutIds => native::begin_call(out, method, arguments),
            Self::Ping => ping::begin_call(out, method, arguments),
            Self::JsonRpc => json_rpc::begin_call(out, method, arguments),
            #[cfg(feature = "xmlrpc")]
            Self::XmlRpc => xml_rpc::write_call(out, method, arguments),
        }
    }

    /// Appends the end of a call; without an id, of one that wants no reply where the dialect can
    /// say so.
    pub(crate) fn end_call(self, out: &mut Vec<u8>, id: Option<u64>, timeout: Option<Duration>) {
        match self {
            Self::Native => native::end_call(out, native::Ending::of(id, timeout)),
            Self::NativeWithoutIds => native::end_call(out, native::Ending::Nothing),
            Self::Ping => ping::end_call(out),
            Self::JsonRpc => json_rpc::end_call(out, id),
            #[cfg(feature = "xmlrpc")]
            Self::XmlRpc => {}
        }
    }

    /// Whether a function can answer with items, one after another, rather than with one array.
    pub(crate) fn has_streams(self) -> bool {
        matches!(self, Self::Native)
    }

    /// Appends what stands before a result.
    pub(crate) fn begin_result(self, out: &mut Vec<u8>) {
        out.extend_from_slice(match self {
            Self::Native | Self::NativeWithoutIds => native::RESULT,
            Self::Ping => ping::RESULT,
            Self::JsonRpc => json_rpc::RESULT,
            #[cfg(feature = "xmlrpc")]
            // The whole reply is made of the result in the end.
            Self::XmlRpc => b"",
        });
    }

    /// Appends what stands behind a result; `name` is the function's reply name.
    pub(crate) fn end_result(self, out: &mut Vec<u8>, id: Option<&str>, name: &str) {
        match self {
            Self::Native => native::end(out, id),
            Self::NativeWithoutIds => native::end(out, None),
            Self::Ping => ping::end_result(out, name),
            Self::JsonRpc => json_rpc::end(out, id),
            #[cfg(feature = "xmlrpc")]
            Self::XmlRpc => {}
        }
    }

    /// Appends a fault.
    pub(crate) fn write_fault(self, out: &mut Vec<u8>, id: Option<&str>, fault: &Fault) {
        match self {
            Self::Native => native::write_fault(out, id, fault),
            Self::NativeWithoutIds => native::write_fault(out, None, fault),
            Self::Ping => ping::write_fault(out, fault),
            Self::JsonRpc => json_rpc::write_fault(out, id, fault),
            #[cfg(feature = "xmlrpc")]
            Self::XmlRpc => xml_rpc::write_fault(out, fault),
        }
    }
}

/// Appends an object of texts.
pub(crate) fn write_metadata<'m>(
    out: &mut Vec<u8>,
    metadata: impl Iterator<Item = &'m (String, String)>,
) {
    let mut before = b'{';
    for (name, value) in metadata {
        out.push(before);
        append(out, name.as_str());
        out.push(b':');
        append(out, value.as_str());
        before = b',';
    }
    out.extend_from_slice(if before == b'{' { b"{}" } else { b"}" });
}

/// Appends, as a whole message, that nobody waits for a call's result any more.
pub(crate) fn write_cancel(out: &mut Vec<u8>, framing: Framing, id: u64) {
    let start = out.len();
    framing.begin_call(out);
    native::write_cancel(out, id);
    framing.end_call(out, start);
}

/// Appends the end of a call that is answered with items, of which so many and so many bytes may be sent to
/// begin with.
pub(crate) fn end_stream_call(
    out: &mut Vec<u8>,
    id: u64,
    timeout: Option<Duration>,
    window: Credit,
) {
    native::end_stream_call(out, id, timeout, window);
}

/// Appends, as a whole message, that so many items and bytes of a stream may be sent since it began.
pub(crate) fn write_credit(out: &mut Vec<u8>, framing: Framing, id: u64, total: Credit) {
    let start = out.len();
    framing.begin_call(out);
    native::write_credit(out, id, total);
    framing.end_call(out, start);
}

/// Appends the end of a call after which items of an argument come; where it is answered with items itself, so many items
/// and bytes may be sent to begin with.
pub(crate) fn end_uploading_call(
    out: &mut Vec<u8>,
    id: u64,
    timeout: Option<Duration>,
    window: Option<Credit>,
) {
    native::end_uploading_call(out, id, timeout, window);
}

/// Begins a message of items of an upload, a comma behind each, and says where it begins.
pub(crate) fn begin_items(out: &mut Vec<u8>, framing: Framing) -> usize {
    let start = out.len();
    framing.begin_call(out);
    out.extend_from_slice(native::ITEMS);
    start
}

/// Ends a message of items.
pub(crate) fn finish_items(out: &mut Vec<u8>, framing: Framing, start: usize, id: u64) {
    out.pop();
    native::end_items(out, Some(&id.to_string()));
    framing.end_call(out, start);
}

/// Appends, as a whole message, that an upload has ended.
pub(crate) fn write_end(out: &mut Vec<u8>, framing: Framing, id: u64) {
    let start = out.len();
    framing.begin_call(out);
    native::write_end(out, id);
    framing.end_call(out, start);
}

/// Appends what a server says when so many items and bytes of an upload may be sent since it began.
pub(crate) fn write_granted(out: &mut Vec<u8>, id: &str, total: Credit) {
    native::write_granted(out, id, total);
}

/// Appends the notice that the server is about to stop, as a whole message. Peers whose calls have
/// ids understand it: they make further calls on another connection, and leave this one when its
/// replies are in.
pub(crate) fn write_notice(out: &mut Vec<u8>, framing: Framing) {
    let start = out.len();
    framing.begin(out);
    out.extend_from_slice(native::DRAINING);
    framing.end(out, start);
}
