//! Writes the function that serves calls of another.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::argument::Arguments;
use super::hygiene::hidden;
use super::{items, outcome};
use crate::function::Function;
use crate::names;
use crate::outcome::Told;
use crate::place::bounds;
use crate::types;

/// Writes the function that serves calls.
pub(super) fn server(function: &Function) -> TokenStream {
    let server = names::server(&function.ident);
    let outcome = names::outcome(&function.ident);
    let Arguments { taken, places, passed } = Arguments::of(function);
    let Receiver { generics, parameter, callee, argument } = Receiver::of(function);
    let ident = &function.ident;
    let span = function.outcome.span().resolved_at(hidden());
    let wait = function.is_async.then(|| quote_spanned!(span=> .await));
    if let Some(items) = &function.items {
        let called = quote_spanned!(span=> #callee #ident(#argument #(#passed),*) #wait);
        let send = items::send(function, items, &called);
        // rustc points at the function where its items cannot be sent between threads.
        let later = quote_spanned!(ident.span()=> __rpc::later(async move { #places #send }));
        return quote_spanned! {hidden()=>
            fn #server #generics(
                #parameter
                bound: &__rpc::Bound<'_, '_>,
                scope: &__rpc::Scope<'_>,
                outlet: __rpc::Outlet,
            ) -> ::core::result::Result<__rpc::Deferred, __rpc::Fault> {
                #taken
                ::core::result::Result::Ok(#later)
            }
        };
    }
    let mut returned = quote_spanned!(span=> #callee #ident(#argument #(#passed),*) #wait);
    if function.outcome.told != Told::Nothing && types::has_bytes(&function.result) {
        returned = quote_spanned!(span=> __rpc::IntoBytes::into_bytes(#returned));
    }
    let result = outcome::result(&function.outcome, &returned);
    if function.is_async || function.upload().is_some() {
        let outlet = function.upload().map(|_| quote_spanned!(hidden()=> _: __rpc::Outlet,));
        let send = match result {
            None => quote_spanned!(span=> __rpc::to_text(place, &#returned)),
            Some(result) => {
                let text = quote_spanned!(span=> __rpc::result_to_text::<#outcome, _>);
                quote_spanned!(span=> #text(place, #result))
            }
        };
        // rustc points at the function where its future is not `Send`.
        let later = quote_spanned!(ident.span()=> __rpc::later(async move { #places #send }));
        quote_spanned! {hidden()=>
            fn #server #generics(
                #parameter
                bound: &__rpc::Bound<'_, '_>,
                scope: &__rpc::Scope<'_>,
                #outlet
            ) -> ::core::result::Result<__rpc::Deferred, __rpc::Fault> {
                #taken
                let place = scope.place();
                ::core::result::Result::Ok(#later)
            }
        }
    } else {
        let send = match result {
            None => quote_spanned!(span=> reply.send(&#returned)),
            Some(result) => {
                quote_spanned!(span=> __rpc::send_result::<#outcome, _>(reply, #result))
            }
        };
        quote_spanned! {hidden()=>
            fn #server #generics(
                #parameter
                bound: &__rpc::Bound<'_, '_>,
                scope: &__rpc::Scope<'_>,
                reply: &mut __rpc::Reply<'_>,
            ) -> ::core::result::Result<(), __rpc::Fault> {
                #taken
                #places
                #send
            }
        }
    }
}

/// How the instance that a method is called on comes to it; nothing for a plain function.
#[derive(Default)]
struct Receiver {
    /// The generics of the function that serves calls, in which `__Self` is what `Self` was.
    generics: TokenStream,
    /// The parameter that it takes the instance as.
    parameter: TokenStream,
    /// The path before the method's name.
    callee: TokenStream,
    /// The argument that passes the instance on.
    argument: TokenStream,
}

impl Receiver {
    fn of(function: &Function) -> Self {
        let Some(owner) = &function.owner else {
            return Self::default();
        };
        let this = Ident::new("this", hidden());
        let (generics, ty, callee, place) = match &owner.ty {
            Some(_) => (TokenStream::new(), quote!(__Self), quote!(__Self::), quote!(#this)),
            None => {
                let trait_ = &owner.ident;
                let service = names::service(trait_);
                let bounds = bounds(trait_);
                let callee = quote!(<__Self as #trait_>::);
                (quote!(<__Self: #bounds>), quote!(#service<__Self>), callee, quote!(#this.0))
            }
        };
        let ty = if function.outlives() { quote!(::std::sync::Arc<#ty>) } else { quote!(&#ty) };
        Self { generics, parameter: quote!(#this: #ty,), callee, argument: quote!(&#place,) }
    }
}
