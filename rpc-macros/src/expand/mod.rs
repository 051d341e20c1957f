//! Writes the code that what is exported brings with it.

mod argument;
mod call_type;
mod export;
mod interface;
mod module;
mod server;
mod setter;
mod stub;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, ImplItem, ItemImpl, ItemTrait, Token, TraitItem, Visibility};

pub(crate) use interface::{head, service};

use crate::body::Body;
use crate::check::Mistakes;
use crate::fallback;
use crate::function::{Function, Place};
use crate::interface::Interface;
use crate::item::FunctionItem;
use crate::options::{Options, Target};

/// Expands `#[rpc_export(options)] item`: the item as it is, and after it what was generated.
pub(crate) fn rpc_export(options: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = match Kind::of(&item) {
        Some(Kind::Function) => function(options, item.clone()),
        Some(Kind::Block) => block(options, item.clone()),
        Some(Kind::Trait) => trait_(options, item.clone()),
        Some(Kind::Module) => module::expand(options, item.clone()),
        None => Err(Error::new(
            Span::call_site(),
            "`#[rpc_export]` goes on a function, an `impl` block, a trait or a module",
        )),
    };
    expanded.unwrap_or_else(|mistake| {
        let mistake = mistake.to_compile_error();
        quote!(#item #mistake)
    })
}

/// What the attribute stands on.
enum Kind {
    Function,
    Block,
    Trait,
    Module,
}

impl Kind {
    fn of(item: &TokenStream) -> Option<Self> {
        let parser = |input: ParseStream| {
            if FunctionItem::is_next(input) {
                input.parse::<TokenStream>()?;
                return Ok(Some(Self::Function));
            }
            input.call(Attribute::parse_outer)?;
            input.parse::<Visibility>()?;
            input.parse::<Option<Token![unsafe]>>()?;
            let kind = if input.peek(Token![impl]) {
                Some(Self::Block)
            } else if input.peek(Token![trait]) {
                Some(Self::Trait)
            } else {
                input.peek(Token![mod]).then_some(Self::Module)
            };
            input.parse::<TokenStream>()?;
            Ok(kind)
        };
        parser.parse2(item.clone()).ok().flatten()
    }
}

fn function(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let item: FunctionItem = syn::parse2(item)?;
    let mut mistakes = Mistakes::default();
    let options = Options::read(options, Target::Function, &mut mistakes);
    let place = Place { prefix: String::new(), owner: None, library: options.library() };
    let generated = beside(&item, options, &place, mistakes);
    Ok(quote!(#item #generated))
}

fn block(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let Some((head, mut body)) = Body::split::<ImplItem>(item.clone())? else {
        return Ok(item);
    };
    let block: ItemImpl = syn::parse2(quote!(#head {}))?;
    let mut mistakes = Mistakes::default();
    let options = Options::read(options, Target::Interface, &mut mistakes);
    let interface = Interface::of_block(&block, &mut body, &options, &mut mistakes);
    let generated = match (interface, mistakes.finish()) {
        (Some(interface), Ok(())) => interface::expand(&interface),
        (Some(interface), Err(mistakes)) => fallback::of_interface(&interface, mistakes),
        (None, outcome) => outcome.err().map(|error| error.to_compile_error()).unwrap_or_default(),
    };
    Ok(quote!(#head #body #generated))
}

fn trait_(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let Some((head, mut body)) = Body::split::<TraitItem>(item.clone())? else {
        return Ok(item);
    };
    let item: ItemTrait = syn::parse2(quote!(#head {}))?;
    let mut mistakes = Mistakes::default();
    let options = Options::read(options, Target::Interface, &mut mistakes);
    let interface = Interface::of_trait(&item, &mut body, &options, &mut mistakes);
    let generated = match mistakes.finish() {
        Ok(()) => interface::expand(&interface),
        Err(mistakes) if !item.generics.params.is_empty() => mistakes.to_compile_error(),
        Err(mistakes) => fallback::of_interface(&interface, mistakes),
    };
    Ok(quote!(#head #body #generated))
}

/// Writes what stands beside a function once it is exported, or what is wrong with it.
fn beside(
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
    let Function { conditions, library, .. } = function;
    let stub = stub::of_function(function);
    let call_type = call_type::definition(function);
    let call_methods = call_type::methods(function);
    let signature = export::signature(function);
    let outcome = export::outcome(function);
    let state_keys = export::state_keys(function);
    let server = server::server(function);
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
            #outcome
            #state_keys
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
