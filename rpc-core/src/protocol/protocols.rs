//! The protocols that a server speaks, framings and dialects, each of which can be disabled.

use std::fmt;

/// A framing or a dialect that a server speaks. All are enabled until one is disabled.
///
/// ```
/// use rpc_core::protocol::Protocol;
/// use rpc_core::RpcServer;
///
/// // JSON-RPC 2.0 alone, in lines or frames.
/// let server = RpcServer::exported().disable(Protocol::Native).disable(Protocol::Ping);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// Messages behind a 4-byte length.
    LengthPrefix,
    /// JSON texts one after another.
    Raw,
    /// Messages behind a `Content-Length` header.
    Header,
    /// HTTP/1.1 and HTTP/2.
    Http,
    /// WebSocket.
    WebSocket,
    /// Calls with `method_name`.
    Native,
    /// Calls with `in`.
    Ping,
    /// JSON-RPC 2.0.
    JsonRpc,
    /// XML-RPC.
    XmlRpc,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LengthPrefix => "length-prefix framing",
            Self::Raw => "raw JSON over a stream",
            Self::Header => "`Content-Length` framing",
            Self::Http => "HTTP",
            Self::WebSocket => "WebSocket",
            Self::Native => "the native dialect (`method_name`)",
            Self::Ping => "the ping dialect (`in`)",
            Self::JsonRpc => "JSON-RPC 2.0",
            Self::XmlRpc => "XML-RPC",
        })
    }
}

/// Which [`Protocol`]s are enabled: all of them by default.
///
/// ```
/// use rpc_core::protocol::{Protocol, Protocols};
///
/// let protocols = Protocols::default().disable(Protocol::Ping);
/// assert!(protocols.is_enabled(Protocol::Native) && !protocols.is_enabled(Protocol::Ping));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Protocols {
    /// A bit for each that is disabled.
    disabled: u16,
}

impl Protocols {
    /// The same with one more disabled.
    #[must_use]
    pub fn disable(self, protocol: Protocol) -> Self {
        Self { disabled: self.disabled | 1 << protocol as u16 }
    }

    /// Those that are enabled in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { disabled: self.disabled | other.disabled }
    }

    /// Whether this one is enabled.
    pub fn is_enabled(self, protocol: Protocol) -> bool {
        self.disabled & 1 << protocol as u16 == 0
    }
}
