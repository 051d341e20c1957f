//! Writes a module with what each of its functions brings with it, beside the function.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Meta, Path, parse_quote};

use super::function::beside;
use crate::allow::Allow;
use crate::body::{Member, ModuleItem};
use crate::function::conditions;
use crate::mistakes::Mistakes;
use crate::names;
use crate::options::{Options, Target, is_exported, is_own};
use crate::place::Place;

/// Expands `#[rpc_export(options)] mod …`: exports the public functions in it.
pub(super) fn expand(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut module: ModuleItem = syn::parse2(item)?;
    let mut mistakes = Mistakes::default();
    let options = Options::read(options, Target::Module, &mut mistakes);
    let library = options.library();
    if export(&mut module, "", &options, &library, &mut mistakes) == 0 {
        mistakes.at(
            &module.ident,
            "this module exports nothing: make a function `pub`, or put `#[rpc_export]` on it",
        );
    }
    let mistakes = mistakes.finish().err().map(|mistakes| mistakes.to_compile_error());
    Ok(quote!(#module #mistakes))
}

/// Exports the functions of a module under its name, and returns how many there are.
fn export(
    module: &mut ModuleItem,
    prefix: &str,
    options: &Options,
    library: &Path,
    mistakes: &mut Mistakes,
) -> usize {
    let own =
        options.name.as_ref().map_or_else(|| names::on_the_wire(&module.ident), syn::LitStr::value);
    let prefix = format!("{prefix}{own}.");
    if prefix == "rpc." {
        mistakes.at(
            &module.ident,
            "names that begin with `rpc.` belong to JSON-RPC: give the module another, \
             `#[rpc_export(name = \"…\")]`",
        );
    }
    let Some(body) = &mut module.body else {
        let advice = format!(
            "a module in another file cannot be exported from here: its functions are not seen; \
             put `#[rpc_export(name = \"{prefix}…\")]` on each of them there",
        );
        mistakes.at(&module.ident, advice);
        return 1;
    };
    let modules: HashSet<_> = body.members.iter().filter_map(module_name).collect();
    let (mut count, allow) = (0, options.allow.as_ref());
    for member in &mut body.members {
        match member {
            Member::Function(item) => {
                let options = Options::take(&mut item.attributes, Target::Member, mistakes);
                if is_exported(&item.visibility, options.as_ref()) {
                    let mut options = options.unwrap_or_default().within(allow);
                    let ident = &item.signature.ident;
                    if options.stub.is_none() && modules.contains(ident) {
                        let stub = names::stub_beside(ident);
                        let advice = format!(
                            "`{ident}` is a module here too, and the name that the function's stub \
                             would have: give the stub another, `#[rpc_export(stub = {stub})]`",
                        );
                        mistakes.at(ident, advice);
                        options.stub = Some(stub);
                    }
                    let place =
                        Place { prefix: prefix.clone(), owner: None, library: library.clone() };
                    count += 1;
                    let generated = beside(item, options, &place, Mistakes::default());
                    *member = Member::Other(quote!(#item #generated));
                }
            }
            Member::Module(inner) => {
                let options = Options::take(&mut inner.attributes, Target::Submodule, mistakes);
                if is_exported(&inner.visibility, options.as_ref()) {
                    let options = options.unwrap_or_default().within(allow);
                    count += export(inner, &prefix, &options, library, mistakes);
                }
            }
            Member::Other(other) => {
                if let Some(allow) = allow {
                    *other = reach(allow, std::mem::take(other));
                }
            }
        }
    }
    count
}

/// Has what stands in an exported module and has an `#[rpc_export]` of its own, as a block has, say the same where
/// it says nothing.
fn reach(allow: &Allow, item: TokenStream) -> TokenStream {
    let parser = |input: ParseStream| {
        Ok((input.call(Attribute::parse_outer)?, input.parse::<TokenStream>()?))
    };
    let Ok((mut attributes, rest)) = parser.parse2(item.clone()) else { return item };
    for attribute in attributes.iter_mut().filter(|it| is_own(it)) {
        let path = attribute.path().clone();
        match &attribute.meta {
            Meta::Path(_) => *attribute = parse_quote!(#[#path(#allow)]),
            Meta::List(list) if !says_it(list.tokens.clone()) => {
                let tokens = &list.tokens;
                *attribute = parse_quote!(#[#path(#allow, #tokens)]);
            }
            _ => {}
        }
    }
    quote!(#(#attributes)* #rest)
}

fn says_it(options: TokenStream) -> bool {
    options.into_iter().any(|token| matches!(&token, TokenTree::Ident(it) if it == "allow"))
}

/// Returns the name of a member that is a module, unless that may be left out.
fn module_name(member: &Member) -> Option<Ident> {
    match member {
        Member::Module(module) if conditions(&module.attributes).is_empty() => {
            Some(module.ident.clone())
        }
        _ => None,
    }
}
