//! Writes the code that what is exported brings with it.

mod argument;
mod call_type;
mod default;
mod described;
mod editor;
mod export;
mod fallback;
mod function;
mod gathering;
mod hygiene;
mod interface;
mod items;
mod module;
mod outcome;
mod server;
mod setter;
mod stub;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, ImplItem, ItemImpl, ItemTrait, Token, TraitItem, Visibility};

use crate::body::Body;
use crate::interface::Interface;
use crate::item::FunctionItem;
use crate::mistakes::Mistakes;
use crate::options::{self, Options, Target};

/// Expands `#[rpc_export(options)] item`: the item as it is, and after it what was generated.
pub(crate) fn rpc_export(options: TokenStream, item: TokenStream) -> TokenStream {
    let (item, repeated) = without_second(item);
    let expanded = match Kind::of(&item) {
        Some(Kind::Function) => function::expand(options, item.clone()),
        Some(Kind::Block) => block(options, item.clone()),
        Some(Kind::Trait) => trait_(options, item.clone()),
        Some(Kind::Module) => module::expand(options, item.clone()),
        None => Err(Error::new(
            Span::call_site(),
            "`#[rpc_export]` goes on a function, an `impl` block, a trait or a module",
        )),
    };
    let expanded = expanded.unwrap_or_else(|mistake| {
        let mistake = mistake.to_compile_error();
        quote!(#item #mistake)
    });
    quote!(#expanded #repeated)
}

/// Takes further attributes of this macro off an item, and returns what is wrong with them.
fn without_second(item: TokenStream) -> (TokenStream, Option<TokenStream>) {
    let parser = |input: ParseStream| {
        let attributes = input.call(Attribute::parse_outer)?;
        Ok((attributes, input.parse::<TokenStream>()?))
    };
    let Ok((mut attributes, rest)) = parser.parse2(item.clone()) else { return (item, None) };
    let mut mistakes = Mistakes::default();
    let repeated = attributes.extract_if(.., |attribute| options::is_own(attribute));
    repeated.for_each(|attribute| mistakes.add(options::second_attribute(&attribute)));
    match mistakes.finish() {
        Ok(()) => (item, None),
        Err(mistakes) => (quote!(#(#attributes)* #rest), Some(mistakes.to_compile_error())),
    }
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

fn block(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let Some((head, mut body)) = Body::split::<ImplItem>(item.clone())? else {
        return Ok(item);
    };
    let block: ItemImpl = syn::parse2(quote!(#head {}))?;
    let mut mistakes = Mistakes::default();
    let options = Options::read(options, Target::Block, &mut mistakes);
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
    let options = Options::read(options, Target::Trait, &mut mistakes);
    let interface = Interface::of_trait(&item, &mut body, &options, &mut mistakes);
    let generated = match mistakes.finish() {
        Ok(()) => interface::expand(&interface),
        Err(mistakes) if !item.generics.params.is_empty() => mistakes.to_compile_error(),
        Err(mistakes) => fallback::of_interface(&interface, mistakes),
    };
    Ok(quote!(#head #body #generated))
}
