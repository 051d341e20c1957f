//! Writes what the methods of an `impl` block or a trait bring with them.

use proc_macro2::TokenStream;
use quote::quote;

use super::hygiene::quiet;
use super::{call_type, export, outcome, server, stub};
use crate::function::Function;
use crate::interface::Interface;
use crate::names;
use crate::place::bounds;
use crate::spelling::spell;

/// Writes the stub trait, the types of calls, and what nobody need name in a block of its own.
pub(super) fn expand(interface: &Interface) -> TokenStream {
    let Interface { owner, visibility, conditions, library, methods, .. } = interface;
    let stub = stub::of_interface(interface);
    let service = service(interface);
    let calls = call_type::module(&owner.stub, conditions, visibility, methods);
    let ends = methods.iter().map(both_ends);
    let own_type = owner.ty.as_ref().map(|ty| quote!(type __Self = #ty;));
    let instance = instance(interface);
    let quiet = quiet();
    quote! {
        #stub
        #service
        #calls

        #(#conditions)*
        #quiet
        const _: () = {
            use #library::__private1 as __rpc;
            #own_type
            #(#ends)*
            #instance
        };
    }
}

/// Writes what belongs to one method: its signature, its calls, and what serves them.
fn both_ends(method: &Function) -> TokenStream {
    let Function { conditions, .. } = method;
    let signature = export::signature(method);
    let outcome = outcome::definition(method);
    let state_keys = export::state_keys(method);
    let call_methods = call_type::methods(method);
    let server = server::server(method);
    quote! {
        #(#conditions)*
        #signature
        #outcome
        #state_keys
        #(#conditions)*
        const _: () = {
            #call_methods
        };
        #(#conditions)*
        #server
    }
}

/// Writes the table of methods that an instance is registered with.
fn instance(interface: &Interface) -> TokenStream {
    let methods = interface.methods.iter().map(|method| {
        let Function { conditions, .. } = method;
        let entry = export::entry(method);
        quote! {
            #(#conditions)*
            __rpc::Method { #entry }
        }
    });
    let methods = quote!(&[#(#methods),*]);
    let offer = offer(interface);
    if interface.more {
        return quote! {
            static __METHODS: &[__rpc::Method<__Self>] = #methods;
            __rpc::inventory::submit! {
                __rpc::MoreMethods::of(&__METHODS)
            }
            #offer
        };
    }
    let head = head(interface, &quote!(__rpc));
    // rustc names this where there is a second one.
    let mark = interface
        .owner
        .ty
        .is_some()
        .then(|| quote!(impl __rpc::a_further_block_says_more_and_stub for __Self {}));
    quote! {
        #mark
        #head {
            const METHODS: &'static [__rpc::Method<Self>] = #methods;
        }
        #offer
    }
}

/// Writes what tells of the methods where no instance is registered.
fn offer(interface: &Interface) -> TokenStream {
    let name = match &interface.owner.ty {
        Some(ty) => spell(ty),
        None => names::service(&interface.owner.ident).to_string(),
    };
    let signatures = interface.methods.iter().map(|method| {
        let Function { conditions, .. } = method;
        let signature = names::signature(&method.ident);
        quote! {
            #(#conditions)*
            &#signature
        }
    });
    quote! {
        __rpc::inventory::submit! {
            __rpc::Interface { name: #name, methods: &[#(#signatures),*] }
        }
    }
}

/// Writes the type that serves what implements a trait.
pub(super) fn service(interface: &Interface) -> Option<TokenStream> {
    let Interface { owner, conditions, visibility, .. } = interface;
    let trait_ = &owner.ident;
    let service = names::service(trait_);
    let about = format!(
        "Serves the methods of [`{trait_}`]: \
         `registry.register_instance({service}(value))`, for a `value` that implements it."
    );
    interface.is_trait().then(|| {
        quote! {
            #[doc = #about]
            #(#conditions)*
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            #visibility struct #service<__Self>(
                /// What implements the trait.
                pub __Self,
            );
        }
    })
}

/// Writes the head of the block that makes an instance of a type.
pub(super) fn head(interface: &Interface, rpc: &TokenStream) -> TokenStream {
    let trait_ = &interface.owner.ident;
    let service = names::service(trait_);
    match &interface.owner.ty {
        Some(ty) => quote!(impl #rpc::Instance for #ty),
        None => {
            let bounds = bounds(trait_);
            quote!(impl<__Self: #bounds> #rpc::Instance for #service<__Self>)
        }
    }
}
