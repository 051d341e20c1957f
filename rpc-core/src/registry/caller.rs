//! Whoever waits for a call's reply, and what is known of them for those who ask.

use std::sync::Arc;

#[cfg(feature = "http")]
use hyper::http::request::Parts;

use super::ConnectionValues;
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

    /// What they said under a name besides the call's arguments.
    fn metadata(&self, _name: &str) -> Option<&str> {
        None
    }
}

/// A connection, for those who ask about it.
#[derive(Debug, Default)]
pub(crate) struct Connected {
    pub(crate) credentials: Option<PeerCredentials>,
    pub(crate) values: ConnectionValues,
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
}
