//! The headers that may be added to a request.

/// Headers that a request has one of already, or that would change how it is sent or where it ends.
const OURS: [&str; 12] = [
    "Accept",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Expect",
    "Host",
    "Keep-Alive",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
];

/// What the headers of a WebSocket's handshake begin with.
const HANDSHAKE: &str = "Sec-WebSocket-";

/// Says why a header cannot be added to a request, where it cannot.
pub(super) fn problem(name: &str, value: &str) -> Option<&'static str> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_text = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    let start = name.get(..HANDSHAKE.len()).unwrap_or_default();
    if name.is_empty() || !name.bytes().all(is_token) {
        Some("no header has such a name; letters, digits and hyphens make one")
    } else if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours))
        || start.eq_ignore_ascii_case(HANDSHAKE)
    {
        Some("it is a header that the client itself writes, or that changes how it writes")
    } else if !value.bytes().all(is_text) {
        Some("no header has such a value; it has a control character in it")
    } else {
        None
    }
}
