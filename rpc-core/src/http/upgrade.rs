//! The opening handshake of a WebSocket (RFC 6455, section 4.2).

use hyper::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode, Version};

use crate::protocol::websocket::accept_key;

use super::body::ReplyBody;
use super::refusal::Refusal;

/// Names by which clients ask for what is spoken here: a browser that asks for some wants one of them
/// confirmed.
const SUBPROTOCOLS: [&str; 4] = ["jsonrpc", "jsonrpc2.0", "jsonrpc-2.0", "json-rpc"];

/// Whether a request asks for a WebSocket.
pub(super) fn is_asked_for(headers: &HeaderMap) -> bool {
    list(headers, UPGRADE).any(|protocol| protocol.eq_ignore_ascii_case("websocket"))
}

/// Switches to a WebSocket, or says what is wrong with the request.
pub(super) fn accept(request: &Parts) -> Result<Response<ReplyBody>, Refusal> {
    let bad = |sentence| Refusal::new(StatusCode::BAD_REQUEST, sentence);
    let headers = &request.headers;
    if request.version != Version::HTTP_11
        || !list(headers, CONNECTION).any(|option| option.eq_ignore_ascii_case("upgrade"))
    {
        return Err(bad("a WebSocket is asked for with HTTP/1.1 and `Connection: Upgrade`"));
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let sentence = "version 13 of WebSocket is spoken here";
        return Err(Refusal::new(StatusCode::UPGRADE_REQUIRED, sentence));
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok());
    let Some(accept) = key.and_then(accept_key) else {
        return Err(bad("the Sec-WebSocket-Key is not 16 bytes in base64"));
    };
    let mut response = Response::new(ReplyBody::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let mut say = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    say(CONNECTION, "Upgrade");
    say(UPGRADE, "websocket");
    say(SEC_WEBSOCKET_ACCEPT, &accept);
    let mut offered = list(headers, SEC_WEBSOCKET_PROTOCOL);
    if let Some(spoken) = offered.find(|offered| SUBPROTOCOLS.contains(offered)) {
        say(SEC_WEBSOCKET_PROTOCOL, spoken);
    }
    Ok(response)
}

/// The members of a header that is a list.
fn list(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}
