//! Finds every mistake in an annotation before any is reported.

use std::collections::HashSet;
use std::fmt::Display;

use quote::ToTokens;
use syn::{Error, FnArg, GenericParam, Result, ReturnType, Safety, Signature, Type};

use crate::names;
use crate::parameter::Parameter;
use crate::types;

/// Collects mistakes, so that all are reported at once.
#[derive(Default)]
pub(crate) struct Mistakes(Option<Error>);

impl Mistakes {
    pub(crate) fn add(&mut self, mistake: Error) {
        match &mut self.0 {
            Some(mistakes) => mistakes.combine(mistake),
            none => *none = Some(mistake),
        }
    }

    /// Adds a mistake that stands at these tokens.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.add(Error::new_spanned(tokens, message));
    }

    /// Returns all mistakes as one error.
    pub(crate) fn finish(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// Checks what a signature may not have, whatever its parameters mean.
pub(crate) fn signature(signature: &Signature, mistakes: &mut Mistakes) {
    if let Some(token) = &signature.asyncness {
        mistakes.at(token, "an `async fn` cannot be exported");
    }
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
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                mistakes
                    .at(receiver, "a method is exported by `#[rpc_export]` on its `impl` block");
            }
            FnArg::Typed(input) => parameter_type(&input.ty, mistakes),
        }
    }
    if let Some(variadic) = &signature.variadic {
        mistakes.at(variadic, "a variadic function cannot be exported");
    }
    if let ReturnType::Type(_, ty) = &signature.output {
        named_types(ty, mistakes);
    }
}

/// Checks what parameters may not be to each other.
pub(crate) fn parameters(parameters: &[Parameter], mistakes: &mut Mistakes) {
    let mut optional: Option<&Parameter> = None;
    let mut setters = HashSet::new();
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
        match optional {
            Some(earlier) if parameter.is_required() => mistakes.at(
                ident,
                format!(
                    "required parameter `{ident}` follows `{}`, which may be left out",
                    earlier.ident
                ),
            ),
            _ if parameter.is_required() => {}
            _ => optional = Some(parameter),
        }
    }
}

/// Checks that a parameter's type can be decoded on the server and lent to the function.
fn parameter_type(ty: &Type, mistakes: &mut Mistakes) {
    named_types(ty, mistakes);
    let ty = types::inside_option(ty).unwrap_or(ty);
    let Type::Reference(reference) = types::bare(ty) else {
        return no_reference(ty, mistakes);
    };
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
        Type::ImplTrait(_) => mistakes.at(part, "`impl Trait` cannot be sent: name a type"),
        Type::Never(_) => mistakes.at(part, "a function that never returns cannot be exported"),
        _ => {}
    });
}
