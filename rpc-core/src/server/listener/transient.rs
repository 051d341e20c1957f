//! Errors of `accept` that pass.

use std::io;

/// Whether an error of `accept` is about a connection that ended before it was accepted.
pub(in crate::server) fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
