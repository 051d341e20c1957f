//! Writes the type of a call being put together.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Visibility};

use super::hygiene::{hidden, quiet};
use super::{editor, gathering, outcome, setter};
use crate::editor::is_reading;
use crate::function::Function;
use crate::names;
use crate::parameter::Takes;
use crate::spelling;

/// Writes the module in which these structs stand, out of the way of whatever users name and of
/// their documentation.
pub(super) fn module(
    of: &Ident,
    conditions: &[Attribute],
    visibility: &Visibility,
    functions: &[Function],
) -> TokenStream {
    let module = names::calls(of);
    let definitions = functions.iter().map(definition);
    let quiet = quiet();
    quote! {
        #(#conditions)*
        #[doc(hidden)]
        #quiet
        #visibility mod #module {
            #(#definitions)*
        }
    }
}

/// Writes the struct: a client, and for each parameter whether its argument is there.
///
/// Its type parameters have the names of the function's parameters, because rustc shows them
/// to whoever misspells a keyword.
fn definition(function: &Function) -> TokenStream {
    let Function { ident, conditions, .. } = function;
    let call = function.call_name();
    let states: Vec<_> = function.parameters.iter().map(|parameter| &parameter.ident).collect();
    let about = format!("A call of `{}` that is being put together.", names::on_the_wire(ident));
    if is_reading() {
        return editor::definition(function, &about);
    }
    let unused = match function.items {
        Some(_) => "nothing is sent until `.call()`",
        None => "nothing is sent until `.call()`, `.start()` or `.notify()`",
    };
    quote! {
        #[doc = #about]
        #(#conditions)*
        #[must_use = #unused]
        pub struct #call<'c, __S, #(#states),*>(
            pub(super) &'c __S,
            #(pub(super) #states),*
        );
    }
}

/// Writes the methods of the struct, and the traits that word their mistakes.
pub(super) fn methods(function: &Function) -> TokenStream {
    if is_reading() {
        return editor::methods(function, &outcome::error(function));
    }
    let call = function.call_type();
    let states = setter::state_names(function);
    let wordings = function.parameters.iter().map(|parameter| setter::states(function, parameter));
    let setters = (0..states.len()).map(|index| setter::methods(function, index, &states));
    let (surplus_trait, surplus) = surplus(function).unzip();
    let (rest_trait, rest) = rest(function).unzip();
    let ends = ends(function, &states);
    let gathering = gathering::of(function);
    quote! {
        #gathering
        #(#wordings)*
        #surplus_trait
        #rest_trait
        impl<'c, __S: __rpc::Stub, #(#states),*> #call<'c, __S, #(#states),*> {
            #(#setters)*
            #surplus
            #rest
            #ends
        }
    }
}

/// Writes the method that takes one argument too many, and never compiles.
fn surplus(function: &Function) -> Option<(TokenStream, TokenStream)> {
    let Function { ident, visibility, .. } = function;
    let count = function.positions()?;
    let name = names::on_the_wire(ident);
    let by_position = if count < function.parameters.len() { " by position" } else { "" };
    let message = match count {
        0 => format!("`{name}` takes no arguments{by_position}"),
        1 => format!("`{name}` takes at most 1 argument{by_position}"),
        count => format!("`{name}` takes at most {count} arguments{by_position}"),
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
    Some((definition, method))
}

/// Writes the method that takes `..options` where nothing gathers them, and never compiles.
fn rest(function: &Function) -> Option<(TokenStream, TokenStream)> {
    let Function { ident, visibility, .. } = function;
    if function.parameters.iter().any(|parameter| matches!(parameter.takes, Takes::Kwargs)) {
        return None;
    }
    let name = names::on_the_wire(ident);
    let message = format!("`{name}` has no `#[kwargs]` parameter, to which `..` gives a map");
    let note = spelling::message(&spelling::signature(function));
    let rest = names::rest(ident.span());
    let bound = quote_spanned!(ident.span()=> __V: are_parameters);
    let definition = quote! {
        #[diagnostic::on_unimplemented(
            message = #message,
            label = "nothing takes these",
            note = #note
        )]
        #visibility trait are_parameters {
            type Next;
        }
        // Without an implementation rustc would advise to write one.
        #[diagnostic::do_not_recommend]
        impl are_parameters for __rpc::Omitted {
            type Next = Self;
        }
    };
    let method = quote! {
        #[doc(hidden)]
        #visibility fn #rest<__V>(self, _: __V) -> __V::Next
        where
            #bound,
        {
            ::core::unreachable!()
        }
    };
    Some((definition, method))
}

/// Writes the methods that end the putting together and send the call.
fn ends(function: &Function, states: &[Ident]) -> TokenStream {
    let Function { ident, visibility, .. } = function;
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
    let notify = Ident::new("notify", ident.span());
    let signature = names::signature(ident);
    let fields = (1..=states.len()).map(syn::Index::from);
    let given = quote!(self.0, &#signature, (#(self.#fields,)*));
    let value = &function.outcome.value;
    let error = outcome::error(function);
    if let Some(index) = function.upload() {
        return uploads(function, states, &bounds, index);
    }
    // A type that cannot travel is an error where it is named, and none here.
    if function.items.is_some() {
        let opening = quote!(__rpc::Opening<#value, #error>);
        return quote! {
            /// Makes the call, and returns before its items are there.
            #visibility fn #call(self) -> <__S as #opening>::Opened
            where
                __S: #opening,
                #(#bounds,)*
            {
                <__S as #opening>::open(#given)
            }
            #[doc(hidden)]
            #visibility fn #start(
                self,
            ) -> ::core::result::Result<__rpc::Omitted, __rpc::Error>
            where
                __S: __rpc::EndsInOneValue,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            #visibility fn #notify(
                self,
            ) -> ::core::result::Result<__rpc::Omitted, __rpc::Error>
            where
                __S: __rpc::EndsInOneValue,
            {
                ::core::unreachable!()
            }
        };
    }
    let calling = quote!(__rpc::Calling<#value, #error>);
    let starting = quote!(__rpc::Starting<#value, #error>);
    quote! {
        /// Makes the call.
        #visibility fn #call(self) -> <__S as #calling>::Outcome
        where
            __S: #calling,
            #(#bounds,)*
        {
            <__S as #calling>::call(#given)
        }
        /// Sends the call, and returns before its result is there.
        #visibility fn #start(
            self,
        ) -> ::core::result::Result<<__S as #starting>::Pending, __rpc::Error>
        where
            __S: __rpc::Pipelined + #starting,
            #(#bounds,)*
        {
            <__S as #starting>::start(#given)
        }
        /// Sends the call and wants no reply: nobody is told what becomes of it.
        #visibility fn #notify(self) -> __rpc::OutcomeOf<__S, (), __rpc::Error>
        where
            __S: __rpc::Notify,
            #(#bounds,)*
        {
            __rpc::notify(#given)
        }
    }
}

/// Writes the methods that end the putting together of a call with many items, which come from what stands at the
/// place `index`.
fn uploads(
    function: &Function,
    states: &[Ident],
    bounds: &[TokenStream],
    index: usize,
) -> TokenStream {
    let Function { ident, visibility, .. } = function;
    let call_type = function.call_type();
    let call = Ident::new("call", ident.span());
    let start = Ident::new("start", ident.span());
    let notify = Ident::new("notify", ident.span());
    let signature = names::signature(ident);
    let value = &function.outcome.value;
    let error = outcome::error(function);
    let from = &states[index];
    let (uploading, uploaded, upload) = match function.items {
        Some(_) => ("Conversing", "Opened", "converse"),
        None => ("Uploading", "Uploaded", "upload"),
    };
    let [uploading, uploaded, upload] =
        [uploading, uploaded, upload].map(|name| Ident::new(name, hidden()));
    let uploading = quote!(__rpc::#uploading<#from, #value, #error>);
    let arguments =
        (0..states.len()).map(|index| Ident::new(&format!("argument_{index}"), hidden()));
    let arguments: Vec<_> = arguments.collect();
    let items = &arguments[index];
    let ends = [start, notify].map(|end| {
        quote! {
            #[doc(hidden)]
            #visibility fn #end(
                self,
            ) -> ::core::result::Result<__rpc::Omitted, __rpc::Error>
            where
                __S: __rpc::SendsNoItems,
            {
                ::core::unreachable!()
            }
        }
    });
    let given = quote_spanned!(hidden()=> move |#items| (#(#arguments,)*));
    let stub = Ident::new("stub", hidden());
    quote! {
        /// Makes the call, and sends its items.
        #visibility fn #call(self) -> <__S as #uploading>::#uploaded
        where
            __S: #uploading,
            #(#bounds,)*
        {
            let #call_type(#stub, #(#arguments),*) = self;
            <__S as #uploading>::#upload(#stub, &#signature, #items, #given)
        }
        #(#ends)*
    }
}
