//! Stands in for the stubs of functions whose annotation is wrong.
//!
//! rustc is silent about names it misses in a module that has a `compile_error!`, and about
//! whatever is done with a value of a type it misses. So the methods of these stubs take and return
//! one, and cause no further mistakes where the functions are called.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Error;

use super::interface::{head, service};
use crate::editor::is_reading;
use crate::function::Function;
use crate::interface::Interface;
use crate::names;

/// Writes the mistakes, and a stub in place of a function's.
pub(super) fn of_function(function: &Function, mistakes: Error) -> TokenStream {
    let Function { visibility, conditions, .. } = function;
    let stub = function.stub();
    let module = names::mistakes(&function.ident);
    let mistakes = self::mistakes(&module, mistakes);
    let methods = methods(function, &module);
    quote! {
        #(#conditions)*
        #mistakes

        #(#conditions)*
        #[allow(missing_docs, non_camel_case_types)]
        #visibility trait #stub {
            #methods
        }

        #(#conditions)*
        impl<__S> #stub for __S {}
    }
}

/// Writes the mistakes, and a stub in place of an interface's, which can be registered too.
pub(super) fn of_interface(interface: &Interface, mistakes: Error) -> TokenStream {
    let Interface { owner, visibility, conditions, library, .. } = interface;
    let module = names::mistakes(&owner.stub);
    let mistakes = self::mistakes(&module, mistakes);
    let methods = interface.methods.iter().map(|method| methods(method, &module));
    let stub = &owner.stub;
    let service = service(interface);
    let instance = (!interface.more).then(|| {
        let head = head(interface, &quote!(#library::__private1));
        quote! {
            #(#conditions)*
            #head {
                const METHODS: &'static [#library::__private1::Method<Self>] = &[];
            }
        }
    });
    quote! {
        #(#conditions)*
        #mistakes

        #(#conditions)*
        #[allow(missing_docs)]
        #visibility trait #stub {
            #(#methods)*
        }

        #(#conditions)*
        impl<__S> #stub for __S {}

        #service

        #instance
    }
}

fn mistakes(module: &Ident, mistakes: Error) -> TokenStream {
    let mistakes = mistakes.into_iter().map(|mistake| mistake.to_compile_error());
    quote! {
        #[allow(non_snake_case)]
        mod #module {
            #(#mistakes)*
        }
    }
}

fn methods(function: &Function, module: &Ident) -> TokenStream {
    let Function { ident, arity, .. } = function;
    let call = quote!(#module::Unknown);
    let starter = names::starter(ident);
    if is_reading() {
        return quote!(fn #ident(&self, ...) -> #call { loop {} });
    }
    let inputs = vec![quote!(_: #call); *arity];
    quote! {
        fn #ident(&self, #(#inputs),*) -> #call {
            ::core::unreachable!()
        }
        fn #starter(&self) -> #call {
            ::core::unreachable!()
        }
    }
}
