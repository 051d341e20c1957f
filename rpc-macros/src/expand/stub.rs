//! Writes the stub trait: what every client can do once the function exists.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Lifetime, parse_quote};

use super::editor;
use super::hygiene::quiet;
use super::setter::Sent;
use crate::editor::is_reading;
use crate::function::Function;
use crate::interface::Interface;
use crate::names;

/// Writes the trait of a function that stands alone; it has the function's name and visibility.
pub(super) fn of_function(function: &Function) -> TokenStream {
    let Function { visibility, conditions, library, .. } = function;
    let stub = function.stub();
    let about = format!("Calls {} at the other end of a connection.", function.link());
    let methods = methods(function);
    let quiet = quiet();
    quote! {
        #[doc = #about]
        #(#conditions)*
        #quiet
        #visibility trait #stub: #library::Stub {
            #methods
        }

        #(#conditions)*
        impl<__S: #library::Stub> #stub for __S {}
    }
}

/// Writes the trait with all methods of an `impl` block or a trait.
pub(super) fn of_interface(interface: &Interface) -> TokenStream {
    let Interface { owner, visibility, conditions, library, .. } = interface;
    let stub = &owner.stub;
    let about = format!(
        "Calls the methods of [`{0}`] at the other end of a connection: behind the name it is \
         registered at there, `client.at(\"…\")`.",
        owner.ident
    );
    let methods = interface.methods.iter().map(methods);
    let quiet = quiet();
    quote! {
        #[doc = #about]
        #(#conditions)*
        #quiet
        #visibility trait #stub: #library::Stub {
            #(#methods)*
        }

        #(#conditions)*
        impl<__S: #library::Stub> #stub for __S {}
    }
}

/// Writes the two methods with which a call begins: the user's, and that of `call!`.
fn methods(function: &Function) -> TokenStream {
    let Function { ident, shared, library, owner, .. } = function;
    let conditions = if owner.is_some() { function.conditions.as_slice() } else { &[] };
    let rpc = quote!(#library::__private1);
    let call = function.call_type();
    let starter = names::starter(ident);
    let lifetime: Lifetime = parse_quote!('c);

    let mut inputs = Vec::new();
    let mut fields = Vec::new();
    let mut states = Vec::new();
    let mut generics = None;
    for parameter in &function.parameters {
        if !parameter.is_positional() {
            states.push(quote!(#rpc::Omitted));
            fields.push(quote!(#rpc::Omitted));
            continue;
        }
        let name = &parameter.ident;
        let Sent { accepted, state, kept, upload, .. } = Sent::of(parameter, &lifetime, &rpc);
        generics = generics.or(upload);
        inputs.push(quote!(#name: #accepted));
        fields.push(kept);
        states.push(state);
    }
    let omitted = vec![quote!(#rpc::Omitted); function.parameters.len()];
    let docs = match &function.docs {
        docs if docs.is_empty() => format!("Begins a call of {}.", function.link()),
        docs => summary(docs),
    };
    if is_reading() {
        return editor::beginning(function, &docs, conditions, &inputs, generics.as_ref());
    }
    quote! {
        #[doc = #docs]
        #(#conditions)*
        #(#shared)*
        fn #ident<'c, #generics>(&'c self, #(#inputs),*) -> #call<'c, Self, #(#states),*> {
            #call(self, #(#fields),*)
        }
        #[doc(hidden)]
        #(#conditions)*
        #(#shared)*
        fn #starter<'c>(&'c self) -> #call<'c, Self, #(#omitted),*> {
            #call(self, #(#omitted),*)
        }
    }
}

/// Returns the first paragraph: examples below it would be tested twice.
fn summary(docs: &[String]) -> String {
    let paragraph = docs.iter().take_while(|line| !line.trim().is_empty());
    paragraph.map(String::as_str).collect::<Vec<_>>().join("\n")
}
