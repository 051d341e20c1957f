//! Writes what a call does with a keyword that is no parameter's: it is gathered, or a mistake.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{GenericArgument, Type, parse_quote};

use super::setter::{state_names, step};
use crate::function::Function;
use crate::names;
use crate::parameter::{Parameter, Takes};
use crate::{spelling, types};

/// Writes the implementation by which `call!` gives such a keyword.
pub(super) fn of(function: &Function) -> TokenStream {
    let states = state_names(function);
    let call = function.call_type();
    let kwargs = function.parameters.iter().position(|p| matches!(p.takes, Takes::Kwargs));
    let keyword = match kwargs {
        Some(index) => gathered(function, index, &states),
        None => refused(function, &states),
    };
    quote! {
        impl<'c, __S: __rpc::Stub, #(#states),*> __rpc::TakesKeywords for #call<'c, __S, #(#states),*> {}
        #keyword
    }
}

fn gathered(function: &Function, index: usize, states: &[Ident]) -> TokenStream {
    let parameter = &function.parameters[index];
    let call = function.call_type();
    let old = &states[index];
    let field = syn::Index::from(index + 1);
    let (ty, is_any) = held(parameter);
    let taken = quote_spanned!(parameter.ident.span()=> __rpc::GatheredBy<#ty, #is_any>);
    let state = quote!(__rpc::Keywords<#old, <__V as #taken>::Kept>);
    let kept = quote!(__rpc::Keywords(self.#field, name, <__V as #taken>::kept(value)));
    let (next, given) = step(function, index, states, &state, &kept);
    quote_spanned! {parameter.ident.span()=>
        impl<'c, __S: __rpc::Stub, #(#states),*> __rpc::GathersKeywords
            for #call<'c, __S, #(#states),*>
        {
        }
        impl<'c, __S: __rpc::Stub, #(#states,)* __V: #taken> __rpc::TakesKeyword<__V>
            for #call<'c, __S, #(#states),*>
        {
            type Next = #next;
            fn keyword(self, name: &'static str, value: __V) -> #next {
                #given
            }
        }
    }
}

/// Returns the type that the values of a map have, and the constant that says whether it is any JSON
/// value, as it is of a map whose type does not show what it holds.
fn held(parameter: &Parameter) -> (TokenStream, TokenStream) {
    let ty = match types::bare(&parameter.ty) {
        Type::Reference(reference) => &reference.elem,
        ty => ty,
    };
    let maps = ["HashMap", "BTreeMap", "IndexMap"];
    let arguments = maps.iter().find_map(|map| types::arguments_of(ty, map));
    let Some([GenericArgument::Type(_), GenericArgument::Type(value), ..]) = arguments.as_deref()
    else {
        return (quote!(__rpc::WhateverSerialises), quote!(true));
    };
    let value = types::with_lifetime(value, &parse_quote!('static)).0.into_token_stream();
    let is_any = quote!({
        use __rpc::OneType as _;
        __rpc::ValueProbe::<#value>::IS_ANY
    });
    (value, is_any)
}

/// Writes the implementation that never holds, of which rustc says so in the words of a trait.
fn refused(function: &Function, states: &[Ident]) -> TokenStream {
    let ident = &function.ident;
    let call = function.call_type();
    let name = names::on_the_wire(ident);
    let names = function.parameters.iter().filter(|parameter| !parameter.has_no_name());
    let names: Vec<_> = names.map(|p| format!("`{}`", names::on_the_wire(&p.ident))).collect();
    let label = match names.as_slice() {
        [] => "it takes no arguments".to_owned(),
        [only] => format!("it has {only}"),
        [first @ .., last] => format!("it has {} and {last}", first.join(", ")),
    };
    let message = format!("`{name}` has no parameter of this name");
    let note = spelling::message(&spelling::signature(function));
    quote_spanned! {ident.span()=>
        #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
        trait gathers_keywords {}
        // Without an implementation rustc would advise to write one.
        #[diagnostic::do_not_recommend]
        impl gathers_keywords for __rpc::Omitted {}
        impl<'c, __S: __rpc::Stub, #(#states),*> __rpc::GathersKeywords
            for #call<'c, __S, #(#states),*>
        where
            (__S,): gathers_keywords,
        {
        }
        impl<'c, __S: __rpc::Stub, #(#states,)* __V> __rpc::TakesKeyword<__V>
            for #call<'c, __S, #(#states),*>
        {
            type Next = Self;
            fn keyword(self, _: &'static str, _: __V) -> Self {
                self
            }
        }
    }
}
