//! Writes how a default value is evaluated: where it cannot be left by `?`, `return` or `break`, which would
//! end the call, and where `Self` is what it was.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, parse_quote};

use super::hygiene::hidden;
use crate::function::Function;
use crate::parameter::{Parameter, Passing, lifetime, passing};
use crate::place::{Owner, bounds};
use crate::types;

/// Writes the expression that evaluates a parameter's default value.
pub(super) fn evaluate(
    index: usize,
    parameter: &Parameter,
    function: &Function,
) -> Option<TokenStream> {
    let default = parameter.default.as_ref()?;
    if let Some(value) = lent(parameter) {
        let place = place(index);
        return Some(quote_spanned! {hidden()=> {
            #place = (|| -> __rpc::DefaultValue<_> { __rpc::DefaultValue(#value) })().0;
            &#place
        }});
    }
    if let Some(owner) = function.owner.as_ref().filter(|_| may_name_self(default)) {
        return Some(of_owner(parameter, default, owner, function.outlives()));
    }
    let lifetime = match passing(parameter, function.outlives()) {
        Passing::Owned => lifetime(function.outlives()),
        _ => parse_quote!('_),
    };
    let ty = types::with_lifetime(&parameter.ty, &lifetime).0;
    Some(quote_spanned! {hidden()=>
        (|| -> __rpc::DefaultValue<#ty> {
            // Where the type is said, a default of another is a plain mismatch.
            let value: #ty = #default;
            __rpc::DefaultValue(value)
        })().0
    })
}

/// Writes the expression that evaluates a default in which `Self` stands: in a block of that type,
/// since an alias is no constructor, and items in the value may have a `Self` of their own.
fn of_owner(parameter: &Parameter, default: &Expr, owner: &Owner, outlives: bool) -> TokenStream {
    let lifetime = match passing(parameter, outlives) {
        Passing::Owned if outlives => lifetime(outlives),
        _ => parse_quote!('__d),
    };
    let (ty, borrows) = types::with_lifetime(&parameter.ty, &lifetime);
    let generics = (borrows && !types::is_static(&lifetime)).then(|| quote!(<#lifetime>));
    let of = owner.ty.is_none().then(|| {
        let bounds = bounds(&owner.ident);
        quote!(<__Self: #bounds>)
    });
    quote_spanned! {hidden()=> {
        trait __Default {
            fn __default_value #generics() -> __rpc::DefaultValue<#ty>;
        }
        impl #of __Default for __Self {
            fn __default_value #generics() -> __rpc::DefaultValue<#ty> {
                let value: #ty = #default;
                __rpc::DefaultValue(value)
            }
        }
        <__Self as __Default>::__default_value().0
    }}
}

/// Puts an expression that shows a default where `Self` in it is what it was.
pub(super) fn in_owner(default: &Expr, function: &Function, shown: &TokenStream) -> TokenStream {
    let Some(owner) = function.owner.as_ref().filter(|_| may_name_self(default)) else {
        return shown.clone();
    };
    let of = owner.ty.is_none().then(|| {
        let bounds = bounds(&owner.ident);
        quote!(<__Self: #bounds>)
    });
    quote_spanned! {hidden()=> {
        trait __Default {
            fn __default_json() -> ::core::option::Option<__rpc::Value>;
        }
        impl #of __Default for __Self {
            fn __default_json() -> ::core::option::Option<__rpc::Value> {
                #shown
            }
        }
        <__Self as __Default>::__default_json()
    }}
}

/// The `E` of a default `&E` that is made when it is evaluated, so that it has to be kept while it is lent.
pub(super) fn lent(parameter: &Parameter) -> Option<&Expr> {
    let Some(Expr::Reference(reference)) = &parameter.default else {
        return None;
    };
    let is_made = match &*reference.expr {
        Expr::Call(_) | Expr::MethodCall(_) => true,
        Expr::Macro(made) => ["format", "vec"].iter().any(|name| made.mac.path.is_ident(name)),
        _ => false,
    };
    let is_kept =
        is_made && parameter.optional.is_none() && !has(reference.to_token_stream(), &is_self);
    is_kept.then_some(&reference.expr)
}

/// Returns the name of the place where a default that is lent is kept.
pub(super) fn place(index: usize) -> Ident {
    Ident::new(&format!("default_{index}"), hidden())
}

/// Whether `Self` stands in a default value, or may be written there by a macro.
fn may_name_self(default: &Expr) -> bool {
    has(default.to_token_stream(), &|token| match token {
        TokenTree::Punct(mark) => mark.as_char() == '!',
        token => is_self(token),
    })
}

fn is_self(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(word) if word == "Self")
}

/// Whether such a token stands in these, at any depth.
fn has(tokens: TokenStream, is_meant: &dyn Fn(&TokenTree) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has(group.stream(), is_meant),
        token => is_meant(&token),
    })
}
