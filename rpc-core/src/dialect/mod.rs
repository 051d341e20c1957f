//! The dialects: what a message says.
//!
//! A dialect is a file here: how its calls and replies are read and written. [`read_call`] looks at
//! the members of a message once and tells by their names which dialect it is in, so one
//! connection may mix them.

mod json_rpc;
mod members;
mod native;
mod params;
mod ping;
mod read;
mod reply;
mod usual;
#[cfg(feature = "xmlrpc")]
pub(crate) mod xml_rpc;

pub(crate) use json_rpc::Elements;
pub(crate) use read::{Incoming, Request, Unreadable, read_call, read_element};
pub(crate) use reply::{
    FromServer, OwnedText, ReplyMessage, ResultText, UsualReply, read_replies, read_reply,
    read_split,
};

use crate::protocol::{ArgumentError, Arguments, Fault, Framing, Protocol};

use std::time::Duration;

use crate::protocol::json::write;

/// How calls and replies are written as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// `{"method_name":"add","method_args":[1,2],"method_kwargs":{"c":3},"id":7}`, answered
    /// `{"res":6,"id":7}`. A client gives every call an id, so replies may come in any order. The
    /// default.
    #[default]
    Native,
    /// The native dialect as older peers speak it, without ids: replies come in the order of the calls.
    NativeWithoutIds,
    /// `{"in":"ping","params":"ireader 0"}`, answered `{"out":"pong","result":"ireader 0"}`, in
    /// the order of the calls.
    Ping,
    /// JSON-RPC 2.0: `{"jsonrpc":"2.0","method":"add","params":[1,2],"id":7}`, answered
    /// `{"jsonrpc":"2.0","result":3,"id":7}`. Arguments travel by position, or all by name as soon as
    /// one is given by name.
    JsonRpc,
    /// XML-RPC: `<methodCall>` answered `<methodResponse>`, over HTTP.
    #[cfg(feature = "xmlrpc")]
    XmlRpc,
}

impl Dialect {
    /// The dialect's name, as functions are told it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Native | Self::NativeWithoutIds => "native",
            Self::Ping => "ping",
            Self::JsonRpc => "json-rpc",
            #[cfg(feature = "xmlrpc")]
            Self::XmlRpc => "xml-rpc",
        }
    }

    /// The protocol that it is.
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::Native | Self::NativeWithoutIds => Protocol::Native,
            Self::Ping => Protocol::Ping,
            Self::JsonRpc => Protocol::JsonRpc,
            #[cfg(feature = "xmlrpc")]
            Self::XmlRpc => Protocol::XmlRpc,
        }
    }

    /// Whether replies say which call they belong to.
    pub(crate) fn has_ids(self) -> bool {
        matches!(self, Self::Native | Self::JsonRpc)
    }

    /// Whether there is more to say than calls and replies: that a call is given up, that the server
    /// is about to stop.
    pub(crate) fn has_notices(self) -> bool {
        matches!(self, Self::Native)
    }

    /// What HTTP calls its messages.
    #[cfg(feature = "http")]
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Native | Self::NativeWithoutIds | Self::Ping | Self::JsonRpc => {
                "application/json"
            }
            #[cfg(feature = "xmlrpc")]
            Self::XmlRpc => "text/xml",
        }
    }

    /// Whether its servers may be asked what they serve. Those of the ping dialect know no such
    /// question, and some would end at it.
    pub(crate) fn has_introspection(self) -> bool {
        !matches!(self, Self::Ping)
    }

    /// The dialect that a text was to be in which is not JSON, or not all of it.
    pub(crate) fn meant_by(broken: &[u8]) -> Self {
        if json_rpc::is_meant_by(broken) { Self::JsonRpc } else { Self::default() }
    }

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
            Self::Native | Self::NativeWithoutIds => native::end(out, id),
            Self::Ping => ping::end_result(out, name),
            Self::JsonRpc => json_rpc::end(out, id),
            #[cfg(feature = "xmlrpc")]
            Self::XmlRpc => {}
        }
    }

    /// Appends a fault.
    pub(crate) fn write_fault(self, out: &mut Vec<u8>, id: Option<&str>, fault: &Fault) {
        match self {
            Self::Native | Self::NativeWithoutIds => native::write_fault(out, id, fault),
            Self::Ping => ping::write_fault(out, fault),
            Self::JsonRpc => json_rpc::write_fault(out, id, fault),
            #[cfg(feature = "xmlrpc")]
            Self::XmlRpc => xml_rpc::write_fault(out, fault),
        }
    }
}

/// Appends, as a whole message, that nobody waits for a call's result any more.
#[cfg(feature = "tokio")]
pub(crate) fn write_cancel(out: &mut Vec<u8>, framing: Framing, id: u64) {
    let start = out.len();
    framing.begin_call(out);
    native::write_cancel(out, id);
    framing.end_call(out, start);
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

/// Appends a fault's object: `{"code":…,"message":…,"data":…}`.
fn write_fault_object(out: &mut Vec<u8>, fault: &Fault) {
    out.extend_from_slice(b"{\"code\":");
    append(out, &fault.code());
    out.extend_from_slice(b",\"message\":");
    append(out, fault.message());
    if let Some(data) = fault.data() {
        out.extend_from_slice(b",\"data\":");
        out.extend_from_slice(data.as_bytes());
    }
    out.push(b'}');
}

/// Appends a text or a number, which always have a JSON form.
fn append<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    if write(out, value).is_err() {
        out.extend_from_slice(b"null");
    }
}
