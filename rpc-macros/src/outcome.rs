//! What a call of a function comes to, as far as the spelling of its result tells.

use proc_macro2::{Ident, Span, TokenStream};
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
            ty if may_be_result(ty) => Told::Nothing,
            ty if is_plain(ty) => Told::Plain,
            _ => Told::Value,
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
        let value = quote_spanned!(span=> #of::Ok);
        let (value, error) = (parse_quote!(#value), Some(parse_quote!(#error)));
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

/// Writes the constant that says whether the value of a type that may be a `Result` is bytes.
pub(crate) fn is_bytes(ty: &Type, rpc: &TokenStream) -> TokenStream {
    let what = what(ty, rpc);
    quote!({
        use #rpc::NoBytes as _;
        #rpc::BytesProbe::<<#ty as #rpc::Returned<#what>>::Ok>::IS_BYTES
    })
}

/// The types of a `Result` that is written out, as that of the standard library.
fn written(result: &Type) -> Option<(&Type, &Type)> {
    match types::standard(result, "Result")?.as_slice() {
        [GenericArgument::Type(value), GenericArgument::Type(error)] => Some((value, error)),
        _ => None,
    }
}

/// Whether a type may be a `Result`, or one in an `Option` or a box, by its name.
fn may_be_result(ty: &Type) -> bool {
    let path = match types::bare(ty) {
        Type::Path(path) => &path.path,
        ty => return matches!(ty, Type::Macro(_)),
    };
    let last = path.segments.last();
    last.is_some_and(|last| is_called_result(&last.ident)) || inside(ty).is_some_and(may_be_result)
}

/// Whether a type of this name may be a `Result`.
pub(crate) fn is_called_result(name: &Ident) -> bool {
    let name = name.to_string();
    name.ends_with("Result") || name.ends_with("result")
}

/// What is in an `Option` or a box.
fn inside(ty: &Type) -> Option<&Type> {
    match ["Option", "Box"].iter().find_map(|name| types::standard(ty, name))?.as_slice() {
        [GenericArgument::Type(inner)] => Some(inner),
        _ => None,
    }
}

/// Returns the type within so many `Option`s and boxes that [`what`] does not see it.
pub(crate) fn deep_inside(ty: &Type) -> Option<&Type> {
    let deep = inside(inside(inside(ty)?)?)?;
    Some(deep_inside(deep).unwrap_or(deep))
}

/// Whether the error of a `Result` that is written out is a reference.
fn is_lent(result: &Type) -> bool {
    let error = written(result).map(|(_, error)| types::bare(error));
    matches!(error, Some(Type::Reference(_)))
}

/// Whether a type is by its spelling one that nobody gives to a `Result`.
pub(crate) fn is_plain(ty: &Type) -> bool {
    const PLAIN: [&str; 16] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize",
    ];
    let path = match types::bare(ty) {
        Type::Path(path) => path,
        ty => return !matches!(ty, Type::Macro(_)),
    };
    let name = path.path.get_ident().map(ToString::to_string).unwrap_or_default();
    PLAIN.contains(&&*name) || name == "String" || types::standard(ty, "Vec").is_some()
}
