//! Requests that are turned away where nobody speaks HTTP: answered, and told of, by as much as has come of them.

#[cfg(feature = "http")]
use std::sync::Arc;

#[cfg(feature = "http")]
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::dialect::Dialect;
#[cfg(feature = "http")]
use crate::http::Opener;
use crate::json_rpc::{Answer, Session};
use crate::protocol::Fault;
#[cfg(feature = "http")]
use crate::registry::CallContext;
use crate::timing::COME_AGAIN;

use super::busy::Busy;

/// What a request is answered: that the process is alive, if it asks for that, and else what `busy` says to everybody. Of that
/// whoever is told of calls is told, without the call's name: it stands in a body that nobody reads.
pub(super) fn refuse_request<A: Answer>(
    request: &[u8],
    busy: &Busy<A>,
    session: &mut Session,
) -> Vec<u8> {
    let asks_whether_alive = asks_whether_alive(request);
    if !asks_whether_alive {
        #[cfg(feature = "http")]
        take_headers(request, &mut session.context);
        session.speak(Dialect::JsonRpc);
        busy.refuse(&[], busy.fault(), session, &mut Vec::new());
    }
    respond(request, asks_whether_alive, busy.fault())
}

fn asks_whether_alive(request: &[u8]) -> bool {
    ["GET", "HEAD"].iter().any(|method| {
        request.strip_prefix(method.as_bytes()).is_some_and(|rest| rest.starts_with(b" /healthz "))
    })
}

fn respond(request: &[u8], asks_whether_alive: bool, fault: &Fault) -> Vec<u8> {
    let (status, kind, mut body) = if asks_whether_alive {
        ("200 OK", "text/plain; charset=utf-8", b"alive\n".to_vec())
    } else {
        let mut body = Vec::new();
        Dialect::JsonRpc.write_fault(&mut body, None, fault);
        ("503 Service Unavailable", "application/json", body)
    };
    let mut response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nRetry-After: {}\r\n\
         Connection: close\r\n\r\n",
        body.len(),
        COME_AGAIN.as_secs()
    )
    .into_bytes();
    if !request.starts_with(b"HEAD ") {
        response.append(&mut body);
    }
    response
}

/// Has the headers count by which a proxy names the caller, where they have come.
#[cfg(feature = "http")]
fn take_headers(request: &[u8], context: &mut CallContext) {
    if let (Some(known), Some(headers)) = (context.caller().cloned(), headers_of(request)) {
        let opener = Opener::new(headers, Arc::clone(&known), Some(known));
        *context = context.called_by(Arc::new(opener));
    }
}

#[cfg(feature = "http")]
fn headers_of(request: &[u8]) -> Option<HeaderMap> {
    const MOST: usize = 100;
    let mut room = [httparse::EMPTY_HEADER; MOST];
    let mut head = httparse::Request::new(&mut room);
    head.parse(request).ok().filter(httparse::Status::is_complete)?;
    head.headers
        .iter()
        .map(|header| {
            let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_bytes(header.value).ok()?))
        })
        .try_fold(HeaderMap::new(), |mut headers, pair| {
            let (name, value) = pair?;
            headers.append(name, value);
            Some(headers)
        })
}
