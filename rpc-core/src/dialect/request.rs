//! A call as it came, and what its reply needs to know.

use std::time::Duration;

use crate::protocol::Call;

use super::Dialect;

/// A call as it came, and what its reply needs to know.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) id: Option<&'a str>,
    pub(crate) call: Call<'a>,
    /// Whether the caller waits for a reply.
    pub(crate) wants_reply: bool,
    /// How long the caller waits.
    pub(crate) timeout: Option<Duration>,
}

impl Default for Request<'_> {
    /// A request to read into.
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            id: None,
            call: Call::default(),
            wants_reply: true,
            timeout: None,
        }
    }
}
