//! The peers of a build without the feature `peers`: none.

use super::Contender;

/// Every peer.
pub const ALL: &[&dyn Contender] = &[];

/// Clients of peers with our server.
pub const WITH_OURS: &[&dyn Contender] = &[];
