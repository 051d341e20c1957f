//! Responses to requests that carry no call, and what several kinds of them have in common.

use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode, Version};

use crate::timing::COME_AGAIN;

use super::body::ReplyBody;
use super::items::Items;

/// A request that is answered with a status and a sentence.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    sentence: String,
}

/// What can be asked for with a path: every one takes calls, and some show something.
pub(super) fn methods(is_shown: bool) -> HeaderValue {
    HeaderValue::from_static(if is_shown { "GET, HEAD, POST, OPTIONS" } else { "POST, OPTIONS" })
}

impl Refusal {
    pub(super) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into() }
    }

    /// For requests that are no POST.
    pub(super) fn method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "calls are made with POST and a JSON body, as in \
             {\"jsonrpc\":\"2.0\",\"method\":\"add\",\"params\":[1,2],\"id\":1}, \
             with Content-Type: application/json",
        )
    }

    pub(super) fn into_response(self) -> Response<ReplyBody> {
        let Self { status, sentence } = self;
        let mut response = text(status, sentence + "\n");
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, methods(false));
        }
        response
    }

    /// The same, with the methods that there are.
    pub(super) fn among(self, methods: HeaderValue) -> Response<ReplyBody> {
        let mut response = self.into_response();
        response.headers_mut().insert(ALLOW, methods);
        response
    }
}

/// A response that is a sentence for people.
pub(super) fn text(status: StatusCode, text: String) -> Response<ReplyBody> {
    let mut response = with_type(status, text.into_bytes(), "text/plain; charset=utf-8");
    let mut say = |name: HeaderName, value| {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    };
    // No page is to make something else of it, and nobody is to keep it. Replies to calls need neither:
    // what is JSON or XML by its type is taken for nothing else (MIME Sniffing, section 7), and what
    // answers a POST is not kept unless it says so (RFC 9110, section 9.3.3).
    say(X_CONTENT_TYPE_OPTIONS, "nosniff");
    say(CACHE_CONTROL, "no-store");
    response
}

/// A response with a body.
pub(super) fn with_type(
    status: StatusCode,
    body: Vec<u8>,
    content_type: &'static str,
) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A response whose body comes by and by.
pub(super) fn in_parts(items: Box<Items>, content_type: &'static str) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::from(items));
    let mut say = |name: HeaderName, value| {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    };
    say(CONTENT_TYPE, content_type);
    say(CACHE_CONTROL, "no-store");
    // Proxies are not to gather what is in it.
    say(HeaderName::from_static("x-accel-buffering"), "no");
    response
}

/// The same, to a peer that may try again.
pub(super) fn later(mut response: Response<ReplyBody>) -> Response<ReplyBody> {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(COME_AGAIN.as_secs()));
    response
}

/// What can be asked for.
pub(super) fn options(is_shown: bool) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(ALLOW, methods(is_shown));
    response
}

/// The same, as the last on its connection. HTTP/2 has other words for that, and ends the stream
/// alone.
pub(super) fn last(mut response: Response<ReplyBody>, version: Version) -> Response<ReplyBody> {
    if version < Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
