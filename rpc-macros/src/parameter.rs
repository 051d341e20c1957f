//! Models one parameter of an exported function.

use syn::{
    Attribute, Expr, GenericArgument, Ident, Lifetime, Meta, Pat, PatType, Type, parse_quote,
};

use crate::docs;
use crate::mistakes::Mistakes;
use crate::names;
use crate::types;

/// A parameter: what callers may give, and what the function takes.
pub(crate) struct Parameter {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The documentation.
    pub(crate) doc: String,
    /// The value of `#[default(…)]`.
    pub(crate) default: Option<Expr>,
    /// The `T` of an `Option<T>`.
    pub(crate) optional: Option<Type>,
    /// The items, where it takes any number of them, one after another.
    pub(crate) upload: Option<Upload>,
    /// Whether one argument fills it, or those that are left over.
    pub(crate) takes: Takes,
    /// Whether it can be given by name only, because it stands behind `#[args]`.
    pub(crate) by_name_only: bool,
    /// How the value, or the value in the option, reaches the function.
    pub(crate) passing: Passing,
}

/// What a parameter takes that is an `Items<T>` or an `ItemStream<T>`.
pub(crate) struct Upload {
    /// The type of an item.
    pub(crate) item: Type,
    /// Whether it is asked for them without blocking a thread.
    pub(crate) is_stream: bool,
}

impl Upload {
    fn of(ty: &Type) -> Option<Self> {
        let of = |name, is_stream| match types::arguments_of(ty, name)?.as_slice() {
            [GenericArgument::Type(item)] => Some(Self { item: item.clone(), is_stream }),
            _ => None,
        };
        of("Items", false).or_else(|| of("ItemStream", true))
    }
}

/// How many arguments a parameter takes.
pub(crate) enum Takes {
    /// One.
    One,
    /// The positional ones left over, each of this type.
    Args(Box<Type>),
    /// The keyword ones left over.
    Kwargs,
}

impl Parameter {
    /// Reads a parameter; `None` when it has no name to be called by.
    pub(crate) fn read(input: &PatType, mistakes: &mut Mistakes) -> Option<Self> {
        let Attributes { default, takes } = Attributes::read(input, mistakes);
        let ident = match &*input.pat {
            Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
                names::of_parameter(&pattern.ident)
            }
            pattern => {
                mistakes
                    .at(pattern, "a parameter must be a plain name: callers use it as a keyword");
                return None;
            }
        };
        let ty = types::bare(&input.ty).clone();
        let optional = match takes {
            Takes::One => types::inside_option(&ty).cloned(),
            _ => None,
        };
        let passing = match (&takes, &ty) {
            (Takes::Args(element), Type::Reference(_)) => Passing::Slice((**element).clone()),
            _ => Passing::of(optional.as_ref().unwrap_or(&ty)),
        };
        let upload = Upload::of(&ty).filter(|_| matches!(takes, Takes::One));
        if let (Some(default), Some(_)) = (&default, &upload) {
            mistakes.at(default, "items that a caller sends have no default: none are `[]`");
        }
        let doc = docs::text(&input.attrs);
        let by_name_only = false;
        Some(Self { ident, ty, doc, default, optional, upload, takes, by_name_only, passing })
    }

    /// Returns the type of a value that is there: the `T` of an `Option<T>`.
    pub(crate) fn value(&self) -> &Type {
        self.optional.as_ref().unwrap_or(&self.ty)
    }

    /// Whether no call can do without it.
    pub(crate) fn is_required(&self) -> bool {
        self.default.is_none() && self.optional.is_none() && matches!(self.takes, Takes::One)
    }

    /// Whether typed callers give it by position.
    pub(crate) fn is_positional(&self) -> bool {
        self.is_required() && !self.by_name_only
    }

    /// Whether it stands for names that callers choose, and has none for them.
    pub(crate) fn has_no_name(&self) -> bool {
        matches!(self.takes, Takes::Kwargs)
    }

    /// Whether it travels as bytes do, and not as a list of numbers.
    pub(crate) fn is_bytes(&self) -> bool {
        matches!(self.takes, Takes::One) && types::is_bytes(self.value())
    }

    /// Whether one argument can fill it by position.
    pub(crate) fn has_position(&self) -> bool {
        matches!(self.takes, Takes::One) && !self.by_name_only
    }
}

/// How an argument is held on the server while the function has it.
pub(crate) enum Passing {
    /// As its own type, and given away.
    Owned,
    /// As text that borrows from the message where it can, and becomes a `Cow<str>`.
    Cow,
    /// As text that borrows from the message where it can, lent as `&str`.
    Text,
    /// As bytes, lent as `&[u8]`.
    Bytes,
    /// As a vector of this type, lent as a slice.
    Slice(Type),
    /// As this type, lent by reference.
    Reference(Type),
}

impl Passing {
    fn of(ty: &Type) -> Self {
        if let Type::Reference(reference) = types::bare(ty) {
            return match types::bare(&reference.elem) {
                Type::Slice(slice) if types::is_word(&slice.elem, "u8") => Self::Bytes,
                Type::Slice(slice) => Self::Slice((*slice.elem).clone()),
                referent if types::is_word(referent, "str") => Self::Text,
                referent => Self::Reference(referent.clone()),
            };
        }
        match types::standard(ty, "Cow").as_deref() {
            Some([GenericArgument::Lifetime(lifetime), GenericArgument::Type(text)])
                if !types::is_static(lifetime) && types::is_word(text, "str") =>
            {
                Self::Cow
            }
            _ => Self::Owned,
        }
    }
}

/// Returns how an argument is held: a `Cow` that outlives the message is an owned one.
pub(crate) fn passing(parameter: &Parameter, outlives: bool) -> &Passing {
    match &parameter.passing {
        Passing::Cow if outlives => &Passing::Owned,
        passing => passing,
    }
}

/// The lifetime of what is decoded.
pub(crate) fn lifetime(outlives: bool) -> Lifetime {
    if outlives { parse_quote!('static) } else { parse_quote!('_) }
}

/// Whether a parameter looks like one that must be given, though not all of it may be understood.
pub(crate) fn looks_required(input: &PatType) -> bool {
    !input.attrs.iter().any(is_own) && types::inside_option(&input.ty).is_none()
}

/// Whether a parameter looks like one that takes the positional arguments that are left over.
pub(crate) fn looks_like_args(input: &PatType) -> bool {
    input.attrs.iter().any(|attribute| attribute.path().is_ident("args"))
}

/// Whether an attribute of a parameter is for `#[rpc_export]` to read.
pub(crate) fn is_own(attribute: &Attribute) -> bool {
    ["default", "args", "kwargs"].iter().any(|name| attribute.path().is_ident(name))
}

/// What the attributes of a parameter say.
struct Attributes {
    default: Option<Expr>,
    takes: Takes,
}

impl Attributes {
    fn read(input: &PatType, mistakes: &mut Mistakes) -> Self {
        let mut default = None;
        let mut takes = Takes::One;
        for attribute in &input.attrs {
            let path = attribute.path();
            if path.is_ident("cfg") || path.is_ident("cfg_attr") {
                mistakes
                    .at(attribute, "a parameter cannot be conditional: put this on the function");
            } else if path.is_ident("default") {
                match read_default(attribute) {
                    Ok(_) if default.is_some() => {
                        mistakes.at(attribute, "this parameter has a default already");
                    }
                    Ok(value) => default = Some(value),
                    Err(mistake) => mistakes.add(mistake),
                }
            } else if is_own(attribute) {
                match read_variadic(attribute, &input.ty) {
                    Ok(_) if !matches!(takes, Takes::One) => {
                        mistakes.at(attribute, "this parameter is variadic already");
                    }
                    Ok(variadic) => takes = variadic,
                    Err(mistake) => mistakes.add(mistake),
                }
            }
        }
        if let (Some(default), Takes::Args(_) | Takes::Kwargs) = (&default, &takes) {
            mistakes.at(default, "a variadic parameter is empty when left out: it has no default");
        }
        Self { default, takes }
    }
}

fn read_default(attribute: &Attribute) -> syn::Result<Expr> {
    match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => list.parse_args(),
        _ => Err(syn::Error::new_spanned(
            attribute,
            "the default value is missing: write `#[default(10)]`",
        )),
    }
}

fn read_variadic(attribute: &Attribute, ty: &Type) -> syn::Result<Takes> {
    attribute.meta.require_path_only()?;
    if attribute.path().is_ident("kwargs") {
        return Ok(Takes::Kwargs);
    }
    if let Type::Reference(reference) = types::bare(ty)
        && let Type::Slice(slice) = types::bare(&reference.elem)
    {
        return Ok(Takes::Args(slice.elem.clone()));
    }
    match types::standard(ty, "Vec").as_deref() {
        Some([GenericArgument::Type(element)]) => Ok(Takes::Args(Box::new(element.clone()))),
        _ => Err(syn::Error::new_spanned(
            ty,
            "a parameter with `#[args]` must be a `Vec<…>` or a `&[…]`",
        )),
    }
}
