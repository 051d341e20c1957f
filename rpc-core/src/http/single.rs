//! Headers that a request has once at most.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

/// What a request says in a header.
pub(super) enum Single<'h> {
    /// Nothing.
    Missing,
    /// This, once.
    One(&'h HeaderValue),
    /// More than one line of it, the first of them.
    Several(&'h HeaderValue),
}

impl<'h> Single<'h> {
    pub(super) fn of(headers: &'h HeaderMap, name: &HeaderName) -> Self {
        match headers.get(name) {
            None => Self::Missing,
            // Mostly no header stands twice, and nothing more is to be looked at.
            Some(value) if headers.len() == headers.keys_len() => Self::One(value),
            Some(value) if headers.get_all(name).iter().nth(1).is_none() => Self::One(value),
            Some(first) => Self::Several(first),
        }
    }
}
