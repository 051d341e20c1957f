//! Requests that make a WebSocket of their connection (RFC 6455, section 4.2).

use hyper::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode, Version};

use crate::protocol::websocket::accept_key;
use crate::protocol::{Protocol, ProtocolError};

use super::body::ReplyBody;
use super::exchange::Exchange;
use super::guard::Guard;
use super::known::Known;
use super::refusal::Refusal;

/// Names by which clients ask for what is spoken here: a browser that asks for some closes a WebSocket for which none
/// of them was chosen.
const SUBPROTOCOLS: [&str; 4] = ["jsonrpc", "jsonrpc2.0", "jsonrpc-2.0", "json-rpc"];
/// The version that is spoken.
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// Answers a request that asks for a WebSocket; `None` where it asks for something else. After
/// 101 the connection carries frames.
pub(super) fn open<A>(
    request: &Parts,
    has_body: bool,
    exchange: &Exchange<A>,
) -> Option<Response<ReplyBody>> {
    let asks = request.method == Method::GET
        && request.version == Version::HTTP_11
        && has_token(request, &UPGRADE, "websocket");
    if !asks {
        return None;
    }
    let response = match accept(request, has_body, exchange) {
        Ok(accept) => switch(request, accept, &exchange.guard),
        Err(refusal) => {
            let mut response = refusal.into_response();
            if response.status() == StatusCode::UPGRADE_REQUIRED {
                response.headers_mut().insert(SEC_WEBSOCKET_VERSION, VERSION);
            }
            response
        }
    };
    Some(response)
}

/// What proves that the key was read, or why no WebSocket is opened.
fn accept<A>(
    request: &Parts,
    has_body: bool,
    exchange: &Exchange<A>,
) -> Result<HeaderValue, Refusal> {
    exchange.guard.admit(request, &Known::of(&request.headers))?;
    if !exchange.is_ready() {
        let sentence = "no connection is taken now; try again later";
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, sentence));
    }
    let protocol = Protocol::WebSocket;
    if !exchange.session.limits.protocols.is_enabled(protocol) {
        let sentence = ProtocolError::Disabled { protocol }.to_string();
        return Err(Refusal::new(StatusCode::FORBIDDEN, sentence));
    }
    let bad = |sentence| Refusal::new(StatusCode::BAD_REQUEST, sentence);
    if !has_token(request, &CONNECTION, "upgrade") || has_body {
        return Err(bad("a WebSocket is asked for with Connection: Upgrade and without a body"));
    }
    if request.headers.get(SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        let sentence = "this server speaks version 13 of the WebSocket protocol";
        return Err(Refusal::new(StatusCode::UPGRADE_REQUIRED, sentence));
    }
    let key = request.headers.get(SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok());
    let accept = key.and_then(accept_key).and_then(|accept| HeaderValue::try_from(accept).ok());
    accept.ok_or_else(|| bad("Sec-WebSocket-Key is 16 bytes in base64"))
}

fn switch(request: &Parts, accept: HeaderValue, guard: &Guard) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    // Of those that are known the one that the client named first, as it wrote it (RFC 6455, section 4.2.2).
    let is_known = |name: &&str| SUBPROTOCOLS.contains(name) || guard.knows_subprotocol(name);
    let chosen = tokens(request, &SEC_WEBSOCKET_PROTOCOL).find(is_known);
    if let Some(Ok(chosen)) = chosen.map(HeaderValue::from_str) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, chosen);
    }
    response
}

/// Whether a header that is a list has this among its tokens.
fn has_token(request: &Parts, header: &HeaderName, token: &str) -> bool {
    tokens(request, header).any(|found| found.eq_ignore_ascii_case(token))
}

/// The tokens of a header that is a list.
fn tokens<'r>(request: &'r Parts, header: &HeaderName) -> impl Iterator<Item = &'r str> {
    let lists = request.headers.get_all(header).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim)
}
