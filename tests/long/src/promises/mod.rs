//! The promises, a file for each group.

mod messages;

use crate::promise::Promise;

/// All of them, in the order in which they are tried.
pub(crate) fn all() -> Vec<Promise> {
    [messages::PROMISES].concat()
}
