//! Who sent a request, for functions and layers that ask about them.

use std::fmt;
use std::str;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use http_body::Body;
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};

use crate::registry::{Caller, Connected, ResponseForm};

use super::body::ReplyBody;

/// Who sent a request and waits for its response. It holds all of the request but its body.
pub(crate) struct Requester {
    pub(super) parts: Parts,
    connection: Option<Arc<dyn Caller>>,
    /// Whether the connection knows if they are gone; else this is told.
    asks_connection: bool,
    gone: AtomicBool,
    /// How it is answered, where that is not the usual way.
    form: OnceLock<ResponseForm>,
}

impl Requester {
    #[inline]
    pub(super) fn new(
        parts: Parts,
        connection: Option<Arc<dyn Caller>>,
        asks_connection: bool,
    ) -> Self {
        Self {
            parts,
            connection,
            asks_connection,
            gone: AtomicBool::new(false),
            form: OnceLock::new(),
        }
    }

    /// Takes note that nobody waits any more.
    pub(super) fn leave(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }

    /// The response in the form in which it was to be.
    #[inline]
    pub(super) fn formed(&self, response: Response<ReplyBody>) -> Response<ReplyBody> {
        match self.form.get() {
            None => response,
            Some(form) => Self::in_form(*form, response),
        }
    }

    #[cold]
    fn in_form(form: ResponseForm, mut response: Response<ReplyBody>) -> Response<ReplyBody> {
        match form {
            ResponseForm::Status(status) => {
                if let Ok(status) = StatusCode::from_u16(status) {
                    *response.status_mut() = status;
                }
                if response.body().is_end_stream() {
                    response.headers_mut().remove(CONTENT_TYPE);
                }
            }
            ResponseForm::Events => {
                let mut say = |name: HeaderName, value| {
                    response.headers_mut().insert(name, HeaderValue::from_static(value));
                };
                say(CONTENT_TYPE, "text/event-stream");
                say(CACHE_CONTROL, "no-store");
                // Proxies are not to gather what is in it.
                say(HeaderName::from_static("x-accel-buffering"), "no");
            }
            ResponseForm::Unauthenticated { basic } => {
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                let mut say = |scheme| {
                    response
                        .headers_mut()
                        .append(WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
                };
                say("Bearer");
                if basic {
                    say("Basic realm=\"rpc\", charset=\"UTF-8\"");
                }
            }
            ResponseForm::TooMany { retry_after } => {
                *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after));
            }
        }
        response
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

    fn answer_as(&self, form: ResponseForm) {
        // What is said first goes: who calls is asked before anything else.
        let _ = self.form.set(form);
    }

    fn is_of_request(&self) -> bool {
        true
    }

    fn metadata(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.parts.headers.get(name)?.as_bytes()).ok()
    }
}

/// Headers may be secrets: they are not shown.
impl fmt::Debug for Requester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { method, uri, .. } = &self.parts;
        f.debug_struct("Requester")
            .field("method", method)
            .field("uri", uri)
            .finish_non_exhaustive()
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
