//! Connections that nobody had accepted when a server was stopped.

use std::collections::VecDeque;
#[cfg(any(unix, feature = "tokio"))]
use std::io;

use crate::transport::Socket;

#[cfg(any(unix, feature = "tokio"))]
use super::transient::is_about_one_connection;

/// Connections that nobody had accepted when a server was stopped, the oldest first. Their peers may
/// have sent calls already, which would be lost with the listener.
pub(in crate::server) type Rest = VecDeque<Socket>;

/// As many are taken out of a queue at the end, however fast others connect.
#[cfg(any(unix, feature = "tokio"))]
pub(in crate::server) const LONGEST_QUEUE: usize = 4096;

/// Accepts from a listener that does not block, until there is nobody.
#[cfg(any(unix, feature = "tokio"))]
pub(super) fn accept_rest(accept: impl Fn() -> io::Result<Socket>) -> Rest {
    let mut rest = Rest::new();
    for _ in 0..LONGEST_QUEUE {
        match accept().and_then(|stream| stream.set_nonblocking(false).map(|()| stream)) {
            Ok(stream) => rest.push_back(stream),
            Err(error) if is_about_one_connection(&error) => {}
            Err(_) => break,
        }
    }
    rest
}
