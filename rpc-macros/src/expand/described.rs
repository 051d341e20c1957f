//! Writes what describes a function for those who ask: its types, and its defaults and examples as values.
//!
//! It stands in a macro of the library's own, which drops it where the library has no schemas.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, GenericArgument, Lit, Type, parse_quote};

use super::default;
use super::hygiene::hidden;
use crate::example::{Example, Given};
use crate::function::Function;
use crate::names;
use crate::outcome::{Told, is_bytes};
use crate::parameter::{Parameter, Passing, Takes, Upload};
use crate::spelling::{self, spell};
use crate::types;

/// Writes the table of a function.
pub(super) fn table(function: &Function) -> TokenStream {
    let parameters = function.parameters.iter().map(|parameter| described(parameter, function));
    let result = result(function);
    let error = match &function.failing().error {
        Some(error) => {
            let error = schema(error, Some(error), &quote!(__rpc::Shape::Unknown));
            quote!(::core::option::Option::Some(#error))
        }
        None => quote!(::core::option::Option::None),
    };
    let examples = function.examples.iter().map(|example| self::example(example, function));
    quote! {
        __rpc::described! {
            parameters: &[#(#parameters),*],
            result: #result,
            error: #error,
            examples: &[#(#examples),*],
        }
    }
}

fn described(parameter: &Parameter, function: &Function) -> TokenStream {
    let ty = match &parameter.upload {
        Some(Upload { item, .. }) => in_static(&parse_quote!(::std::vec::Vec<#item>)),
        None => in_static(&parameter.ty),
    };
    let shape = if parameter.is_bytes() { quote!(__rpc::Shape::Bytes) } else { shape(&ty) };
    let schema = schema(&ty, Some(&parameter.ty), &shape);
    let default = match &parameter.default {
        Some(default) => {
            let value = shown(&held(parameter), default);
            let value = default::in_owner(default, function, &value);
            quote!(::core::option::Option::Some(|| #value))
        }
        None => quote!(::core::option::Option::None),
    };
    quote!(__rpc::DescribedParameter { schema: #schema, default: #default })
}

fn result(function: &Function) -> TokenStream {
    let outcome = &function.outcome;
    let written = match outcome.told {
        Told::Nothing => None,
        Told::Result { .. } => value_of_result(function.written()),
        Told::Plain | Told::Value => Some(function.written()),
    };
    let shape = match written {
        // Only the type tells whether an alias is of bytes.
        None => {
            let is_bytes = is_bytes(&outcome.whole, &quote!(__rpc));
            quote!(if #is_bytes { __rpc::Shape::Bytes } else { __rpc::Shape::Unknown })
        }
        Some(written) if types::has_bytes(written) => quote!(__rpc::Shape::Bytes),
        Some(written) => shape(&in_static(written)),
    };
    let schema =
        schema(&outcome.value, Some(written.unwrap_or_else(|| function.written())), &shape);
    if function.items.is_some() { list(function, &schema) } else { schema }
}

/// Writes what is known of all items of an answer, as a caller gets them who takes them in one.
fn list(function: &Function, item: &TokenStream) -> TokenStream {
    let name = spelling::result(function);
    quote! {
        __rpc::SchemaOf {
            name: #name,
            whole: ::core::option::Option::None,
            shape: __rpc::Shape::List { of: &#item },
        }
    }
}

/// The `T` of a `Result<T, E>` that is written out.
fn value_of_result(result: &Type) -> Option<&Type> {
    match types::standard(result, "Result")?.first()? {
        GenericArgument::Type(value) => Some(value),
        _ => None,
    }
}

/// Writes what is known of a type, which is called as it is `written`.
fn schema(ty: &Type, written: Option<&Type>, shape: &TokenStream) -> TokenStream {
    let name = spell(written.unwrap_or(ty));
    quote_spanned! {ty.span().resolved_at(hidden())=>
        __rpc::SchemaOf {
            name: #name,
            whole: {
                use __rpc::NoSchema as _;
                __rpc::SchemaProbe::<#ty>::SCHEMA
            },
            shape: #shape,
        }
    }
}

/// Writes what the spelling of a type tells, should it have no schema as a whole.
fn shape(ty: &Type) -> TokenStream {
    let of = |kind: &str, inner: &Type| {
        let kind = Ident::new(kind, hidden());
        let inner = schema(inner, None, &shape(inner));
        quote!(__rpc::Shape::#kind { of: &#inner })
    };
    let first = |name| match types::standard(ty, name)?.into_iter().find(|one| is_type(one))? {
        GenericArgument::Type(first) => Some(first),
        _ => None,
    };
    let last = |name| match types::standard(ty, name)?.as_slice() {
        [GenericArgument::Type(key), GenericArgument::Type(value), ..] => {
            types::is_word(key, "String").then_some(value)
        }
        _ => None,
    };
    match types::bare(ty) {
        Type::Reference(reference) => return shape(&reference.elem),
        Type::Slice(slice) => return of("List", &slice.elem),
        Type::Array(array) => return of("List", &array.elem),
        _ => {}
    }
    if let Some(inner) = first("Option") {
        return of("Optional", inner);
    }
    let lists = ["Vec", "VecDeque", "HashSet", "BTreeSet"];
    if let Some(inner) = lists.into_iter().find_map(first) {
        return of("List", inner);
    }
    if let Some(inner) = ["HashMap", "BTreeMap"].into_iter().find_map(last) {
        return of("Map", inner);
    }
    match ["Box", "Arc", "Rc", "Cow"].into_iter().find_map(first) {
        Some(inner) => shape(inner),
        None => quote!(__rpc::Shape::Unknown),
    }
}

fn is_type(argument: &GenericArgument) -> bool {
    matches!(argument, GenericArgument::Type(_))
}

fn in_static(ty: &Type) -> Type {
    types::with_lifetime(ty, &parse_quote!('static)).0
}

/// How a value of a type is shown: by reference, as which type, and whether it is a reference itself.
struct Held {
    ty: TokenStream,
    is_lent: bool,
}

/// How a parameter's value is held that is of its whole type.
fn held(parameter: &Parameter) -> Held {
    let lent = |ty: &Type| Held { ty: borrowed(ty), is_lent: true };
    match &parameter.passing {
        _ if parameter.optional.is_some() => Held { ty: borrowed(&parameter.ty), is_lent: false },
        Passing::Text => Held { ty: quote!(str), is_lent: true },
        Passing::Bytes => Held { ty: quote!([u8]), is_lent: true },
        Passing::Slice(element) => lent(&parse_quote!([#element])),
        Passing::Reference(referent) => lent(referent),
        Passing::Owned | Passing::Cow => Held { ty: borrowed(&parameter.ty), is_lent: false },
    }
}

fn borrowed(ty: &Type) -> TokenStream {
    types::with_lifetime(ty, &parse_quote!('_)).0.into_token_stream()
}

/// Writes the expression that shows a value: one expression, so that what is made for it lives long enough.
fn shown(held: &Held, value: &Expr) -> TokenStream {
    let Held { ty, is_lent } = held;
    let value = if *is_lent { quote!(#value) } else { quote!(&(#value)) };
    quote_spanned! {hidden()=> {
        use __rpc::NoJson as _;
        __rpc::Shown::<#ty>(#value).json()
    }}
}

/// Writes an example, each argument as a value of its parameter.
fn example(example: &Example, function: &Function) -> TokenStream {
    let Example { call, arguments, result } = example;
    let text = spell(call);
    let arguments = arguments.iter().map(|Given { name, parameter, value }| {
        let parameter = &function.parameters[*parameter];
        let value = match parameter.takes {
            Takes::One if parameter.upload.is_some() => of_any_type(value),
            Takes::One => argument(parameter, value),
            // What is gathered is checked where it is called; here it only has to be shown.
            Takes::Args(_) | Takes::Kwargs => of_any_type(value),
        };
        let name = name.as_ref().map_or_else(|| names::on_the_wire(&parameter.ident), Clone::clone);
        quote!((#name, || #value))
    });
    let result = match result {
        Some(value) => {
            let ty = &function.outcome.value;
            let value = match &function.items {
                Some(_) => shown(&Held { ty: quote!([#ty]), is_lent: false }, value),
                None => of_type(ty, value),
            };
            quote!(::core::option::Option::Some(|| #value))
        }
        None => quote!(::core::option::Option::None),
    };
    quote! {
        __rpc::Example { text: #text, arguments: &[#(#arguments),*], result: #result }
    }
}

/// Writes an argument of an example, which may be a value of the `T` of an `Option<T>` as in a call.
fn argument(parameter: &Parameter, value: &Expr) -> TokenStream {
    let is_optional_itself = match value {
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "None"),
        Expr::Call(call) => call.func.to_token_stream().to_string().ends_with("Some"),
        _ => false,
    };
    match &parameter.optional {
        Some(inner) if !is_optional_itself => of_type(inner, value),
        Some(_) => shown(&held(parameter), value),
        None => of_type(&parameter.ty, value),
    }
}

/// Writes a value of a type, for which text will do where that is a `String`.
fn of_type(ty: &Type, value: &Expr) -> TokenStream {
    if let Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) = value {
        return shown(&Held { ty: quote!(str), is_lent: true }, value);
    }
    match types::bare(ty) {
        Type::Reference(reference) => {
            shown(&Held { ty: borrowed(&reference.elem), is_lent: true }, value)
        }
        ty => shown(&Held { ty: borrowed(ty), is_lent: false }, value),
    }
}

fn of_any_type(value: &Expr) -> TokenStream {
    shown(&Held { ty: quote!(_), is_lent: false }, value)
}
