//! Writes the code that an exported function brings with it.

mod call_type;
mod export;
mod setter;
mod stub;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Error;

use crate::check::Mistakes;
use crate::fallback;
use crate::function::{Function, Place};
use crate::item::FunctionItem;
use crate::options::{Options, Target};

/// Expands `#[rpc_export(options)] item`: the item as it is, and after it what was generated.
pub(crate) fn rpc_export(options: TokenStream, item: TokenStream) -> TokenStream {
    let Ok(item) = syn::parse2::<FunctionItem>(item.clone()) else {
        let mistake = Error::new(Span::call_site(), "`#[rpc_export]` goes on a function");
        let mistake = mistake.to_compile_error();
        return quote!(#item #mistake);
    };
    let mut mistakes = Mistakes::default();
    let options = Options::read(options, Target::Function, &mut mistakes);
    let place = Place { prefix: String::new(), owner: None, library: options.library() };
    let function = Function::read(&item, options, &place, &mut mistakes);
    let generated = match mistakes.finish() {
        Ok(()) => expand(&function),
        // No trait can stand in an `impl` block.
        Err(mistakes) if item.signature.receiver().is_some() => mistakes.to_compile_error(),
        Err(mistakes) => fallback::stub(&function, mistakes),
    };
    quote!(#item #generated)
}

/// Writes the stub beside the function, and what nobody need name in a block of its own.
fn expand(function: &Function) -> TokenStream {
    let Function { conditions, library, .. } = function;
    let stub = stub::of_function(function);
    let call_type = call_type::definition(function);
    let call_methods = call_type::methods(function);
    let signature = export::signature(function);
    let server = export::server(function);
    let submission = export::submission(function);
    let quiet = quiet();
    quote! {
        #stub
        #call_type

        #(#conditions)*
        #quiet
        const _: () = {
            use #library::__private1 as __rpc;
            #signature
            #call_methods
            #server
            #submission
        };
    }
}

/// Writes the attribute that keeps lints for people away from code that nobody reads.
fn quiet() -> TokenStream {
    quote! {
        #[allow(
            dead_code,
            deprecated,
            non_camel_case_types,
            non_snake_case,
            non_upper_case_globals,
            private_bounds,
            private_interfaces,
            unreachable_pub,
            unused_qualifications,
            clippy::all,
            clippy::nursery,
            clippy::pedantic
        )]
    }
}
