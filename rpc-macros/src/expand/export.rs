//! Writes the server's half: the signature, and the function that serves a call.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::function::Function;
use crate::names;
use crate::parameter::{Parameter, Passing};
use crate::spelling::spell;

/// Writes the static that says what the function is called and takes.
pub(super) fn signature(function: &Function) -> TokenStream {
    let name = &function.name;
    let reply = match &function.reply {
        Some(reply) => quote!(::core::option::Option::Some(#reply)),
        None => quote!(::core::option::Option::None),
    };
    let doc = function.docs.join("\n");
    let doc = doc.trim();
    let parameters = function.parameters.iter().map(parameter);
    let result = spell(&function.result);
    quote! {
        static __SIGNATURE: __rpc::Signature = __rpc::Signature::of(
            #name,
            #reply,
            #doc,
            &[#(#parameters),*],
            #result,
            __rpc::SignatureOptions { idempotent: false, blocking: false, is_async: false },
        );
    }
}

fn parameter(parameter: &Parameter) -> TokenStream {
    let name = names::on_the_wire(&parameter.ident);
    let ty = spell(&parameter.ty);
    let kind = match &parameter.default {
        Some(default) => {
            let default = spell(default);
            quote!(Default(#default))
        }
        None if parameter.optional.is_some() => quote!(Optional),
        None => quote!(Required),
    };
    quote!(__rpc::Parameter { name: #name, ty: #ty, kind: __rpc::ParameterKind::#kind })
}

/// Writes the function that serves a call, and enters it in the table of exported functions.
pub(super) fn submission(function: &Function) -> TokenStream {
    let ident = &function.ident;
    let count = function.parameters.len();
    let arguments: Vec<_> =
        (0..count).map(|index| Ident::new(&format!("argument_{index}"), hidden())).collect();
    let decoded = function.parameters.iter().enumerate().map(decode);
    let passed = function.parameters.iter().zip(&arguments).map(pass);
    let span = function.outcome.span().resolved_at(hidden());
    let result = quote_spanned!(span=> #ident(#(#passed),*));
    let send = match function.outcome.error {
        None => quote_spanned!(span=> reply.send(&#result)),
        Some(_) => quote_spanned!(span=> reply.send_result(#result)),
    };
    quote_spanned! {hidden()=>
        fn __serve(
            call: &__rpc::Call<'_>,
            _context: &__rpc::CallContext,
            reply: &mut __rpc::Reply<'_>,
        ) -> ::core::result::Result<(), __rpc::Fault> {
            let bound = __rpc::bind::<#count>(&__SIGNATURE, call)?;
            #(let #arguments = #decoded;)*
            #send
        }
        __rpc::inventory::submit! {
            __rpc::Export { signature: &__SIGNATURE, handler: __rpc::Handler::Plain(__serve) }
        }
    }
}

/// The span of local names that a user's default value must not see.
fn hidden() -> Span {
    Span::mixed_site()
}

/// Writes the expression that decodes an argument.
fn decode((index, parameter): (usize, &Parameter)) -> TokenStream {
    let Parameter { ty, default, optional, passing, .. } = parameter;
    let value = match passing {
        Passing::Owned => parameter.value().to_token_stream(),
        Passing::Cow | Passing::Text => quote!(__rpc::Text<'_>),
        Passing::Bytes => quote!(__rpc::Bytes<'_>),
        Passing::Slice(element) => quote!(::std::vec::Vec<#element>),
        Passing::Reference(referent) => referent.to_token_stream(),
    };
    let get = match (default, optional, passing) {
        (None, None, _) => quote!(required::<#value>(#index)?),
        (None, Some(_), _) => quote!(optional::<#value>(#index)?),
        (Some(default), _, Passing::Owned) => {
            quote!(given::<#ty>(#index)?.unwrap_or_else(|| #default))
        }
        (Some(_), None, _) => quote!(given::<#value>(#index)?),
        (Some(_), Some(_), _) => quote!(given::<::core::option::Option<#value>>(#index)?),
    };
    quote_spanned!(ty.span().resolved_at(hidden())=> bound.#get)
}

/// Writes the expression that passes a decoded argument to the function.
fn pass((parameter, argument): (&Parameter, &Ident)) -> TokenStream {
    let is_optional = parameter.optional.is_some();
    let (borrow, conversion) = match (&parameter.passing, is_optional) {
        (Passing::Owned, _) => return argument.to_token_stream(),
        (Passing::Cow, false) => (None, Some(quote!(.into_cow()))),
        (Passing::Cow, true) => (None, Some(quote!(.map(__rpc::Text::into_cow)))),
        (Passing::Reference(_), true) => (Some(quote!(&)), Some(quote!(.as_ref()))),
        (_, true) => (Some(quote!(&)), Some(quote!(.as_deref()))),
        (_, false) => (Some(quote!(&)), None),
    };
    match &parameter.default {
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
