//! Where an exported function stands: what its name begins with, and what it is a method of.

use proc_macro2::Ident;
use syn::{Path, Type};

/// Where a function stands.
pub(crate) struct Place {
    /// What its name on the wire begins with.
    pub(crate) prefix: String,
    /// What it is a method of.
    pub(crate) owner: Option<Owner>,
    /// The path of `rpc_core`.
    pub(crate) library: Path,
}

/// What a method belongs to.
#[derive(Clone)]
pub(crate) struct Owner {
    /// The name of the type or trait.
    pub(crate) ident: Ident,
    /// The name of the trait that has the methods for clients.
    pub(crate) stub: Ident,
    /// What `Self` means, where that is one type.
    pub(crate) ty: Option<Type>,
}
