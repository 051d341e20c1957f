//! What keeps tokens from being checked, as an error of the program that set it up.

use crate::error::Misuse;

/// Says what is wrong.
pub(super) fn problem(problem: impl Into<String>) -> Misuse {
    Misuse::Jwt { problem: problem.into().into_boxed_str() }
}
