//! Names of parameters, for descriptions in which everything has a name.

use std::borrow::Cow;

use super::super::Signature;

/// The name of a parameter: `arg1` for the first of a closure, whose parameters have none.
pub(crate) fn name(signature: &Signature, index: usize) -> Cow<'static, str> {
    match signature.parameters()[index].name {
        "" => Cow::Owned(format!("arg{}", index + 1)),
        name => Cow::Borrowed(name),
    }
}
