//! The error of TLS that cannot be set up.

use crate::error::Misuse;

/// Says why TLS cannot be spoken so, and what to do.
pub(crate) fn problem(problem: impl Into<Box<str>>) -> Misuse {
    Misuse::Tls { problem: problem.into() }
}
