//! Checks a signature and its parameters for every mistake that can be in them.

use std::collections::HashSet;

use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, Receiver, ReceiverKind, ReturnType, Safety,
    Signature, Type,
};

use crate::items::{self, Items, Source, Written};
use crate::mistakes::Mistakes;
use crate::names;
use crate::options::Options;
use crate::parameter::{Parameter, Takes};
use crate::place::Owner;
use crate::types;

/// Checks what a signature may not have, whatever its parameters mean.
pub(crate) fn signature(signature: &Signature, owner: Option<&Owner>, mistakes: &mut Mistakes) {
    if let Safety::Unsafe(token) = &signature.safety {
        mistakes
            .at(token, "an `unsafe fn` cannot be exported: a remote caller can promise nothing");
    }
    if let Some(abi) = &signature.abi {
        mistakes.at(abi, "a function with a foreign ABI cannot be exported");
    }
    for parameter in &signature.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            mistakes.at(
                parameter,
                "an exported function cannot be generic: its types are part of its signature",
            );
        }
    }
    match (signature.receiver(), owner) {
        (None, Some(_)) => mistakes.at(
            &signature.ident,
            "an exported method has a `&self`; leave this function out with `#[rpc_export(skip)]`",
        ),
        (Some(receiver), Some(_)) if !is_shared(receiver) => mistakes.at(
            receiver,
            "an exported method takes `&self`, because calls share the instance; \
             leave this one out with `#[rpc_export(skip)]`",
        ),
        (Some(receiver), None) => {
            mistakes.at(receiver, "a method is exported by `#[rpc_export]` on its `impl` block");
        }
        _ => {}
    }
    for input in &signature.inputs {
        if let FnArg::Typed(input) = input {
            parameter_type(&input.ty, mistakes);
        }
    }
    if let Some(variadic) = &signature.variadic {
        mistakes.at(variadic, "a variadic function cannot be exported");
    }
    if let ReturnType::Type(_, ty) = &signature.output {
        result(ty, mistakes);
    }
}

/// Checks that a result says what it is, and what its items are where it is many.
fn result(ty: &Type, mistakes: &mut Mistakes) {
    let Some((items, opening)) = Written::of(ty) else {
        if items::is_more(ty) {
            let advice = "what has many items is an `impl Iterator<Item = …>` or an \
                          `impl Stream<Item = …>` for its callers: write that";
            return mistakes.at(ty, advice);
        }
        return value(ty, mistakes);
    };
    let name = match items.source {
        Source::Iterator => "Iterator",
        Source::Stream => "Stream",
    };
    match items.item {
        Some(item) => value(item, mistakes),
        None => mistakes.at(items.ty, format!("say what the items are: `{name}<Item = …>`")),
    }
    if let Some(opening) = opening {
        named_types(&opening, mistakes);
    }
    if items.is_boxed && !items.is("Send") {
        let advice = format!(
            "items are taken on any thread of the server: write `dyn {name}<Item = …> + Send`"
        );
        mistakes.at(items.ty, advice);
    }
    if items.is_boxed && items.source == Source::Stream && !items.is_pinned {
        mistakes
            .at(items.ty, "a stream in a box is pinned: `Pin<Box<dyn Stream<Item = …> + Send>>`");
    }
}

/// Checks that a value, or one item of many, says what it is.
fn value(ty: &Type, mistakes: &mut Mistakes) {
    let mut has_items = false;
    types::each(&mut ty.clone(), &mut |part| {
        if Written::at(part).is_some() {
            has_items = true;
            mistakes.at(
                part,
                "items inside another type cannot be sent: a function that answers with many \
                 returns them alone, or in a `Result`",
            );
        }
    });
    if !has_items {
        named_types(ty, mistakes);
    }
}

/// Checks that what is said of subscriptions is said of a function that has items.
pub(crate) fn subscription(options: &Options, has_items: bool, mistakes: &mut Mistakes) {
    match (&options.subscription, &options.unsubscribe) {
        (Some(name), _) if !has_items => mistakes.at(
            name,
            "what is subscribed to are items: return `impl Iterator<Item = …>` or \
             `impl Stream<Item = …>`, or take off `subscription`",
        ),
        (None, Some(name)) => mistakes.at(
            name,
            "`unsubscribe` says how a subscription is ended: add `subscription = \"…\"`, the name of \
             its notifications",
        ),
        _ => {}
    }
}

/// Checks that no other attribute makes another function of it than the one that stands here.
pub(crate) fn attributes(attributes: &[Attribute], signature: &Signature, mistakes: &mut Mistakes) {
    for attribute in attributes {
        let mut segments = attribute.path().segments.iter().rev();
        let is_runtime = segments.next().is_some_and(|last| last.ident == "main")
            && segments.next().is_some()
            && signature.asyncness.is_some();
        if is_runtime && signature.ident == "main" {
            mistakes.at(
                attribute,
                "this starts the program: put `#[rpc_export]` on the functions that it serves",
            );
        } else if is_runtime {
            mistakes.at(
                attribute,
                "this would run the function on a runtime of its own: take it off, an exported \
                 `async fn` runs on that of the server",
            );
        }
    }
}

/// Checks what parameters may not be to each other.
pub(crate) fn parameters(parameters: &[Parameter], mistakes: &mut Mistakes) {
    let mut setters = HashSet::new();
    order(parameters, mistakes);
    for (index, parameter) in parameters.iter().enumerate() {
        let Parameter { ident, .. } = parameter;
        if index == names::MOST_PARAMETERS {
            mistakes.at(ident, format!("an exported function takes at most {index} parameters"));
        }
        if ident.to_string().starts_with("__") {
            mistakes.at(ident, format!("the name `{ident}` is kept for generated code"));
        }
        if !setters.insert(names::setter(ident)) {
            mistakes
                .at(ident, format!("the name `{ident}` is taken: another parameter is set by it"));
        }
    }
}

/// Checks that positions fill parameters from the left, as in Python: required ones, then either
/// those that may be left out or `#[args]` and parameters given by name only, then `#[kwargs]`.
fn order(parameters: &[Parameter], mistakes: &mut Mistakes) {
    let mut optional: Option<&Parameter> = None;
    let mut args: Option<&Parameter> = None;
    let mut kwargs: Option<&Parameter> = None;
    for parameter in parameters {
        let Parameter { ident, .. } = parameter;
        if let Some(kwargs) = kwargs {
            mistakes.at(
                ident,
                format!(
                    "parameter `{ident}` follows `{}`, which takes all keywords that are left",
                    kwargs.ident
                ),
            );
        }
        match (&parameter.takes, optional, args) {
            (Takes::Kwargs, ..) => kwargs = kwargs.or(Some(parameter)),
            (Takes::Args(_), _, Some(args)) => mistakes.at(
                ident,
                format!("`{}` takes all positions that are left, for `{ident}` too", args.ident),
            ),
            (Takes::Args(_), Some(earlier), None) => mistakes.at(
                ident,
                format!(
                    "`#[args]` follows `{0}`, which may be left out, and would give its first \
                     argument to `{0}`: put `{0}` behind `{ident}`",
                    earlier.ident
                ),
            ),
            (Takes::Args(_), None, None) => args = Some(parameter),
            (Takes::One, Some(earlier), None) if parameter.is_required() => mistakes.at(
                ident,
                format!(
                    "required parameter `{ident}` follows `{}`, which may be left out",
                    earlier.ident
                ),
            ),
            (Takes::One, _, None) if !parameter.is_required() => optional = Some(parameter),
            _ => {}
        }
    }
}

/// Checks that a function takes many items once, and in a way that fits it.
pub(crate) fn uploads(
    parameters: &[Parameter],
    is_async: bool,
    items: Option<&Items>,
    mistakes: &mut Mistakes,
) {
    let mut uploads = parameters.iter().filter_map(|it| Some((it, it.upload.as_ref()?)));
    let Some((parameter, upload)) = uploads.next() else { return };
    let is_stream = is_async || items.is_some_and(|items| items.source == Source::Stream);
    if is_async && !upload.is_stream {
        mistakes.at(
            &parameter.ty,
            "`Items` blocks its thread, which an `async fn` must not: take an `ItemStream`",
        );
    } else if upload.is_stream && !is_stream {
        mistakes.at(
            &parameter.ty,
            "an `ItemStream` has to be awaited: make this an `async fn`, or take `Items`",
        );
    }
    for (second, _) in uploads {
        let first = &parameter.ident;
        mistakes.at(&second.ty, format!("a call has one upload, and `{first}` is one already"));
    }
}

/// Whether a method takes `&self`.
fn is_shared(receiver: &Receiver) -> bool {
    matches!(receiver.kind, ReceiverKind::Reference(_, _, None))
}

/// Checks that a parameter's type can be decoded on the server and lent to the function.
fn parameter_type(ty: &Type, mistakes: &mut Mistakes) {
    named_types(ty, mistakes);
    let ty = types::inside_option(ty).unwrap_or(ty);
    let Type::Reference(reference) = types::bare(ty) else {
        return no_reference(ty, mistakes);
    };
    if types::arguments_of(&reference.elem, "CallContext").is_some_and(|none| none.is_empty()) {
        return;
    }
    if reference.mutability.is_some() {
        mistakes.at(ty, "a parameter cannot be `&mut`: the caller's value stays on the other side");
    } else if reference.lifetime.as_ref().is_some_and(types::is_static) {
        mistakes.at(ty, "a parameter cannot be `&'static`: it is borrowed from a message");
    }
    no_reference(&reference.elem, mistakes);
}

/// Checks that no reference is left where decoding would have to make one.
fn no_reference(ty: &Type, mistakes: &mut Mistakes) {
    types::each(&mut ty.clone(), &mut |part| {
        if let Type::Reference(_) = part {
            mistakes
                .at(part, "a reference inside another type cannot be decoded: use an owned type");
        }
    });
}

/// Checks that a type says what it is.
fn named_types(ty: &Type, mistakes: &mut Mistakes) {
    types::each(&mut ty.clone(), &mut |part| match part {
        part if types::inside_option(part).is_some_and(|it| types::inside_option(it).is_some()) => {
            mistakes.at(
                part,
                "an `Option` in an `Option` cannot travel: JSON has one `null` for `None` and for \
                 `Some(None)`; use an enum or a struct of its own",
            );
        }
        part if types::inside_option(part).is_some_and(is_nothing) => mistakes.at(
            part,
            "an `Option` of `()` cannot travel: JSON has one `null` for `None` and for `Some(())`; \
             use a `bool`, or an enum of its own",
        ),
        Type::ImplTrait(_) => mistakes.at(part, "`impl Trait` cannot be sent: name a type"),
        Type::Never(_) => mistakes.at(part, "a function that never returns cannot be exported"),
        Type::Path(path)
            if path.path.segments.first().is_some_and(|first| first.ident == "Self") =>
        {
            mistakes.at(part, "`Self` is not known to callers: name a type");
        }
        _ => {}
    });
}

/// Whether a type is `()`, or is sent as one when all goes well.
fn is_nothing(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        ty => match types::standard(ty, "Result").as_deref() {
            Some([GenericArgument::Type(value), ..]) => is_nothing(value),
            _ => false,
        },
    }
}
