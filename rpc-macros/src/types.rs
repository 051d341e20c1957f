//! Rewrites the types of a signature for the other end of the wire.

use syn::{
    FnArg, GenericArgument, Lifetime, Path, PathArguments, PathSegment, ReturnType, Signature,
    Type, TypeParamBound, TypeReference, parse_quote,
};

/// Returns the type with every lifetime but `'static` named `name`, and whether there was any.
pub(crate) fn with_lifetime(ty: &Type, name: &Lifetime) -> (Type, bool) {
    let mut ty = ty.clone();
    let mut found = false;
    each(&mut ty, &mut |part| {
        for lifetime in lifetimes(part) {
            if !is_static(lifetime) {
                *lifetime = name.clone();
                found = true;
            }
        }
        if let Type::Reference(reference) = part
            && reference.lifetime.is_none()
        {
            reference.lifetime = Some(name.clone());
            found = true;
        }
    });
    (ty, found)
}

/// Returns the type a caller receives, which borrows nothing: `String` for `&str`.
pub(crate) fn owned(ty: &Type) -> Type {
    let mut ty = ty.clone();
    each(&mut ty, &mut |part| {
        for lifetime in lifetimes(part) {
            *lifetime = Lifetime::new("'static", lifetime.span());
        }
        if let Type::Reference(TypeReference { elem, .. }) = part {
            *part = parse_quote!(<#elem as ::std::borrow::ToOwned>::Owned);
        }
    });
    ty
}

/// Puts a type in the place of `Self`, which means nothing outside the block a method stands in.
pub(crate) fn name_self(signature: &mut Signature, name: &Type) {
    let mut put = |part: &mut Type| {
        if is_word(part, "Self") {
            *part = name.clone();
        }
    };
    for input in &mut signature.inputs {
        if let FnArg::Typed(input) = input {
            each(&mut input.ty, &mut put);
        }
    }
    if let ReturnType::Type(_, ty) = &mut signature.output {
        each(ty, &mut put);
    }
}

/// Visits a type's parts, the inner before the outer.
pub(crate) fn each(ty: &mut Type, visit: &mut dyn FnMut(&mut Type)) {
    match ty {
        Type::Array(array) => each(&mut array.elem, visit),
        Type::Group(group) => each(&mut group.elem, visit),
        Type::Paren(paren) => each(&mut paren.elem, visit),
        Type::Reference(reference) => each(&mut reference.elem, visit),
        Type::Slice(slice) => each(&mut slice.elem, visit),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|element| each(element, visit)),
        Type::Path(path) => {
            for argument in arguments_mut(&mut path.path) {
                if let GenericArgument::Type(argument) = argument {
                    each(argument, visit);
                }
            }
        }
        Type::ImplTrait(it) => each_in_bounds(&mut it.bounds, visit),
        Type::TraitObject(it) => each_in_bounds(&mut it.bounds, visit),
        _ => {}
    }
    visit(ty);
}

/// Visits the parts of the types in bounds, as in `Iterator<Item = T>`.
fn each_in_bounds<'b>(
    bounds: impl IntoIterator<Item = &'b mut TypeParamBound>,
    visit: &mut dyn FnMut(&mut Type),
) {
    for bound in bounds {
        let TypeParamBound::Trait(bound) = bound else { continue };
        for argument in arguments_mut(&mut bound.path) {
            match argument {
                GenericArgument::Type(ty) => each(ty, visit),
                GenericArgument::AssocType(it) => each(&mut it.ty, visit),
                _ => {}
            }
        }
    }
}

/// Returns the type without parentheses around it.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// [`bare`], to be changed.
pub(crate) fn bare_mut(ty: &mut Type) -> &mut Type {
    match ty {
        Type::Group(group) => bare_mut(&mut group.elem),
        Type::Paren(paren) => bare_mut(&mut paren.elem),
        ty => ty,
    }
}

/// Whether the type is the plain word `name`, such as `str`.
pub(crate) fn is_word(ty: &Type, name: &str) -> bool {
    matches!(bare(ty), Type::Path(path) if path.path.is_ident(name))
}

/// Whether the lifetime is `'static`.
pub(crate) fn is_static(lifetime: &Lifetime) -> bool {
    lifetime.ident == "static"
}

/// Returns the generic arguments of a path that ends in `name`, as `io::Result<T>` in `Result`.
pub(crate) fn arguments_of<'t>(ty: &'t Type, name: &str) -> Option<Vec<&'t GenericArgument>> {
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    (last.ident == name).then(|| arguments(last))
}

/// Returns the generic arguments of a type of the standard library, as far as the spelling tells: one
/// in a module of one's own, `chess::Option<T>`, is another.
pub(crate) fn standard<'t>(ty: &'t Type, name: &str) -> Option<Vec<&'t GenericArgument>> {
    let arguments = arguments_of(ty, name)?;
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let segments = &path.path.segments;
    let is_standard =
        |first: &PathSegment| ["std", "core", "alloc"].iter().any(|name| first.ident == name);
    (segments.len() == 1 || segments.first().is_some_and(is_standard)).then_some(arguments)
}

/// Returns the `T` of an `Option<T>`.
pub(crate) fn inside_option(ty: &Type) -> Option<&Type> {
    match standard(ty, "Option")?.as_slice() {
        [GenericArgument::Type(inner)] => Some(inner),
        _ => None,
    }
}

/// Whether values of the type are bytes: a `&[u8]`, or one of those that own such.
pub(crate) fn is_bytes(ty: &Type) -> bool {
    let is_slice = |ty: &Type| match bare(ty) {
        Type::Slice(slice) => is_word(&slice.elem, "u8"),
        _ => false,
    };
    if let Type::Reference(reference) = bare(ty) {
        return is_slice(&reference.elem);
    }
    let last = |name| match standard(ty, name)?.pop()? {
        GenericArgument::Type(last) => Some(last),
        _ => None,
    };
    last("Vec").is_some_and(|element| is_word(element, "u8"))
        || last("Box").or_else(|| last("Cow")).is_some_and(is_slice)
}

/// Whether a result of the type is bytes, or may be: in an `Option`, or when all goes well.
pub(crate) fn has_bytes(ty: &Type) -> bool {
    let inside = ["Option", "Result"].iter().find_map(|name| standard(ty, name));
    match inside.as_deref() {
        Some([GenericArgument::Type(inner), ..]) => has_bytes(inner),
        _ => is_bytes(ty),
    }
}

fn arguments(segment: &PathSegment) -> Vec<&GenericArgument> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().collect(),
        _ => Vec::new(),
    }
}

fn arguments_mut(path: &mut Path) -> impl Iterator<Item = &mut GenericArgument> {
    let written = path.segments.iter_mut().filter_map(|segment| match &mut segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&mut arguments.args),
        _ => None,
    });
    written.flatten()
}

/// The lifetimes that stand in the type itself, not in its parts.
fn lifetimes(ty: &mut Type) -> Vec<&mut Lifetime> {
    match ty {
        Type::Reference(reference) => reference.lifetime.iter_mut().collect(),
        Type::Path(path) => arguments_mut(&mut path.path)
            .filter_map(|argument| match argument {
                GenericArgument::Lifetime(lifetime) => Some(lifetime),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
