//! Writes the type of a call being put together.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::setter;
use crate::function::Function;
use crate::names;
use crate::spelling;

/// Writes the struct: a client, and for each parameter whether its argument is there.
///
/// Its type parameters have the names of the function's parameters, because rustc shows them
/// to whoever misspells a keyword.
pub(super) fn definition(function: &Function) -> TokenStream {
    let Function { ident, visibility, conditions, .. } = function;
    let call = names::call_type(ident);
    let states: Vec<_> = function.parameters.iter().map(|parameter| &parameter.ident).collect();
    let about = format!("A call of [`{ident}`](fn@{ident}) that is being put together.");
    let quiet = super::quiet();
    quote! {
        #[doc = #about]
        #(#conditions)*
        #quiet
        #[must_use = "nothing is sent until `.call()` or `.start()`"]
        #visibility struct #call<'c, __S, #(#states),*>(&'c __S, #(#states),*);
    }
}

/// Writes the methods of the struct, and the traits that word their mistakes.
pub(super) fn methods(function: &Function) -> TokenStream {
    let call = names::call_type(&function.ident);
    let states: Vec<_> =
        (0..function.parameters.len()).map(|index| format_ident!("__P{index}")).collect();
    let wordings = function.parameters.iter().map(|parameter| setter::states(function, parameter));
    let setters = (0..states.len()).map(|index| setter::methods(function, index, &states));
    let (surplus_trait, surplus) = surplus(function);
    let ends = ends(function, &states);
    quote! {
        #(#wordings)*
        #surplus_trait
        impl<'c, __S: __rpc::Stub, #(#states),*> #call<'c, __S, #(#states),*> {
            #(#setters)*
            #surplus
            #ends
        }
    }
}

/// Writes the method that takes one argument too many, and never compiles.
fn surplus(function: &Function) -> (TokenStream, TokenStream) {
    let Function { ident, visibility, .. } = function;
    let count = function.parameters.len();
    let name = names::on_the_wire(ident);
    let message = match count {
        0 => format!("`{name}` takes no arguments"),
        1 => format!("`{name}` takes at most 1 argument"),
        count => format!("`{name}` takes at most {count} arguments"),
    };
    let note = spelling::message(&spelling::signature(function));
    let positional = names::positional(count, ident.span());
    let bound = quote_spanned!(ident.span()=> __V: is_a_parameter);
    let definition = quote! {
        #[diagnostic::on_unimplemented(
            message = #message,
            label = "one argument too many",
            note = #note
        )]
        #visibility trait is_a_parameter {
            type Next;
        }
        // Without an implementation rustc would advise to write one.
        #[diagnostic::do_not_recommend]
        impl is_a_parameter for __rpc::Omitted {
            type Next = Self;
        }
    };
    let method = quote! {
        #[doc(hidden)]
        #visibility fn #positional<__V>(self, _: __V) -> __V::Next
        where
            #bound,
        {
            ::core::unreachable!()
        }
    };
    (definition, method)
}

/// Writes the methods that end the putting together and send the call.
fn ends(function: &Function, states: &[Ident]) -> TokenStream {
    let Function { ident, visibility, library, .. } = function;
    let value = &function.outcome.value;
    let error = match &function.outcome.error {
        None => quote!(#library::Error),
        Some(error) => quote!(#library::CallError<#error>),
    };
    let types = quote!('c, #value, #error);
    let bounds = function.parameters.iter().zip(states).map(|(parameter, state)| {
        if parameter.is_required() {
            let is_given = names::is_given(&parameter.ident);
            quote_spanned!(parameter.ident.span()=> #state: #is_given)
        } else {
            quote!(#state: __rpc::Argument)
        }
    });
    let bounds: Vec<_> = bounds.collect();
    let call = Ident::new("call", ident.span());
    let start = Ident::new("start", ident.span());
    let fields = (1..=states.len()).map(syn::Index::from);
    let invocation = quote!(__rpc::Invocation::new(&__SIGNATURE, (#(self.#fields,)*)));
    // rustc points at the result type where it cannot be received.
    let span = function.outcome.span();
    let invoke = quote_spanned!(span=> __rpc::Stub::invoke(self.0, #invocation));
    let begin = quote_spanned!(span=> __rpc::Pipelined::start(self.0, #invocation));
    quote! {
        /// Makes the call.
        #visibility fn #call(self) -> <__S as __rpc::Stub>::Outcome<#types>
        where
            #(#bounds,)*
        {
            #invoke
        }
        /// Sends the call, and returns before its result is there.
        #visibility fn #start(
            self,
        ) -> ::core::result::Result<<__S as __rpc::Pipelined>::Pending<#types>, #library::Error>
        where
            __S: __rpc::Pipelined,
            #(#bounds,)*
        {
            #begin
        }
    }
}
