//! What a call of a function comes to, as far as the spelling of its result tells.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, Path, Type, parse_quote};

use crate::types;

/// What a call comes to.
pub(crate) struct Outcome {
    /// The type that the function returns, borrowing nothing.
    pub(crate) whole: Type,
    /// The type of the value that a caller receives.
    pub(crate) value: Type,
    /// The type of the function's own error, when its result has one.
    pub(crate) error: Option<Type>,
    pub(crate) told: Told,
}

/// What the spelling of a result tells; rustc is to check it where that may be wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// That it is a plain value, for certain.
    Plain,
    /// That it is a plain value.
    Value,
    /// That it is a `Result` of these types, whose error is lent or not.
    Result { is_lent: bool },
    /// Nothing: the name ends in `Result`, and may be an alias or a type of its own.
    Nothing,
}

impl Outcome {
    pub(crate) fn of(result: &Type, library: &Path) -> Self {
        let whole = types::owned(result);
        if let Some((value, error)) = written(&whole) {
            let told = Told::Result { is_lent: is_lent(result) };
            let (value, error) = (value.clone(), Some(error.clone()));
            return Self { whole, value, error, told };
        }
        let told = match types::bare(&whole) {
            ty @ Type::Path(path) => match path.path.segments.last() {
                _ if may_be_result(ty) => Told::Nothing,
                Some(last) if is_plain(&last.ident.to_string()) => Told::Plain,
                _ => Told::Value,
            },
            _ => Told::Plain,
        };
        if told != Told::Nothing {
            return Self { value: whole.clone(), whole, error: None, told };
        }
        let span = result.span();
        let rpc = quote!(#library::__private1);
        let what = what(&whole, &rpc);
        let of = quote_spanned!(span=> <#whole as #rpc::Returned<#what>>);
        let is_text = is_text(&whole, &rpc);
        let error = quote_spanned!(span=> <#of::Err as #rpc::OwnedError<#is_text>>::Owned);
        let (value, error) = (parse_quote!(#of::Ok), Some(parse_quote!(#error)));
        Self { whole, value, error, told }
    }

    /// Returns where to point when it cannot travel.
    pub(crate) fn span(&self) -> Span {
        match (&self.told, &self.error) {
            (Told::Nothing, _) => self.whole.span(),
            (_, Some(error)) => error.span(),
            _ => self.value.span(),
        }
    }

    /// Whether the error may be of a kind whose words alone travel: only its type tells.
    pub(crate) fn may_be_words(&self) -> bool {
        let name = self.error.as_ref().and_then(|error| match types::bare(error) {
            Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        });
        let by_name = name.is_some_and(|name| ["Error", "Report", "Box"].contains(&name.as_str()));
        self.told == Told::Nothing || by_name
    }
}

/// Writes the number that says what a type is as a result.
pub(crate) fn what(ty: &Type, rpc: &TokenStream) -> TokenStream {
    quote!({
        use #rpc::Otherwise as _;
        #rpc::Probe::<#ty>::RETURNS
    })
}

/// Writes the constant that says whether the error of a type that may be a `Result` is lent text.
pub(crate) fn is_text(ty: &Type, rpc: &TokenStream) -> TokenStream {
    let what = what(ty, rpc);
    quote!({
        use #rpc::NoText as _;
        #rpc::TextProbe::<<#ty as #rpc::Returned<#what>>::Err>::IS_TEXT
    })
}

/// The types of a `Result` that is written out, as that of the standard library.
fn written(result: &Type) -> Option<(&Type, &Type)> {
    let Type::Path(path) = types::bare(result) else {
        return None;
    };
    let is_standard = match path.path.segments.first() {
        Some(first) if path.path.segments.len() > 1 => {
            ["std", "core"].iter().any(|name| first.ident == name)
        }
        _ => true,
    };
    match types::arguments_of(result, "Result")?.as_slice() {
        [GenericArgument::Type(value), GenericArgument::Type(error)] if is_standard => {
            Some((value, error))
        }
        _ => None,
    }
}

/// Whether a type may be a `Result`, or one in an `Option` or a box, by its name.
fn may_be_result(ty: &Type) -> bool {
    let Type::Path(path) = types::bare(ty) else {
        return false;
    };
    let named = path.path.segments.last().map(|last| last.ident.to_string());
    named.is_some_and(|name| name.ends_with("Result"))
        || ["Option", "Box"].iter().any(|name| match types::arguments_of(ty, name).as_deref() {
            Some([GenericArgument::Type(inner)]) => may_be_result(inner),
            _ => false,
        })
}

/// Whether the error of a `Result` that is written out is a reference.
fn is_lent(result: &Type) -> bool {
    let error = written(result).map(|(_, error)| types::bare(error));
    matches!(error, Some(Type::Reference(_)))
}

/// Whether a name is that of a type which nobody gives to a `Result`.
fn is_plain(name: &str) -> bool {
    matches!(name, "String" | "Vec") || name.starts_with(|letter: char| letter.is_lowercase())
}
