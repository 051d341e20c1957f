//! Whoever waits for a call's reply, and what is known of them for those who ask.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

#[cfg(feature = "http")]
use hyper::http::request::Parts;

use crate::proxy::TrustedProxies;

use super::ConnectionValues;
#[cfg(feature = "tls")]
use super::certificate::PeerCertificate;
use super::metadata::Metadata;

/// Whoever waits for a call's reply.
pub(crate) trait Caller: Send + Sync {
    /// Whether they have gone away, found out without waiting.
    fn is_gone(&self) -> bool;

    /// The connection that the call came over.
    fn connection(&self) -> Option<&Connected> {
        None
    }

    /// The request that the call came in, or that opened its WebSocket.
    #[cfg(feature = "http")]
    fn request(&self) -> Option<&Parts> {
        None
    }

    /// Says how the request is answered, where it is one of HTTP.
    fn answer_as(&self, _: ResponseForm) {}

    /// Whether they sent one request of HTTP, beside which others come over the same connection from anybody.
    fn is_of_request(&self) -> bool {
        false
    }

    /// What they said under a name besides the call's arguments.
    fn metadata(&self, _name: &str) -> Option<&str> {
        None
    }
}

/// How a request of HTTP is answered, other than with 200 and one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(all(feature = "http", feature = "mcp")), allow(dead_code))]
pub(crate) enum ResponseForm {
    /// With another status.
    Status(u16),
    /// With a stream of events (`text/event-stream`), which the reply is the text of.
    Events,
    /// With 401, and by what means callers say who they are.
    Unauthenticated {
        /// Whether a name and a password are understood.
        basic: bool,
    },
    /// With 429, and when to come again.
    TooMany {
        /// In so many seconds.
        retry_after: u64,
    },
}

/// A connection, for those who ask about it.
#[derive(Debug, Default)]
pub(crate) struct Connected {
    pub(crate) credentials: Option<PeerCredentials>,
    /// What the peer has shown in its handshake, once that is over.
    #[cfg(feature = "tls")]
    pub(crate) certificate: Option<Arc<OnceLock<PeerCertificate>>>,
    pub(crate) values: ConnectionValues,
    /// The proxies that are believed, where one of them has connected.
    pub(crate) proxies: Option<Arc<TrustedProxies>>,
    /// From where the connection came to that proxy, once it has said so before the first byte.
    pub(crate) source: OnceLock<Box<SocketAddr>>,
    /// Who is told of messages that cannot be read.
    pub(crate) trace: Trace,
}

/// Tells those who operate the server, a line at a time.
#[derive(Clone, Default)]
pub(crate) struct Trace(Option<Arc<Tell>>);

type Tell = dyn Fn(&str) + Send + Sync;

impl Trace {
    pub(crate) fn new(say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(say)))
    }

    /// Says that a message of this peer cannot be read.
    #[cold]
    pub(super) fn unreadable(&self, whence: Option<Whence>, problem: &dyn fmt::Display) {
        if let Some(say) = &self.0 {
            let from = whence.map(|whence| format!(" from {whence}")).unwrap_or_default();
            say(&format!("a message{from} cannot be read: {problem}"));
        }
    }

    /// Says that this peer has not taken its replies.
    #[cold]
    pub(super) fn unread(&self, whence: Option<Whence>, limit: Duration) {
        if let Some(say) = &self.0 {
            let from = whence.map(|whence| format!(" from {whence}")).unwrap_or_default();
            say(&format!(
                "a connection{from} is closed: its replies were not taken within {limit:?}, \
                 `write_timeout`"
            ));
        }
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trace")
    }
}

impl Connected {
    /// One whose peer the operating system vouches for, where it does.
    #[cfg(unix)]
    pub(crate) fn with(credentials: Option<PeerCredentials>) -> Self {
        Self { credentials, ..Self::default() }
    }
}

/// Who connected over a Unix socket, as the operating system has it: the user, the group and the
/// process.
///
/// They are those of the process that made the connection, at that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PeerCredentials {
    /// The effective user's number.
    pub uid: u32,
    /// The effective group's number.
    pub gid: u32,
    /// The process's number, where the operating system tells: Linux and Android do.
    pub pid: Option<u32>,
}

impl PeerCredentials {
    #[cfg(unix)]
    pub(crate) fn new(uid: u32, gid: u32, pid: Option<u32>) -> Self {
        Self { uid, gid, pid }
    }
}

/// Somebody whose call said something besides its arguments.
pub(super) struct Saying {
    pub(super) metadata: Metadata,
    pub(super) caller: Option<Arc<dyn Caller>>,
}

impl Caller for Saying {
    fn is_gone(&self) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.is_gone())
    }

    fn connection(&self) -> Option<&Connected> {
        self.caller.as_ref()?.connection()
    }

    #[cfg(feature = "http")]
    fn request(&self) -> Option<&Parts> {
        self.caller.as_ref()?.request()
    }

    fn metadata(&self, name: &str) -> Option<&str> {
        self.metadata.get(name).or_else(|| self.caller.as_ref()?.metadata(name))
    }

    fn answer_as(&self, form: ResponseForm) {
        if let Some(caller) = &self.caller {
            caller.answer_as(form);
        }
    }

    fn is_of_request(&self) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.is_of_request())
    }
}

/// From where a call comes, in words: `127.0.0.1:40112`, or `203.0.113.7 by 10.0.0.2:40112`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whence {
    pub(super) peer: Option<SocketAddr>,
    /// Where a proxy names somebody else.
    pub(super) caller: Option<IpAddr>,
}

impl fmt::Display for Whence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.caller, self.peer) {
            (Some(caller), Some(peer)) => write!(f, "{caller} by {peer}"),
            (Some(caller), None) => caller.fmt(f),
            (None, Some(peer)) => peer.fmt(f),
            (None, None) => Ok(()),
        }
    }
}
