//! What load balancers and process supervisors ask.

use hyper::{Response, StatusCode};

use super::body::ReplyBody;
use super::refusal::text;

/// Answers a GET or HEAD of a path that tells how the server is; `None` for other paths.
///
/// `/healthz` says that the process is alive, `/readyz` that it takes new work.
pub(super) fn answer(path: &str, is_ready: bool) -> Option<Response<ReplyBody>> {
    match path {
        "/healthz" => Some(text(StatusCode::OK, "alive\n".to_owned())),
        "/readyz" if is_ready => Some(text(StatusCode::OK, "ready\n".to_owned())),
        "/readyz" => Some(busy()),
        _ => None,
    }
}

/// Says that no work is taken.
pub(super) fn busy() -> Response<ReplyBody> {
    text(StatusCode::SERVICE_UNAVAILABLE, "not ready for new work\n".to_owned())
}
