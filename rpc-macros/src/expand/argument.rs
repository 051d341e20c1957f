//! Writes how the arguments of a call become those of a function.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lifetime, Type, parse_quote};

use super::hygiene::hidden;
use crate::function::Function;
use crate::names;
use crate::parameter::{Parameter, Passing, Takes};
use crate::provided::Provided;
use crate::types;

/// How the arguments of a call become those of a function.
pub(super) struct Arguments {
    /// The statements that take them out of the call.
    pub(super) taken: TokenStream,
    /// The expressions that pass them on.
    pub(super) passed: Vec<TokenStream>,
}

impl Arguments {
    pub(super) fn of(function: &Function) -> Self {
        let parameters = &function.parameters;
        let names =
            (0..parameters.len()).map(|index| Ident::new(&format!("argument_{index}"), hidden()));
        let names: Vec<_> = names.collect();
        let decoded = parameters.iter().enumerate();
        let decoded = decoded.map(|(index, parameter)| decode(index, parameter, function.is_async));
        let mut taken = quote_spanned! {hidden()=>
            #(
                let ::core::option::Option::Some(#names) = #decoded else {
                    return ::core::result::Result::Err(bound.fault());
                };
            )*
        };
        let passed = parameters.iter().zip(&names);
        let passed = passed.map(|(parameter, name)| pass(parameter, name, function.is_async));
        let mut passed: Vec<_> = passed.collect();
        for (position, provided) in &function.provided {
            let name = Ident::new(&format!("provided_{position}"), hidden());
            let (value, pass) = match provided {
                Provided::State { is_lent, .. } => {
                    let key = names::state_key(&function.ident, *position);
                    let lend = is_lent.then(|| quote!(&));
                    (quote_spanned!(hidden()=> scope.state(&#key)?), quote!(#lend #name))
                }
                Provided::Context if function.is_async => {
                    let context = quote_spanned!(hidden()=> scope.context());
                    (quote!(::core::clone::Clone::clone(#context)), quote!(&#name))
                }
                Provided::Context => (quote_spanned!(hidden()=> scope.context()), quote!(#name)),
            };
            taken.extend(quote_spanned!(hidden()=> let #name = #value;));
            passed.insert(*position, pass);
        }
        Self { taken, passed }
    }
}

/// Returns a default value for a place where the `Self` it was written for is called `__Self`.
fn own_default(default: &Expr) -> TokenStream {
    fn rename(tokens: TokenStream) -> TokenStream {
        let rename = |token| match token {
            TokenTree::Ident(word) if word == "Self" => Ident::new("__Self", word.span()).into(),
            TokenTree::Group(group) => {
                let mut renamed = Group::new(group.delimiter(), rename(group.stream()));
                renamed.set_span(group.span());
                renamed.into()
            }
            token => token,
        };
        tokens.into_iter().map(rename).collect()
    }
    rename(default.to_token_stream())
}

/// Writes the expression that evaluates a default value, in a closure that it cannot leave: there
/// `?`, `return` and `break`, which would end the call, do not compile.
fn evaluate(default: &Expr, ty: &Type) -> TokenStream {
    let default = own_default(default);
    quote_spanned! {hidden()=>
        (|| -> __rpc::DefaultValue<#ty> {
            // Where the type is said, a default of another is a plain mismatch.
            let value: #ty = #default;
            __rpc::DefaultValue(value)
        })().0
    }
}

/// Returns how an argument is held: a `Cow` that outlives the message is an owned one.
fn passing(parameter: &Parameter, outlives: bool) -> &Passing {
    match &parameter.passing {
        Passing::Cow if outlives => &Passing::Owned,
        passing => passing,
    }
}

/// The lifetime of what is decoded.
fn lifetime(outlives: bool) -> Lifetime {
    if outlives { parse_quote!('static) } else { parse_quote!('_) }
}

/// Writes the expression that decodes an argument; one for a future that outlives the message
/// borrows nothing from it.
fn decode(index: usize, parameter: &Parameter, outlives: bool) -> TokenStream {
    let Parameter { ty, default, optional, takes, .. } = parameter;
    let lifetime = lifetime(outlives);
    let own = |ty| types::with_lifetime(ty, &lifetime).0.into_token_stream();
    let value = match passing(parameter, outlives) {
        Passing::Owned => own(parameter.value()),
        Passing::Text if outlives => quote!(::std::string::String),
        Passing::Cow | Passing::Text => quote!(__rpc::Text<'_>),
        Passing::Bytes => quote!(__rpc::Bytes<#lifetime>),
        Passing::Slice(element) => {
            let element = own(element);
            quote!(::std::vec::Vec<#element>)
        }
        Passing::Reference(referent) => own(referent),
    };
    let get = match (takes, default, optional) {
        (Takes::Args(element), ..) => quote!(args::<#element>(#index)),
        (Takes::Kwargs, ..) => quote!(kwargs::<#value, _>(#index)),
        (Takes::One, None, None) => quote!(required::<#value>(#index)),
        (Takes::One, None, Some(_)) => quote!(optional::<#value>(#index)),
        (Takes::One, Some(_), None) => quote!(given::<#value>(#index)),
        (Takes::One, Some(_), Some(_)) => {
            quote!(given::<::core::option::Option<#value>>(#index))
        }
    };
    quote_spanned!(ty.span().resolved_at(hidden())=> bound.#get)
}

/// Writes the expression that passes a decoded argument to the function.
fn pass(parameter: &Parameter, argument: &Ident, outlives: bool) -> TokenStream {
    let is_optional = parameter.optional.is_some();
    let (borrow, conversion) = match (passing(parameter, outlives), is_optional) {
        (Passing::Owned, _) => (None, None),
        (Passing::Cow, false) => (None, Some(quote!(.into_cow()))),
        (Passing::Cow, true) => (None, Some(quote!(.map(__rpc::Text::into_cow)))),
        (Passing::Reference(_), true) => (Some(quote!(&)), Some(quote!(.as_ref()))),
        (_, true) => (Some(quote!(&)), Some(quote!(.as_deref()))),
        (_, false) => (Some(quote!(&)), None),
    };
    let default = parameter.default.as_ref().map(|default| {
        let lifetime = match passing(parameter, outlives) {
            Passing::Owned => lifetime(outlives),
            _ => parse_quote!('_),
        };
        evaluate(default, &types::with_lifetime(&parameter.ty, &lifetime).0)
    });
    match default {
        Some(default) => quote_spanned! {hidden()=>
            match #borrow #argument {
                ::core::option::Option::Some(given) => given #conversion,
                ::core::option::Option::None => #default,
            }
        },
        None if is_optional => quote!(#argument #conversion),
        None => quote!(#borrow #argument #conversion),
    }
}
