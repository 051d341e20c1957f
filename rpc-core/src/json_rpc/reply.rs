//! A reply to come, and whether it may overtake others.

use std::pin::Pin;

/// A reply to come: its bytes, or none where none is wanted.
pub(crate) type Reply = Pin<Box<dyn Future<Output = Vec<u8>> + Send>>;

/// Whether a reply may overtake others of its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// Not this one: nothing says which call it belongs to.
    InTurn,
    /// The id says which call it belongs to, as the text it came as.
    ById(String),
    /// What it belongs to is said inside.
    Any,
}

impl Order {
    pub(super) fn of(id: Option<&str>) -> Self {
        id.map_or(Self::InTurn, |id| Self::ById(id.to_owned()))
    }
}

/// What is done with a reply before it is sent.
pub(super) type Then = Box<dyn FnOnce(Vec<u8>) -> Vec<u8> + Send>;
