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
    let Function { ident, visibility, conditions, .. } = function;
    let module = names::mistakes(ident);
    let mistakes = self::mistakes(&module, mistakes);
    let call = call(function, &module);
    let methods = methods(function);
    quote! {
        #(#conditions)*
        #mistakes
        #call

        #(#conditions)*
        #[allow(missing_docs, non_camel_case_types)]
        #visibility trait #ident {
            #methods
        }

        #(#conditions)*
        impl<__S> #ident for __S {}
    }
}

/// Writes the mistakes, and a stub in place of an interface's, which can be registered too.
pub(super) fn of_interface(interface: &Interface, mistakes: Error) -> TokenStream {
    let Interface { owner, visibility, conditions, library, .. } = interface;
    let module = names::mistakes(&owner.ident);
    let mistakes = self::mistakes(&module, mistakes);
    let calls = interface.methods.iter().map(|method| call(method, &module));
    let methods = interface.methods.iter().map(methods);
    let stub = names::stub_trait(&owner.ident);
    let service = service(interface);
    let head = head(interface, &quote!(#library::__private1));
    quote! {
        #(#conditions)*
        #mistakes
        #(#calls)*

        #(#conditions)*
        #[allow(missing_docs)]
        #visibility trait #stub {
            #(#methods)*
        }

        #(#conditions)*
        impl<__S> #stub for __S {}

        #service

        #(#conditions)*
        #head {
            const METHODS: &'static [#library::__private1::Method<Self>] = &[];
        }
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

fn call(function: &Function, module: &Ident) -> TokenStream {
    let Function { visibility, conditions, .. } = function;
    let call = function.call_type();
    quote! {
        #(#conditions)*
        #[allow(missing_docs)]
        #visibility type #call = #module::Unknown;
    }
}

fn methods(function: &Function) -> TokenStream {
    let Function { ident, arity, .. } = function;
    let call = function.call_type();
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
