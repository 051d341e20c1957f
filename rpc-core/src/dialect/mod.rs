//! The dialects: what a message says.
//!
//! A dialect is a file here: how its calls and replies are read and written. [`read_call`] looks at
//! the members of a message once and tells by their names which dialect it is in, so one
//! connection may mix them.

mod incoming;
mod item_form;
mod items;
mod json_rpc;
mod members;
mod native;
pub(crate) mod notification;
mod params;
mod parts;
mod ping;
mod read;
mod read_fault;
mod reply;
mod reply_id;
mod request;
mod usual;
mod write;
#[cfg(feature = "xmlrpc")]
pub(crate) mod xml_rpc;

pub(crate) use incoming::OfStream;
pub(crate) use incoming::{Elements, Incoming, Rare, Unreadable};
pub(crate) use item_form::ItemForm;
pub(crate) use items::ItemBatch;
#[cfg(feature = "mcp")]
pub(crate) use parts::{append, write_fault_object};
pub(crate) use read::{read_call, read_element};
pub(crate) use reply::{
    FromServer, OwnedText, ReplyMessage, ResultText, UsualReply, read_replies, read_reply,
    read_split,
};
pub(crate) use reply_id::ReplyId;
pub(crate) use request::Request;
pub(crate) use write::{
    begin_items, end_stream_call, end_uploading_call, finish_items, write_cancel, write_credit,
    write_end, write_granted, write_metadata, write_notice,
};

use crate::protocol::Protocol;

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

    /// Whether a call's message has a place for what is said besides the call.
    pub(crate) fn has_metadata(self) -> bool {
        matches!(self, Self::Native | Self::NativeWithoutIds | Self::JsonRpc)
    }

    /// Whether its servers may be asked what they serve. Those of the ping dialect know no such
    /// question, and some would end at it.
    pub(crate) fn has_introspection(self) -> bool {
        !matches!(self, Self::Ping)
    }
}
