//! Models an exported function, whatever form it was written in.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, FnArg, LitStr, Path, ReturnType, Type, Visibility, parse_quote};

use crate::check;
use crate::docs;
use crate::example::Example;
use crate::item::FunctionItem;
use crate::items::{Items, Source};
use crate::mistakes::Mistakes;
use crate::names;
use crate::options::Options;
use crate::outcome::Outcome;
use crate::parameter::{self, Parameter, Takes};
use crate::place::{Owner, Place};
use crate::provided::Provided;
use crate::types;

/// A function that can be called from elsewhere.
pub(crate) struct Function {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    /// The `cfg` attributes, which hold for all that is generated.
    pub(crate) conditions: Vec<Attribute>,
    /// The attributes that a stub has in common with its function.
    pub(crate) shared: Vec<Attribute>,
    /// The note of `#[deprecated]`, empty where it has none.
    pub(crate) deprecated: Option<String>,
    /// The documentation, a line each.
    pub(crate) docs: Vec<String>,
    /// The name on the wire.
    pub(crate) name: String,
    /// The options as they were written, but for the name.
    pub(crate) options: Options,
    pub(crate) examples: Vec<Example>,
    pub(crate) is_async: bool,
    pub(crate) parameters: Vec<Parameter>,
    /// How many arguments typed callers begin with, also when a parameter could not be understood.
    pub(crate) arity: usize,
    /// What the server provides, and where it stands among all that the function takes.
    pub(crate) provided: Vec<(usize, Provided)>,
    /// The type that the function returns.
    pub(crate) result: Type,
    /// What a call comes to, or each item of the answer.
    pub(crate) outcome: Outcome,
    /// The items, where it answers with many.
    pub(crate) items: Option<Items>,
    /// What it is a method of.
    pub(crate) owner: Option<Owner>,
    /// The path of `rpc_core`.
    pub(crate) library: Path,
}

impl Function {
    /// Reads a function, as much of it as can be understood.
    pub(crate) fn read(
        item: &FunctionItem,
        options: Options,
        place: &Place,
        mistakes: &mut Mistakes,
    ) -> Self {
        let mut signature = item.signature.clone();
        if let Some(ty) = place.owner.as_ref().and_then(|owner| owner.ty.as_ref()) {
            types::name_self(&mut signature, ty);
        }
        check::signature(&signature, place.owner.as_ref(), mistakes);
        check::attributes(&item.attributes, &signature, mistakes);
        let library = place.library.clone();
        let result = match &signature.output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => types::bare(ty).clone(),
        };
        let items = Items::of(&result, &library);
        if let Some(keyword) = signature.asyncness.as_ref().filter(|_| options.blocking) {
            mistakes.at(
                keyword,
                "an `async fn` does not block its thread: take off `blocking`, or `async`",
            );
        }
        if let Some(items) = items.as_ref().filter(|it| it.source == Source::Stream)
            && options.blocking
            && signature.asyncness.is_none()
        {
            mistakes.at(
                &items.written,
                "a stream does not block its thread: take off `blocking`, or return an iterator",
            );
        }
        check::subscription(&options, items.is_some(), mistakes);
        if let Some(destructive) = options.destructive.as_ref().filter(|it| it.value)
            && options.read_only
        {
            mistakes.at(
                destructive,
                "what is `read_only` destroys nothing: take off one of the two options",
            );
        }
        let mut parameters = Vec::new();
        let mut provided = Vec::new();
        let (mut arity, mut is_behind_args) = (0, false);
        let inputs = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(input) => Some(input),
            FnArg::Receiver(_) => None,
        });
        for (position, input) in inputs.enumerate() {
            match Provided::read(input, mistakes) {
                Some(what) => provided.push((position, what)),
                None => {
                    is_behind_args |= parameter::looks_like_args(input);
                    let is_positional = parameter::looks_required(input) && !is_behind_args;
                    arity += usize::from(is_positional);
                    parameters.extend(Parameter::read(input, mistakes));
                }
            }
        }
        let behind_args =
            parameters.iter_mut().skip_while(|p| !matches!(p.takes, Takes::Args(_))).skip(1);
        behind_args.for_each(|parameter| parameter.by_name_only = true);
        check::parameters(&parameters, mistakes);
        check::uploads(&parameters, signature.asyncness.is_some(), items.as_ref(), mistakes);

        let ident = signature.ident;
        let called = names::on_the_wire(&ident);
        let examples = options.written_examples.iter();
        let examples =
            examples.filter_map(|one| Example::read(one, &called, &parameters, mistakes)).collect();
        let name = options.name.as_ref().map_or_else(|| names::on_the_wire(&ident), LitStr::value);
        Self {
            visibility: item.visibility.clone(),
            conditions: conditions(&item.attributes),
            shared: attributes(&item.attributes, |path| path.is_ident("deprecated")),
            deprecated: docs::deprecation(&item.attributes),
            docs: docs::lines(&item.attributes),
            name: format!("{}{name}", place.prefix),
            options,
            examples,
            is_async: signature.asyncness.is_some(),
            parameters,
            arity,
            provided,
            outcome: Outcome::of(items.as_ref().map_or(&result, |it| &it.written), &library),
            items,
            owner: place.owner.clone(),
            ident,
            result,
            library,
        }
    }

    /// Returns the name of the trait that has the function for clients.
    pub(crate) fn stub(&self) -> &Ident {
        let own = || self.options.stub.as_ref().unwrap_or(&self.ident);
        self.owner.as_ref().map_or_else(own, |owner| &owner.stub)
    }

    /// Returns the name of the type of a call being put together.
    pub(crate) fn call_name(&self) -> Ident {
        names::call_type(self.owner.as_ref().map(|owner| &owner.ident), &self.ident)
    }

    /// Returns the type of a call being put together, in the module that it stands in.
    pub(crate) fn call_type(&self) -> TokenStream {
        let module = names::calls(self.owner.as_ref().map_or(&self.ident, |owner| &owner.stub));
        let name = self.call_name();
        quote!(#module::#name)
    }

    /// Returns how many arguments a call can have by position, `None` when any number.
    pub(crate) fn positions(&self) -> Option<usize> {
        if self.parameters.iter().any(|parameter| matches!(parameter.takes, Takes::Args(_))) {
            return None;
        }
        Some(self.parameters.iter().filter(|parameter| parameter.has_position()).count())
    }

    /// Whether the rest of a call outlives its message, so that it borrows nothing from there.
    pub(crate) fn outlives(&self) -> bool {
        self.is_async || self.items.is_some() || self.upload().is_some()
    }

    /// Returns the place of the parameter that takes any number of items, if one does.
    pub(crate) fn upload(&self) -> Option<usize> {
        self.parameters.iter().position(|parameter| parameter.upload.is_some())
    }

    /// Returns the type of what is sent as it is written: the result, or an item of it.
    pub(crate) fn written(&self) -> &Type {
        self.items.as_ref().map_or(&self.result, |items| &items.written)
    }

    /// Returns what tells the error that a call may end in: an item's, or else the opening's.
    pub(crate) fn failing(&self) -> &Outcome {
        let opening = self.items.as_ref().and_then(|items| items.opening.as_ref());
        opening.filter(|_| self.outcome.error.is_none()).unwrap_or(&self.outcome)
    }

    /// Returns the types of shared state that the server provides, and where they stand.
    pub(crate) fn states(&self) -> impl Iterator<Item = (usize, &Type)> {
        self.provided.iter().filter_map(|(position, provided)| match provided {
            Provided::State { ty, .. } => Some((*position, &**ty)),
            Provided::Context { .. } => None,
        })
    }

    /// Names the function in documentation.
    pub(crate) fn link(&self) -> String {
        let ident = &self.ident;
        match &self.owner {
            None => format!("[`{ident}`](fn@{ident})"),
            Some(owner) => format!("`{}::{ident}`", owner.ident),
        }
    }
}

/// Returns the `cfg` attributes.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<Attribute> {
    self::attributes(attributes, |path| path.is_ident("cfg"))
}

fn attributes(attributes: &[Attribute], wanted: fn(&Path) -> bool) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| wanted(attribute.path())).cloned().collect()
}
