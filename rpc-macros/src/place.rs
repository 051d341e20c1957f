//! Where an exported function stands: what its name begins with, and what it is a method of.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
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

/// Writes the bounds of a type that implements an exported trait and can be registered.
pub(crate) fn bounds(trait_: &Ident) -> TokenStream {
    quote!(#trait_ + ::core::marker::Send + ::core::marker::Sync + 'static)
}
