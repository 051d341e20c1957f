//! The error of what cannot be set up.

use crate::error::Misuse;

/// Says why TLS cannot be spoken so, and what to do.
pub(super) fn problem(problem: impl Into<Box<str>>) -> Misuse {
    Misuse::Tls { problem: problem.into() }
}
