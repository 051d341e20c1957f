//! Writes how the arguments of a call become those of a function.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::default;
use super::hygiene::hidden;
use crate::function::Function;
use crate::names;
use crate::parameter::{Parameter, Passing, Takes, lifetime, passing};
use crate::provided::Provided;
use crate::types;

/// How the arguments of a call become those of a function.
pub(super) struct Arguments {
    /// The statements that take them out of the call.
    pub(super) taken: TokenStream,
    /// The statements that make place for defaults which are lent, in the function's own scope.
    pub(super) places: TokenStream,
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
        let decoded =
            decoded.map(|(index, parameter)| decode(index, parameter, function.outlives()));
        let mut taken = quote_spanned! {hidden()=>
            #(
                let ::core::option::Option::Some(#names) = #decoded else {
                    return ::core::result::Result::Err(bound.fault());
                };
            )*
        };
        let passed = parameters.iter().zip(&names).enumerate();
        let passed = passed.map(|(index, (parameter, name))| {
            let default = default::evaluate(index, parameter, function);
            pass(parameter, name, default, function.outlives())
        });
        let mut passed: Vec<_> = passed.collect();
        let kept = parameters
            .iter()
            .enumerate()
            .filter(|(_, parameter)| default::lent(parameter).is_some());
        let places = kept.map(|(index, _)| default::place(index));
        let places = quote_spanned!(hidden()=> #(let #places;)*);
        for (position, provided) in &function.provided {
            let name = Ident::new(&format!("provided_{position}"), hidden());
            let (value, pass) = match provided {
                Provided::State { is_lent, written, .. } => {
                    let key = names::state_key(&function.ident, *position);
                    let lend = is_lent.then(|| quote!(&));
                    let state = quote_spanned!(hidden()=> scope.state(&#key)?);
                    (of_library(written, "LibraryState", &state), quote!(#lend #name))
                }
                Provided::Context { written } => {
                    let context = quote_spanned!(hidden()=> scope.context());
                    let context = of_library(written, "LibraryContext", &context);
                    if function.outlives() {
                        (quote!(::core::clone::Clone::clone(#context)), quote!(&#name))
                    } else {
                        (context, quote!(#name))
                    }
                }
            };
            taken.extend(quote_spanned!(hidden()=> let #name = #value;));
            passed.insert(*position, pass);
        }
        Self { taken, places, passed }
    }
}

/// Writes the expression that hands a value to a parameter whose type is taken, by its name, for one that
/// the trait is for: where it is another, rustc says so there.
fn of_library(written: &Type, trait_: &str, value: &TokenStream) -> TokenStream {
    let trait_ = Ident::new(trait_, written.span());
    quote_spanned!(written.span()=> <#written as __rpc::#trait_>::of(#value))
}

/// Writes the expression that decodes an argument; one for a future that outlives the message
/// borrows nothing from it.
fn decode(index: usize, parameter: &Parameter, outlives: bool) -> TokenStream {
    let Parameter { ty, default, optional, takes, .. } = parameter;
    if parameter.upload.is_some() {
        return quote_spanned!(ty.span().resolved_at(hidden())=> bound.upload::<#ty>(#index, scope));
    }
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
fn pass(
    parameter: &Parameter,
    argument: &Ident,
    default: Option<TokenStream>,
    outlives: bool,
) -> TokenStream {
    let is_optional = parameter.optional.is_some();
    let (borrow, conversion) = match (passing(parameter, outlives), is_optional) {
        (Passing::Owned, _) => (None, None),
        (Passing::Cow, false) => (None, Some(quote!(.into_cow()))),
        (Passing::Cow, true) => (None, Some(quote!(.map(__rpc::Text::into_cow)))),
        (Passing::Reference(_), true) => (Some(quote!(&)), Some(quote!(.as_ref()))),
        (_, true) => (Some(quote!(&)), Some(quote!(.as_deref()))),
        (_, false) => (Some(quote!(&)), None),
    };
    match default {
        Some(default) => quote_spanned! {hidden()=>
            match #borrow #argument {
                ::core::option::Option::Some(given) => given #conversion,
                ::core::option::Option::None => #default,
            }
        },
        None if is_standard(parameter) && matches!(parameter.passing, Passing::Owned) => {
            let written = types::with_lifetime(&parameter.ty, &lifetime(outlives)).0;
            of_library(&written, "Standard", &quote!(#argument))
        }
        None if is_optional => quote!(#argument #conversion),
        None => quote!(#borrow #argument #conversion),
    }
}

/// Whether a parameter's type is taken for one of the standard library, by its name.
fn is_standard(parameter: &Parameter) -> bool {
    parameter.optional.is_some() || matches!(parameter.takes, Takes::Args(_))
}
