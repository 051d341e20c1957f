//! Why a value has no JSON form.

use std::fmt;

use serde::ser;

use super::super::Limits;

/// Why a value has no JSON form.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// It nests deeper than it may.
    TooDeep,
    /// Anything else, in words.
    Other(String),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep => {
                let limit = Limits::MAX_DEPTH;
                write!(f, "nested deeper than {limit} levels, which `Limits::max_depth` is at most")
            }
            Self::Other(problem) => f.write_str(problem),
        }
    }
}

impl std::error::Error for WriteError {}

impl ser::Error for WriteError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }
}
