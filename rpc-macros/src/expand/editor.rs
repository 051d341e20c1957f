//! Writes what an editor reads in place of the call's type and the methods that begin one.
//!
//! An editor offers every method and field in reach, in the crate of the annotation also those that
//! are hidden. So these are what a user may write and nothing else, and their bodies do nothing.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, parse_quote};

use super::setter::{self, Sent};
use crate::function::Function;
use crate::names;
use crate::parameter::Takes;
use crate::types;

/// Writes the method with which a call begins, under all that is said of the function, or `about`
/// where nothing is. `call!` fills its arguments up to a fixed number.
pub(super) fn beginning(
    function: &Function,
    about: &str,
    conditions: &[Attribute],
    inputs: &[TokenStream],
    generics: Option<&TokenStream>,
) -> TokenStream {
    let Function { ident, shared, docs, .. } = function;
    let call = function.call_type();
    let docs = if docs.is_empty() { about.to_owned() } else { docs.join("\n") };
    quote! {
        #[doc = #docs]
        #(#conditions)*
        #(#shared)*
        fn #ident<'c, #generics>(&'c self, #(#inputs,)* ...) -> #call<'c, Self> {
            loop {}
        }
    }
}

/// Writes the type of a call being put together: an enum, which has no fields to offer.
pub(super) fn definition(function: &Function, docs: &str) -> TokenStream {
    let Function { conditions, .. } = function;
    let call = function.call_name();
    quote! {
        #[doc = #docs]
        #(#conditions)*
        pub enum #call<'c, __S> {
            __Of(&'c __S),
        }
    }
}

/// Writes its methods, and a type with the keywords as fields, which is what `!` makes of a call.
pub(super) fn methods(function: &Function, error: &TokenStream) -> TokenStream {
    let Function { visibility, .. } = function;
    let call = function.call_type();
    let rpc = quote!(__rpc);
    let (mut setters, mut keywords) = (TokenStream::new(), TokenStream::new());
    let mut gathers = None;
    for parameter in &function.parameters {
        let name = &parameter.ident;
        let setter = names::setter(name);
        let docs = setter::docs(parameter);
        let Sent { generics, accepted, .. } = Sent::of(parameter, &setter::lifetime(), &rpc);
        let (ty, _) = types::with_lifetime(&parameter.ty, &parse_quote!('static));
        if let Takes::Kwargs = parameter.takes {
            let rest = names::rest(name.span());
            gathers =
                Some(quote!(impl<__S: __rpc::Stub> __rpc::TakesKeywords for #call<'_, __S> {}));
            setters.extend(quote! {
                #visibility fn #rest #generics(self, #name: #accepted) -> Self {
                    loop {}
                }
            });
        }
        setters.extend(quote! {
            #[doc = #docs]
            #visibility fn #setter #generics(self, #name: #accepted) -> Self {
                loop {}
            }
        });
        keywords.extend(quote! {
            #[doc = #docs]
            #visibility #name: #ty,
        });
    }
    let ends = ends(function, error);
    quote! {
        impl<'c, __S: __rpc::Stub> #call<'c, __S> {
            #setters
            #ends
        }
        #gathers
        #visibility struct __Keywords {
            #keywords
        }
        impl<__S> ::core::ops::Not for #call<'_, __S> {
            type Output = __Keywords;
            fn not(self) -> __Keywords {
                loop {}
            }
        }
    }
}

/// Writes the methods that send the call.
fn ends(function: &Function, error: &TokenStream) -> TokenStream {
    let Function { visibility, outcome, items, .. } = function;
    let value = &outcome.value;
    if items.is_some() {
        return quote! {
            /// Makes the call, and returns before its items are there.
            #visibility fn call(self) -> <__S as __rpc::Opening<#value, #error>>::Opened {
                loop {}
            }
        };
    }
    quote! {
        /// Makes the call.
        #visibility fn call(self) -> __rpc::OutcomeOf<__S, #value, #error> {
            loop {}
        }
        /// Sends the call, and returns before its result is there.
        #visibility fn start(
            self,
        ) -> ::core::result::Result<
            <__S as __rpc::Starting<#value, #error>>::Pending,
            __rpc::Error,
        > {
            loop {}
        }
        /// Sends the call and wants no reply: nobody is told what becomes of it.
        #visibility fn notify(self) -> __rpc::OutcomeOf<__S, (), __rpc::Error> {
            loop {}
        }
    }
}
