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
#[derive(Clone, Copy, PartialEq, Eq)]
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
            Some(Self { source, item, bounds, is_boxed, is_pinned })
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
