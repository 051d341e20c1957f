//! How bodies travel: in chunks, and compressed where both sides know how (RFC 9110, section 8.4).

#[cfg(feature = "gzip")]
use hyper::body::Bytes;
#[cfg(feature = "gzip")]
use hyper::header::CONTENT_ENCODING;
use hyper::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use hyper::{Response, StatusCode};

use crate::protocol::Coding;
#[cfg(feature = "gzip")]
use crate::protocol::gzip::{self, NotInflated};
#[cfg(feature = "gzip")]
use crate::protocol::{Fault, Share, code};

use super::body::ReplyBody;
#[cfg(feature = "gzip")]
use super::body::{SMALL, Unread};
use super::known::{Known, Single};
use super::refusal::{Refusal, with_type};

#[cfg(feature = "gzip")]
const TAKEN: HeaderValue = HeaderValue::from_static("gzip");
#[cfg(not(feature = "gzip"))]
const TAKEN: HeaderValue = HeaderValue::from_static("identity");

/// Refuses a body that is sent in another way than in chunks: whoever took `gzip, chunked` for `chunked` would
/// read something else than was sent.
pub(super) fn transfer(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut lines = headers.get_all(TRANSFER_ENCODING).iter();
    match (lines.next(), lines.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Refusal::new(
            StatusCode::NOT_IMPLEMENTED,
            "bodies are sent with a Content-Length or with Transfer-Encoding: chunked; \
             no other transfer coding is understood",
        )),
    }
}

/// Reads what a request says its body is coded in, or says what is taken.
pub(super) fn coding_of(known: &Known<'_>) -> Result<Coding, Box<Response<ReplyBody>>> {
    match known.content_encoding {
        Single::Missing => Ok(Coding::Identity),
        Single::One(coding) => Coding::named(coding).ok_or_else(not_taken),
        Single::Several(_) => Err(not_taken()),
    }
}

#[cold]
fn not_taken() -> Box<Response<ReplyBody>> {
    let sentence = if cfg!(feature = "gzip") {
        "bodies are taken as they are, or with Content-Encoding: gzip"
    } else {
        "bodies are taken as they are, without a Content-Encoding; \
         a server that is built with the feature `gzip` takes gzip"
    };
    let mut refused = Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence).into_response();
    refused.headers_mut().insert(ACCEPT_ENCODING, TAKEN);
    Box::new(refused)
}

/// A body as it was before it was coded in gzip, of at most `limit` bytes; a large one is of the budget that
/// `share` is of.
#[cfg(feature = "gzip")]
pub(super) fn restore(body: &[u8], limit: usize, share: &mut Share) -> Result<Bytes, Unread> {
    let has_room = |size| size <= SMALL || share.grow(size);
    gzip::inflate(body, limit, has_room).map(Bytes::from).map_err(|error| {
        let (status, code) = match error {
            NotInflated::NoMemory => return Unread::NoMemory,
            NotInflated::Broken(_) => (StatusCode::BAD_REQUEST, code::PARSE_ERROR),
            _ => (StatusCode::PAYLOAD_TOO_LARGE, code::TOO_LARGE),
        };
        Unread::Refused(Box::new((status, Fault::new(code, error.to_string()))))
    })
}

/// A reply, made smaller for those who understand it then, where it is worth it.
pub(super) fn coded(
    status: StatusCode,
    reply: Vec<u8>,
    content_type: &'static str,
    request: &HeaderMap,
) -> Response<ReplyBody> {
    #[cfg(feature = "gzip")]
    if gzip::is_worth_it(&reply)
        && accepts_gzip(request)
        && let Some(bytes) = gzip::deflate(&reply)
    {
        let mut response = with_type(status, bytes, content_type);
        response.headers_mut().insert(CONTENT_ENCODING, TAKEN);
        return response;
    }
    #[cfg(not(feature = "gzip"))]
    let _ = request;
    with_type(status, reply, content_type)
}

/// Whether replies may be in gzip (RFC 9110, section 12.5.3): it is named, or everything is, and not with
/// the weight 0.
#[cfg(feature = "gzip")]
fn accepts_gzip(request: &HeaderMap) -> bool {
    let lines = request.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let mut otherwise = false;
    for item in lines.flat_map(|line| line.split(',')) {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = parameters.trim().strip_prefix(['q', 'Q']).map(str::trim_start);
        let weight = weight.and_then(|rest| rest.strip_prefix('=')).map(str::trim);
        let is_wanted = weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|q| q > 0.0));
        let name = name.trim();
        if Coding::named(name) == Some(Coding::Gzip) {
            return is_wanted;
        }
        if name == "*" {
            otherwise = is_wanted;
        }
    }
    otherwise
}

#[cfg(all(test, feature = "gzip"))]
mod tests {
    use super::{ACCEPT_ENCODING, HeaderMap, HeaderValue, accepts_gzip};

    #[test]
    fn what_a_request_accepts_is_read_as_http_has_it() {
        for (header, accepted) in [
            ("gzip", true),
            ("GZIP;q=0.5", true),
            ("deflate, gzip, br", true),
            ("deflate, gzip;q=0", false),
            ("gzip; q = 0.001", true),
            ("gzip;q=0.000, *", false),
            ("*", true),
            ("*;q=0", false),
            ("br, *;q=0.1", true),
            ("identity", false),
            ("gzipped", false),
            ("", false),
        ] {
            let mut request = HeaderMap::new();
            request.insert(ACCEPT_ENCODING, HeaderValue::from_static(header));
            assert_eq!(accepts_gzip(&request), accepted, "{header}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
