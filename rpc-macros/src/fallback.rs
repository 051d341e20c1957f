//! Stands in for the stub of a function whose annotation is wrong.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use syn::Error;
use syn::ext::IdentExt;

use crate::function::Function;
use crate::names;

/// Writes the mistakes, and a stub that causes no further ones where the function is called.
///
/// rustc is silent about names it misses in a module that has a `compile_error!`, and about
/// whatever is done with a value of a type it misses. So the stub's methods take and return one.
pub(crate) fn stub(function: &Function, mistakes: Error) -> TokenStream {
    let Function { ident, visibility, conditions, .. } = function;
    let mistakes = mistakes.into_iter().map(|mistake| mistake.to_compile_error());
    let mistakes = quote!(#(#mistakes)*);
    let module = format_ident!("__{}_is_wrong", ident.unraw());
    let call = function.call_type();
    let starter = names::starter(ident);
    quote! {
        #(#conditions)*
        mod #module {
            #mistakes
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
