//! Writes a module with what each of its functions brings with it, beside the function.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Path, Visibility};

use super::function::beside;
use crate::body::{Member, ModuleItem};
use crate::function::conditions;
use crate::mistakes::Mistakes;
use crate::names;
use crate::options::{Options, Target};
use crate::place::Place;

/// Expands `#[rpc_export(options)] mod …`: exports the public functions in it.
pub(super) fn expand(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut module: ModuleItem = syn::parse2(item)?;
    let mut mistakes = Mistakes::default();
    let options = Options::read(options, Target::Module, &mut mistakes);
    let library = options.library();
    export(&mut module, "", &options, &library, &mut mistakes);
    let mistakes = mistakes.finish().err().map(|mistakes| mistakes.to_compile_error());
    Ok(quote!(#module #mistakes))
}

/// Exports the functions of a module under its name.
fn export(
    module: &mut ModuleItem,
    prefix: &str,
    options: &Options,
    library: &Path,
    mistakes: &mut Mistakes,
) {
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
        return;
    };
    let modules: HashSet<_> = body.members.iter().filter_map(module_name).collect();
    for member in &mut body.members {
        match member {
            Member::Function(item) => {
                let options = Options::take(&mut item.attributes, Target::Member, mistakes);
                if is_exported(&item.visibility, options.as_ref()) {
                    let mut options = options.unwrap_or_default();
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
                    let generated = beside(item, options, &place, Mistakes::default());
                    *member = Member::Other(quote!(#item #generated));
                }
            }
            Member::Module(inner) => {
                let options = Options::take(&mut inner.attributes, Target::Submodule, mistakes);
                if is_exported(&inner.visibility, options.as_ref()) {
                    let options = options.unwrap_or_default();
                    export(inner, &prefix, &options, library, mistakes);
                }
            }
            Member::Other(_) => {}
        }
    }
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

/// Whether a member of an exported module is exported: when it is public or says so, unless it says
/// that it is not.
fn is_exported(visibility: &Visibility, options: Option<&Options>) -> bool {
    match options {
        Some(options) => !options.skip,
        None => matches!(visibility, Visibility::Public(_)),
    }
}
