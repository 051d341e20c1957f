//! What describes a function besides its signature, without the feature `schema`: nothing.

/// Nothing, which takes no room.
#[derive(Debug, Clone, Copy)]
pub struct Described;

impl Described {
    /// What describes a function of which no more than its signature is known.
    pub(super) const NONE: Self = Self;
}
