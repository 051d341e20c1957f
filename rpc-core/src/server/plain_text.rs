//! What a peer is told that speaks plain text to a server that speaks TLS alone.

use std::io;
use std::sync::Arc;

use crate::json_rpc::Answer;
use crate::protocol::{Fault, code};
use crate::transport::tls::PlainText;

use super::busy::Busy;

const TLS_ALONE: &str = "this server speaks TLS alone: connect to tls://…, https:// or wss://";

/// Whether a peer speaks plain text, which is refused.
pub(super) fn is_plain(error: &io::Error) -> bool {
    PlainText::is(error)
}

/// Answers such a peer, in its dialect.
pub(super) fn plainly_refused<A: Answer>(answer: &Arc<A>) -> Busy<A> {
    Busy::saying(answer, Fault::new(code::UNAUTHORISED, TLS_ALONE))
}

/// The same in HTTP.
pub(super) fn refusal_in_http() -> String {
    format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{TLS_ALONE}\n",
        TLS_ALONE.len() + 1
    )
}
