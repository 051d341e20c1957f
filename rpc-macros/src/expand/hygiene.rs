//! Keeps generated code and what a user writes out of each other's way.

use proc_macro2::{Span, TokenStream};
use quote::quote;

/// The span of local names that a user's default value must not see.
pub(super) fn hidden() -> Span {
    Span::mixed_site()
}

/// Writes the attribute that keeps lints for people away from code that nobody reads.
pub(super) fn quiet() -> TokenStream {
    quote! {
        #[allow(
            dead_code,
            deprecated,
            non_camel_case_types,
            non_snake_case,
            non_upper_case_globals,
            private_bounds,
            private_interfaces,
            unreachable_code,
            unreachable_pub,
            unused_qualifications,
            clippy::all,
            clippy::nursery,
            clippy::pedantic
        )]
    }
}
