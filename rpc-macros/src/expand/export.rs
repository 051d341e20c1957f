//! Writes the server's half: the signature, and the function that serves a call.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lifetime, parse_quote};

use super::call_type;
use crate::function::{Function, Outcome};
use crate::names;
use crate::parameter::{Parameter, Passing, Takes};
use crate::provided::Provided;
use crate::spelling::spell;
use crate::types;

/// Writes the static that says what the function is called and takes.
pub(super) fn signature(function: &Function) -> TokenStream {
    let Function { name, options, is_async, .. } = function;
    let ident = names::signature(&function.ident);
    let reply = match &options.reply {
        Some(reply) => quote!(::core::option::Option::Some(#reply)),
        None => quote!(::core::option::Option::None),
    };
    let doc = function.docs.join("\n");
    let doc = doc.trim();
    let parameters = function.parameters.iter().map(parameter);
    let result = spell(&function.result);
    let (idempotent, blocking) = (options.idempotent, options.blocking);
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
            },
        );
    }
}

/// Writes the type that says what a call comes to: there, and only there, rustc finds out that it
/// cannot travel.
pub(super) fn outcome(function: &Function) -> TokenStream {
    let Function { conditions, outcome: Outcome { value, .. }, .. } = function;
    let ident = names::outcome(&function.ident);
    let error = call_type::error(function);
    quote! {
        #(#conditions)*
        enum #ident {}
        #(#conditions)*
        impl __rpc::Outcome for #ident {
            type Value = #value;
            type Error = #error;
        }
    }
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
    quote!(__rpc::Parameter { name: #name, ty: #ty, kind: __rpc::ParameterKind::#kind })
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
    let states = function.provided.iter().filter_map(|(_, provided)| match provided {
        Provided::State { ty, .. } => Some(quote!(__rpc::StateType::of::<#ty>())),
        Provided::Context => None,
    });
    let kind = if function.owner.is_some() { quote!(MethodHandler) } else { quote!(Handler) };
    let handler = if function.is_async { quote!(Async) } else { quote!(Plain) };
    quote! {
        signature: &#signature,
        states: &[#(#states),*],
        handler: __rpc::#kind::#handler(#server),
    }
}

/// Writes the function that serves calls.
pub(super) fn server(function: &Function) -> TokenStream {
    let server = names::server(&function.ident);
    let outcome = names::outcome(&function.ident);
    let Arguments { taken, passed } = Arguments::of(function);
    let Receiver { generics, parameter, callee, argument } = Receiver::of(function);
    let ident = &function.ident;
    let span = function.outcome.span().resolved_at(hidden());
    let result = quote_spanned!(span=> #callee #ident(#argument #(#passed),*));
    let failure = quote_spanned!(span=> .map_err(__rpc::CallError::Function));
    if function.is_async {
        let send = match function.outcome.error {
            None => quote_spanned!(span=> __rpc::to_text(&#result.await)),
            Some(_) => {
                quote_spanned!(span=> __rpc::result_to_text::<#outcome, _>(#result.await #failure))
            }
        };
        // rustc points at the function where its future is not `Send`.
        let later = quote_spanned!(ident.span()=> __rpc::later(async move { #send }));
        quote_spanned! {hidden()=>
            fn #server #generics(
                #parameter
                bound: &__rpc::Bound<'_, '_>,
                scope: &__rpc::Scope<'_>,
            ) -> ::core::result::Result<__rpc::Deferred, __rpc::Fault> {
                #taken
                ::core::result::Result::Ok(#later)
            }
        }
    } else {
        let send = match function.outcome.error {
            None => quote_spanned!(span=> reply.send(&#result)),
            Some(_) => {
                quote_spanned!(span=> __rpc::send_result::<#outcome, _>(reply, #result #failure))
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
                #send
            }
        }
    }
}

/// The span of local names that a user's default value must not see.
fn hidden() -> Span {
    Span::mixed_site()
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
        let ty = if function.is_async { quote!(::std::sync::Arc<#ty>) } else { quote!(&#ty) };
        Self { generics, parameter: quote!(#this: #ty,), callee, argument: quote!(&#place,) }
    }
}

/// Writes the bounds of a type that implements an exported trait and can be registered.
pub(super) fn bounds(trait_: &Ident) -> TokenStream {
    quote!(#trait_ + ::core::marker::Send + ::core::marker::Sync + 'static)
}

/// How the arguments of a call become those of a function.
struct Arguments {
    /// The statements that take them out of the call.
    taken: TokenStream,
    /// The expressions that pass them on.
    passed: Vec<TokenStream>,
}

impl Arguments {
    fn of(function: &Function) -> Self {
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
                Provided::State { ty, is_lent } => {
                    let span = ty.span().resolved_at(hidden());
                    let lend = is_lent.then(|| quote!(&));
                    (quote_spanned!(span=> scope.state::<#ty>()?), quote!(#lend #name))
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
        let default = own_default(default);
        match passing(parameter, outlives) {
            // Where the type is said, a default of another is a plain mismatch.
            Passing::Owned => {
                let (ty, _) = types::with_lifetime(&parameter.ty, &lifetime(outlives));
                quote_spanned!(hidden()=> { let default: #ty = #default; default })
            }
            _ => default,
        }
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
