//! Writes a function with what stands beside it once it is exported.

use std::slice;

use proc_macro2::TokenStream;
use quote::quote;

use super::hygiene::quiet;
use super::{call_type, export, fallback, outcome, server, stub};
use crate::function::Function;
use crate::item::FunctionItem;
use crate::mistakes::Mistakes;
use crate::options::{Options, Target};
use crate::place::Place;

/// Expands `#[rpc_export(options)] fn …`.
pub(super) fn expand(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let item: FunctionItem = syn::parse2(item)?;
    let mut mistakes = Mistakes::default();
    let options = Options::read(options, Target::Function, &mut mistakes);
    let place = Place { prefix: String::new(), owner: None, library: options.library() };
    let generated = beside(&item, options, &place, mistakes);
    Ok(quote!(#item #generated))
}

/// Writes what stands beside a function once it is exported, or what is wrong with it.
pub(super) fn beside(
    item: &FunctionItem,
    options: Options,
    place: &Place,
    mut mistakes: Mistakes,
) -> TokenStream {
    let function = Function::read(item, options, place, &mut mistakes);
    match mistakes.finish() {
        Ok(()) => both_ends(&function),
        // No trait can stand in an `impl` block.
        Err(mistakes) if item.signature.receiver().is_some() => mistakes.to_compile_error(),
        Err(mistakes) => fallback::of_function(&function, mistakes),
    }
}

/// Writes the stub beside the function, and what nobody need name in a block of its own.
fn both_ends(function: &Function) -> TokenStream {
    let Function { ident, visibility, conditions, library, .. } = function;
    let stub = stub::of_function(function);
    let calls = call_type::module(ident, conditions, visibility, slice::from_ref(function));
    let call_methods = call_type::methods(function);
    let signature = export::signature(function);
    let outcome = outcome::definition(function);
    let state_keys = export::state_keys(function);
    let server = server::server(function);
    let submission = export::submission(function);
    let quiet = quiet();
    quote! {
        #stub
        #calls

        #(#conditions)*
        #quiet
        const _: () = {
            use #library::__private1 as __rpc;
            #signature
            #outcome
            #state_keys
            #call_methods
            #server
            #submission
        };
    }
}
