//! What a server that does not speak HTTP answers to a request: HTTP, so that whoever asks can read it.

use crate::protocol::{Protocol, Protocols};

const DISABLED: &str = "HTTP is disabled on this server, by `.disable(Protocol::Http)`; speak to it \
                        in another way, or have it enabled\n";

const NOT_BUILT: &str = "this server is built without HTTP; speak to it in another way, or build it \
                         with the feature `http` of the crate `rpc-core`\n";

/// Appends the response, the last on its connection.
#[cold]
pub(super) fn respond(out: &mut Vec<u8>, protocols: Protocols) {
    let (status, said) = if protocols.is_enabled(Protocol::Http) {
        ("501 Not Implemented", NOT_BUILT)
    } else {
        ("403 Forbidden", DISABLED)
    };
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: \
         nosniff\r\nCache-Control: no-store\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{said}",
        said.len()
    );
    out.extend_from_slice(response.as_bytes());
}
