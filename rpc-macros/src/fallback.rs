//! Stands in for the stub of a function whose annotation is wrong.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use syn::Error;
use syn::ext::IdentExt;

use crate::function::Function;
use crate::names;

/// Writes the mistakes, and a stub that causes no further ones where the function is called.
///
/// rustc says nothing about names that it misses in a module with a `compile_error!`, and nothing
/// about what is done with a type it does not know. So the stub's methods return such a type.
pub(crate) fn stub(function: &Function, mistakes: Error) -> TokenStream {
    let Function { ident, visibility, conditions, .. } = function;
    let mistakes = mistakes.into_iter().map(|mistake| mistake.to_compile_error());
    let module = format_ident!("__{}_is_wrong", ident.unraw());
    let call = names::call_type(ident);
    let starter = names::starter(ident);
    quote! {
        #(#conditions)*
        mod #module {
            #(#mistakes)*
        }

        #(#conditions)*
        #[allow(missing_docs)]
        #visibility type #call = #module::Unknown;

        #(#conditions)*
        #[allow(missing_docs, non_camel_case_types)]
        #visibility trait #ident {
            fn #ident(&self, _: #call) -> #call {
                ::core::unreachable!()
            }
            fn #starter(&self) -> #call {
                ::core::unreachable!()
            }
        }

        #(#conditions)*
        impl<__S> #ident for __S {}
    }
}
