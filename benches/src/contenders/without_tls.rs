//! A build without TLS has no contenders over it.

use super::Contender;

/// None.
pub const ALL: &[&dyn Contender] = &[];
