//! Writes what describes a function, and enters it where servers find it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{LitBool, LitStr};

use super::described;
use crate::allow::Allow;
use crate::function::Function;
use crate::names;
use crate::parameter::{Parameter, Takes};
use crate::spelling::{self, spell};

/// Writes the static that says what the function is called and takes.
pub(super) fn signature(function: &Function) -> TokenStream {
    let Function { name, options, is_async, .. } = function;
    let ident = names::signature(&function.ident);
    let reply = text(options.reply.as_ref());
    let doc = function.docs.join("\n");
    let doc = doc.trim();
    let parameters = function.parameters.iter().map(parameter);
    let result = spelling::result(function);
    let (streams, uploads) = (function.items.is_some(), function.upload().is_some());
    let (idempotent, blocking, read_only) =
        (options.idempotent, options.blocking, options.read_only);
    let [destructive, open_world, mcp] =
        [&options.destructive, &options.open_world, &options.mcp].map(|it| choice(it.as_ref()));
    let [subscription, unsubscribe] =
        [&options.subscription, &options.unsubscribe].map(|it| text(it.as_ref()));
    let allow = options.allow.as_ref().map_or_else(|| quote!(&[]), Allow::slice);
    let deprecated = function.deprecated.as_ref().map(|note| quote!(.deprecated(#note)));
    quote! {
        static #ident: __rpc::Signature = __rpc::Signature::of(
            #name,
            #reply,
            #doc,
            &[#(#parameters),*],
            #result,
            __rpc::SignatureOptions {
                idempotent: #idempotent,
                blocking: #blocking,
                is_async: #is_async,
                streams: #streams,
                uploads: #uploads,
                read_only: #read_only,
                destructive: #destructive,
                open_world: #open_world,
                mcp: #mcp,
                subscription: #subscription,
                unsubscribe: #unsubscribe,
                allow: #allow,
            },
        )
        #deprecated
        .at(::core::module_path!(), ::core::concat!(::core::file!(), ":", ::core::line!()));
    }
}

fn text(text: Option<&LitStr>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}

fn choice(answer: Option<&LitBool>) -> TokenStream {
    match answer {
        Some(answer) => quote!(::core::option::Option::Some(#answer)),
        None => quote!(::core::option::Option::None),
    }
}

/// Writes the keys of the shared state that a function asks for: there, and only there, rustc finds
/// out that it cannot be shared.
pub(super) fn state_keys(function: &Function) -> TokenStream {
    let Function { conditions, .. } = function;
    let keys = function.states().map(|(position, ty)| {
        let key = names::state_key(&function.ident, position);
        let of = quote_spanned!(ty.span()=> __rpc::StateKey::<#ty>::of());
        quote! {
            #(#conditions)*
            const #key: __rpc::StateKey<#ty> = #of;
        }
    });
    keys.collect()
}

fn parameter(parameter: &Parameter) -> TokenStream {
    let name = names::on_the_wire(&parameter.ident);
    let ty = spell(&parameter.ty);
    let kind = match (&parameter.takes, &parameter.default) {
        (Takes::Args(_), _) => quote!(Args),
        (Takes::Kwargs, _) => quote!(Kwargs),
        (Takes::One, Some(default)) => {
            let default = spell(default);
            quote!(Default(#default))
        }
        (Takes::One, None) if parameter.optional.is_some() => quote!(Optional),
        (Takes::One, None) => quote!(Required),
    };
    let doc = &parameter.doc;
    quote!(__rpc::Parameter { name: #name, ty: #ty, kind: __rpc::ParameterKind::#kind, doc: #doc })
}

/// Writes the entry in the table of exported functions.
pub(super) fn submission(function: &Function) -> TokenStream {
    let entry = entry(function);
    quote! {
        __rpc::inventory::submit! {
            __rpc::Export { #entry }
        }
    }
}

/// Writes the fields of an entry: what describes a function, and what serves it.
pub(super) fn entry(function: &Function) -> TokenStream {
    let signature = names::signature(&function.ident);
    let server = names::server(&function.ident);
    let states = function.states().map(|(position, _)| {
        let key = names::state_key(&function.ident, position);
        quote!(#key.ty())
    });
    let described = described::table(function);
    let kind = if function.owner.is_some() { quote!(MethodHandler) } else { quote!(Handler) };
    let comes_in_parts = function.items.is_some() || function.upload().is_some();
    let handler = match (comes_in_parts, function.is_async) {
        (true, _) => quote!(Stream),
        (false, true) => quote!(Async),
        (false, false) => quote!(Plain),
    };
    quote! {
        signature: &#signature,
        described: #described,
        states: &[#(#states),*],
        handler: __rpc::#kind::#handler(#server),
    }
}
