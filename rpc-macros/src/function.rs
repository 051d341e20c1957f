//! Models an exported function, whatever form it was written in.

use proc_macro2::{Ident, Span};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, ExprLit, FnArg, GenericArgument, Lit, Meta, Path, ReturnType, Type,
    Visibility, parse_quote,
};

use crate::check::{self, Mistakes};
use crate::item::FunctionItem;
use crate::names;
use crate::options::Options;
use crate::parameter::Parameter;
use crate::types;

/// A function that can be called from elsewhere.
pub(crate) struct Function {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    /// The `cfg` attributes, which hold for all that is generated.
    pub(crate) conditions: Vec<Attribute>,
    /// The attributes that a stub has in common with its function.
    pub(crate) shared: Vec<Attribute>,
    /// The documentation, a line each.
    pub(crate) docs: Vec<String>,
    /// The name on the wire.
    pub(crate) name: String,
    /// The name of the reply on the wire, when it is not the function's.
    pub(crate) reply: Option<String>,
    pub(crate) parameters: Vec<Parameter>,
    /// The type that the function returns.
    pub(crate) result: Type,
    pub(crate) outcome: Outcome,
    /// Whether it has a receiver.
    pub(crate) is_method: bool,
    /// The path of `rpc_core`.
    pub(crate) library: Path,
}

/// What a call comes to.
pub(crate) struct Outcome {
    /// The type of the value that a caller receives.
    pub(crate) value: Type,
    /// The type of the function's own error, when its result has one.
    pub(crate) error: Option<Type>,
}

impl Function {
    /// Reads a function, as much of it as can be understood.
    pub(crate) fn read(item: &FunctionItem, options: &Options, mistakes: &mut Mistakes) -> Self {
        check::signature(&item.signature, mistakes);
        let parameters = item.signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(input) => Parameter::read(input, mistakes),
            FnArg::Receiver(_) => None,
        });
        let parameters: Vec<_> = parameters.collect();
        check::parameters(&parameters, mistakes);

        let ident = item.signature.ident.clone();
        let library = options.library();
        let result = match &item.signature.output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => types::bare(ty).clone(),
        };
        Self {
            visibility: item.visibility.clone(),
            conditions: attributes(item, |path| path.is_ident("cfg")),
            shared: attributes(item, |path| path.is_ident("deprecated")),
            docs: docs(&item.attributes),
            name: options
                .name
                .as_ref()
                .map_or_else(|| names::on_the_wire(&ident), syn::LitStr::value),
            reply: options.reply.as_ref().map(syn::LitStr::value),
            parameters,
            outcome: Outcome::of(&result, &library),
            is_method: item.signature.receiver().is_some(),
            ident,
            result,
            library,
        }
    }
}

impl Outcome {
    fn of(result: &Type, library: &Path) -> Self {
        let owned = types::owned(result);
        match types::arguments_of(&owned, "Result").as_deref() {
            None => Self { value: owned, error: None },
            Some([GenericArgument::Type(value), GenericArgument::Type(error)]) => {
                Self { value: value.clone(), error: Some(error.clone()) }
            }
            Some(_) => {
                let span = result.span();
                let of = quote_spanned!(span=> <#owned as #library::__private1::ResultTypes>);
                Self { value: parse_quote!(#of::Ok), error: Some(parse_quote!(#of::Err)) }
            }
        }
    }

    /// Returns where to point when it cannot travel.
    pub(crate) fn span(&self) -> Span {
        self.error.as_ref().unwrap_or(&self.value).span()
    }
}

fn attributes(item: &FunctionItem, wanted: fn(&Path) -> bool) -> Vec<Attribute> {
    let attributes = item.attributes.iter();
    attributes.filter(|attribute| wanted(attribute.path())).cloned().collect()
}

/// Returns the text of the doc comments, without the space after `///`.
fn docs(attributes: &[Attribute]) -> Vec<String> {
    let mut docs = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(meta) = &attribute.meta
            && meta.path.is_ident("doc")
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value
        {
            let text = text.value();
            let lines = text.split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line));
            docs.extend(lines.map(str::to_owned));
        }
    }
    docs
}
