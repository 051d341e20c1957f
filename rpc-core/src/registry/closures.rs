//! Which functions can be called by position only.

use super::{FunctionRegistry, Signature};

impl FunctionRegistry {
    /// Whether a function's parameters have no names, as those of a closure have none.
    pub(crate) fn has_positions_only(&self, method: &str) -> bool {
        let parameters = self.signature(method).map(Signature::parameters);
        parameters.is_some_and(|parameters| parameters.iter().any(|one| one.name.is_empty()))
    }
}
