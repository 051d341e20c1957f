//! The doors of a server: the framings and dialects it can be spoken to in, each of which can be shut.

use std::fmt;

/// A way to speak to a server. All are open until one is shut.
///
/// ```
/// use rpc_core::{Door, RpcServer};
///
/// // JSON-RPC 2.0 alone, in lines or frames.
/// let server = RpcServer::exported().without(Door::Native).without(Door::Ping);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Door {
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

impl fmt::Display for Door {
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

/// Which [`Door`]s are open: all of them by default.
///
/// ```
/// use rpc_core::{Door, Doors};
///
/// let doors = Doors::default().without(Door::Ping);
/// assert!(doors.is_open(Door::Native) && !doors.is_open(Door::Ping));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Doors {
    /// A bit for each that is shut.
    shut: u16,
}

impl Doors {
    /// The same with one more shut.
    #[must_use]
    pub fn without(self, door: Door) -> Self {
        Self { shut: self.shut | 1 << door as u16 }
    }

    /// Those that are open here and there.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { shut: self.shut | other.shut }
    }

    /// Whether this one is open.
    pub fn is_open(self, door: Door) -> bool {
        self.shut & 1 << door as u16 == 0
    }
}
