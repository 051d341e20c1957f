//! Who sent a request, for functions and layers that ask about them.

use std::fmt;
use std::str;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::Request;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::http::request::Parts;

use crate::registry::{Caller, Connected};

/// Who sent a request and waits for its response. It holds all of the request but its body.
pub(crate) struct Requester {
    pub(super) parts: Parts,
    connection: Option<Arc<dyn Caller>>,
    /// Whether the connection knows if they are gone; else this is told.
    asks_connection: bool,
    gone: AtomicBool,
}

impl Requester {
    #[inline]
    pub(super) fn new(
        parts: Parts,
        connection: Option<Arc<dyn Caller>>,
        asks_connection: bool,
    ) -> Self {
        Self { parts, connection, asks_connection, gone: AtomicBool::new(false) }
    }

    /// Takes note that nobody waits any more.
    pub(super) fn leave(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }

    /// A copy of the headers, which holds no memory of the connection's.
    pub(super) fn copy_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.parts.headers.len());
        for (name, value) in &self.parts.headers {
            // What was a header's value is one.
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                headers.append(name.clone(), value);
            }
        }
        headers
    }
}

impl Caller for Requester {
    fn is_gone(&self) -> bool {
        match &self.connection {
            Some(connection) if self.asks_connection => connection.is_gone(),
            _ => self.gone.load(Ordering::Relaxed),
        }
    }

    fn connection(&self) -> Option<&Connected> {
        self.connection.as_ref()?.connection()
    }

    fn request(&self) -> Option<&Parts> {
        Some(&self.parts)
    }

    fn metadata(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.parts.headers.get(name)?.as_bytes()).ok()
    }
}

impl fmt::Debug for Requester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requester").field("parts", &self.parts).finish_non_exhaustive()
    }
}

/// Who opened a WebSocket, with the headers of the request that did.
pub(crate) struct Opener {
    request: Parts,
    peer: Arc<dyn Caller>,
    connection: Option<Arc<dyn Caller>>,
}

impl Opener {
    /// The `peer` knows whether they are gone, and what the `connection` was before knows the rest.
    pub(crate) fn new(
        headers: HeaderMap,
        peer: Arc<dyn Caller>,
        connection: Option<Arc<dyn Caller>>,
    ) -> Self {
        let (mut request, ()) = Request::new(()).into_parts();
        request.headers = headers;
        Self { request, peer, connection }
    }
}

impl Caller for Opener {
    fn is_gone(&self) -> bool {
        self.peer.is_gone()
    }

    fn connection(&self) -> Option<&Connected> {
        self.connection.as_ref()?.connection()
    }

    fn request(&self) -> Option<&Parts> {
        Some(&self.request)
    }
}
