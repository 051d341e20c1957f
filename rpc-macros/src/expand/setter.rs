//! Writes how a call is given the argument of one parameter.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Lifetime, parse_quote};

use crate::function::Function;
use crate::names;
use crate::parameter::{Parameter, Passing};
use crate::spelling::{self, spell};
use crate::types;

/// How an argument travels from the caller into the call.
pub(super) struct Sent {
    /// The type that the caller gives.
    pub(super) accepted: TokenStream,
    /// The type that the call keeps.
    pub(super) state: TokenStream,
    /// The expression that makes the second from the first.
    kept: TokenStream,
    /// Whether the type borrows.
    borrows: bool,
}

impl Sent {
    /// Describes the argument of `parameter`, with its lifetimes named `lifetime`, to code that
    /// knows the library's private module as `rpc`; for an optional one that must be `__rpc`.
    pub(super) fn of(parameter: &Parameter, lifetime: &Lifetime, rpc: &TokenStream) -> Self {
        let name = &parameter.ident;
        let (value, borrows) = types::with_lifetime(parameter.value(), lifetime);
        let wrapper = matches!(parameter.passing, Passing::Bytes).then(|| quote!(#rpc::Bytes));
        let state = match &wrapper {
            Some(wrapper) => quote!(#wrapper<#lifetime>),
            None => value.to_token_stream(),
        };
        if parameter.optional.is_some() {
            let wrap = wrapper.map(|wrapper| quote!(.map(#wrapper::from)));
            Self {
                // With this span rustc points at the parameter, and not at the attribute.
                accepted: quote_spanned!(name.span()=> impl __rpc::IntoOption<#value>),
                state: quote!(::core::option::Option<#state>),
                kept: quote!(__rpc::IntoOption::into_option(#name) #wrap),
                borrows,
            }
        } else {
            let kept = match wrapper {
                Some(wrapper) => quote!(#wrapper::from(#name)),
                None => quote!(#name),
            };
            Self { accepted: value.to_token_stream(), state, kept, borrows }
        }
    }
}

/// Writes the traits that say, in an error's own words, what is wrong with an argument.
pub(super) fn states(function: &Function, parameter: &Parameter) -> TokenStream {
    let visibility = &function.visibility;
    let name = names::on_the_wire(&parameter.ident);
    let callee = names::on_the_wire(&function.ident);
    let note = spelling::message(&spelling::signature(function));

    let is_free = names::is_free(&parameter.ident);
    let message = format!("argument `{name}` of `{callee}` is given twice");
    let label = format!("`{name}` has its argument already");
    let mut traits = quote! {
        #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
        #visibility trait #is_free {}
        #[diagnostic::do_not_recommend]
        impl #is_free for __rpc::Omitted {}
    };
    if parameter.is_required() {
        let is_given = names::is_given(&parameter.ident);
        let Sent { state, borrows, .. } = Sent::of(parameter, &lifetime(), &quote!(__rpc));
        let generics = borrows.then(|| quote!(<'p>));
        // rustc points at the parameter's type where it cannot be sent.
        let bound = quote_spanned!(parameter.ident.span()=> __rpc::Argument);
        let implementation = quote_spanned! {parameter.ty.span()=>
            impl #generics #is_given for __rpc::Given<#state> {}
        };
        let message = format!("argument `{name}` of `{callee}` is missing");
        let label = format!("`{name}` is not given");
        traits.extend(quote! {
            #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
            #visibility trait #is_given: #bound {}
            #[diagnostic::do_not_recommend]
            #implementation
        });
    }
    traits
}

/// Writes the method for the keyword, and the one for the position.
pub(super) fn methods(function: &Function, index: usize, states: &[syn::Ident]) -> TokenStream {
    let parameter = &function.parameters[index];
    let Function { visibility, .. } = function;
    let name = &parameter.ident;
    let call = names::call_type(&function.ident);
    let setter = names::setter(name);
    let positional = names::positional(index, name.span());
    let is_free = names::is_free(name);
    let Sent { accepted, state, kept, borrows } = Sent::of(parameter, &lifetime(), &quote!(__rpc));
    let generics = borrows.then(|| quote!(<'p>));

    let docs = docs(parameter);
    let old = &states[index];
    let next = states.iter().enumerate().map(|(position, other)| {
        if position == index { quote!(__rpc::Given<#state>) } else { other.to_token_stream() }
    });
    let next = quote!(#call<'c, __S, #(#next),*>);
    let fields = (0..states.len()).map(|position| {
        if position == index {
            quote!(__rpc::Given(#kept))
        } else {
            let field = syn::Index::from(position + 1);
            quote!(self.#field)
        }
    });
    let condition = quote_spanned!(name.span()=> #old: #is_free);
    quote! {
        #[doc = #docs]
        #visibility fn #setter #generics(self, #name: #accepted) -> #next
        where
            #condition,
        {
            self.#positional(#name)
        }
        #[doc(hidden)]
        #visibility fn #positional #generics(self, #name: #accepted) -> #next {
            #call(self.0, #(#fields),*)
        }
    }
}

fn docs(parameter: &Parameter) -> String {
    let name = names::on_the_wire(&parameter.ident);
    match &parameter.default {
        Some(default) => format!("Gives `{name}`, which is `{}` when left out.", spell(default)),
        None if parameter.optional.is_some() => format!("Gives `{name}`, which may be left out."),
        None => format!("Gives `{name}`, which must be given."),
    }
}

/// The lifetime of a borrowed argument.
fn lifetime() -> Lifetime {
    parse_quote!('p)
}
