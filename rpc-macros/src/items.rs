//! Finds the items in the result of a function that answers with many.

use syn::punctuated::Punctuated;
use syn::{
    GenericArgument, Path, PathArguments, PathSegment, Token, TraitBound, Type, TypeParamBound,
    parse_quote,
};

use crate::outcome::{self, Outcome};
use crate::types;

/// The items that a function answers with.
pub(crate) struct Items {
    pub(crate) source: Source,
    /// The type of an item as it is written.
    pub(crate) written: Type,
    /// What the function comes to before the first of them, where it may fail: a `Result` of `()`.
    pub(crate) opening: Option<Outcome>,
}

/// What items come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Iterator,
    Stream,
}

impl Items {
    /// Reads a result; `None` where it is one value, or does not say what the items are.
    pub(crate) fn of(result: &Type, library: &Path) -> Option<Self> {
        let (written, opening) = Written::of(result)?;
        Some(Self {
            source: written.source,
            written: written.item?.clone(),
            opening: opening.map(|opening| Outcome::of(&opening, library)),
        })
    }
}

/// How items are spelt: `impl Iterator<…>`, or a box of a `dyn Iterator<…>`.
pub(crate) struct Written<'t> {
    /// The whole of it.
    pub(crate) ty: &'t Type,
    pub(crate) source: Source,
    pub(crate) item: Option<&'t Type>,
    /// What stands between the `+`.
    bounds: &'t Bounds,
    pub(crate) is_boxed: bool,
    pub(crate) is_pinned: bool,
}

type Bounds = Punctuated<TypeParamBound, Token![+]>;

impl<'t> Written<'t> {
    /// Finds the items in a result, and the type of what opening comes to, where that may fail.
    pub(crate) fn of(result: &'t Type) -> Option<(Self, Option<Type>)> {
        if let Some(written) = Self::at(result) {
            return Some((written, None));
        }
        let written = Self::at(result_of(result)?)?;
        let mut opening = result.clone();
        if let Some(items) = result_of_mut(&mut opening) {
            *items = parse_quote!(());
        }
        Some((written, Some(opening)))
    }

    /// Reads a type that is nothing but items.
    pub(crate) fn at(ty: &'t Type) -> Option<Self> {
        let of = |bounds, is_boxed, is_pinned| {
            let (source, item) = traits(bounds).find_map(source)?;
            Some(Self { ty, source, item, bounds, is_boxed, is_pinned })
        };
        match types::bare(ty) {
            Type::ImplTrait(it) => of(&it.bounds, false, false),
            ty => match (inside(ty, "Box"), inside(ty, "Pin").and_then(|ty| inside(ty, "Box"))) {
                (Some(Type::TraitObject(it)), _) => of(&it.bounds, true, false),
                (_, Some(Type::TraitObject(it))) => of(&it.bounds, true, true),
                _ => None,
            },
        }
    }

    /// Whether `name` is among the bounds.
    pub(crate) fn is(&self, name: &str) -> bool {
        traits(self.bounds).any(|segment| segment.ident == name)
    }
}

/// Whether a result is an `impl` of a trait that is more than an iterator or a stream.
pub(crate) fn is_more(result: &Type) -> bool {
    let ends = |name: String| name.ends_with("Iterator") || name.ends_with("Stream");
    match types::bare(result_of(result).unwrap_or(result)) {
        Type::ImplTrait(it) => traits(&it.bounds).any(|of| ends(of.ident.to_string())),
        _ => false,
    }
}

/// Has the items of a trait's method be ones that can be sent between threads, as its futures are: an
/// `impl` that is called by a trait's name says of itself no more than the trait does.
pub(crate) fn promise_send(result: &mut Type) {
    let is_missing = |ty: &Type| Written::at(ty).is_some_and(|items| !items.is("Send"));
    let items = if is_missing(result) {
        result
    } else {
        match result_of_mut(result) {
            Some(inner) if is_missing(inner) => inner,
            _ => return,
        }
    };
    if let Type::ImplTrait(it) = types::bare_mut(items) {
        it.bounds.push(parse_quote!(::core::marker::Send));
    }
}

/// What is in a `Result`, or in what is called one.
fn result_of(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = types::bare(ty) else { return None };
    let last = path.path.segments.last().filter(|last| outcome::is_called_result(&last.ident))?;
    match &last.arguments {
        PathArguments::AngleBracketed(of) => of.args.iter().find_map(|it| match it {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        }),
        _ => None,
    }
}

fn result_of_mut(ty: &mut Type) -> Option<&mut Type> {
    let Type::Path(path) = types::bare_mut(ty) else { return None };
    let last = path.path.segments.last_mut();
    match &mut last.filter(|last| outcome::is_called_result(&last.ident))?.arguments {
        PathArguments::AngleBracketed(of) => of.args.iter_mut().find_map(|it| match it {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        }),
        _ => None,
    }
}

/// What is in a type of the standard library that is around another.
fn inside<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    match types::standard(ty, name)?.as_slice() {
        [GenericArgument::Type(inner)] => Some(types::bare(inner)),
        _ => None,
    }
}

/// The last words of the traits among bounds.
fn traits(bounds: &Bounds) -> impl Iterator<Item = &PathSegment> {
    bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(TraitBound { path, .. }) => path.segments.last(),
        _ => None,
    })
}

/// Reads the trait of an iterator or a stream, and the type of its items, if that is said.
fn source(of: &PathSegment) -> Option<(Source, Option<&Type>)> {
    let source = if of.ident == "Iterator" {
        Source::Iterator
    } else if of.ident == "Stream" {
        Source::Stream
    } else {
        return None;
    };
    let item = match &of.arguments {
        PathArguments::AngleBracketed(of) => of.args.iter().find_map(|it| match it {
            GenericArgument::AssocType(it) if it.ident == "Item" => Some(&it.ty),
            _ => None,
        }),
        _ => None,
    };
    Some((source, item))
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    /// What gives the items, what one is, and what opening comes to.
    type Read = (Source, String, Option<String>);

    fn read(result: Type) -> Option<Read> {
        let text = |ty: &Type| ty.to_token_stream().to_string().replace(' ', "");
        let (written, opening) = Written::of(&result)?;
        Some((written.source, text(written.item?), opening.as_ref().map(text)))
    }

    fn found(source: Source, item: &str, opening: Option<&str>) -> Read {
        (source, item.to_owned(), opening.map(str::to_owned))
    }

    #[test]
    fn items_are_found_however_they_are_written() {
        use Source::{Iterator, Stream};
        let of_u64 = Some(found(Iterator, "u64", None));
        assert_eq!(read(parse_quote!(impl Iterator<Item = u64>)), of_u64);
        assert_eq!(read(parse_quote!((impl Send + core::iter::Iterator<Item = u64> + '_))), of_u64);
        assert_eq!(read(parse_quote!(impl Iterator<Item = u64> + use<'a>)), of_u64);
        assert_eq!(read(parse_quote!(Box<dyn std::iter::Iterator<Item = u64> + Send>)), of_u64);
        assert_eq!(read(parse_quote!(std::boxed::Box<dyn Iterator<Item = u64> + '_>)), of_u64);
        let stream = Some(found(Stream, "Result<A,E>", None));
        assert_eq!(read(parse_quote!(impl futures_core::Stream<Item = Result<A, E>>)), stream);
        assert_eq!(read(parse_quote!(std::pin::Pin<Box<dyn Stream<Item = Result<A, E>>>>)), stream);
        assert_eq!(
            read(parse_quote!(Result<Box<dyn Iterator<Item = &str>>, E>)),
            Some(found(Iterator, "&str", Some("Result<(),E>")))
        );
        assert_eq!(
            read(parse_quote!(io::Result<impl Stream<Item = u8>>)),
            Some(found(Stream, "u8", Some("io::Result<()>")))
        );
    }

    #[test]
    fn one_value_has_no_items() {
        let values: [Type; 6] = [
            parse_quote!(u64),
            parse_quote!(Range<u64>),
            parse_quote!(Items<Item>),
            parse_quote!(Result<Vec<u64>, E>),
            parse_quote!(Vec<impl Iterator<Item = u64>>),
            parse_quote!(impl ToString),
        ];
        for value in values {
            assert_eq!(read(value), None);
        }
    }

    #[test]
    fn only_an_impl_is_made_to_promise_that_it_can_be_sent() {
        let promised = |mut result: Type| {
            promise_send(&mut result);
            result.to_token_stream().to_string().matches("Send").count()
        };
        assert_eq!(promised(parse_quote!(impl Iterator<Item = u64>)), 1);
        assert_eq!(promised(parse_quote!(impl Stream<Item = u64> + Send)), 1);
        assert_eq!(promised(parse_quote!(Result<impl Iterator<Item = u64>, E>)), 1);
        assert_eq!(promised(parse_quote!(Box<dyn Iterator<Item = u64> + '_>)), 0);
        assert_eq!(promised(parse_quote!(Result<u64, E>)), 0);
    }
}
