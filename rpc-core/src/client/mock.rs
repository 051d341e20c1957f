//! Typed calls of functions that have positions only: a closure answers for an exported function.

use crate::protocol::{ArgumentError, Arguments, ArrayWriter, ObjectWriter};
use crate::registry::{FunctionRegistry, Parameter, ParameterKind};

use super::Invocation;
use super::owned::{OwnedArguments, split_array, split_object};

/// Arguments in the order of a function's parameters, one for each.
pub(super) struct InOrder(Vec<String>);

impl InOrder {
    /// The arguments of a typed call, where the function that is registered under its name takes no
    /// names. What was left out is the parameter's default where that is a literal, else `null`; what
    /// variadic parameters gather is an array or an object.
    pub(super) fn of(
        registry: &FunctionRegistry,
        invocation: &Invocation<'_, impl Arguments>,
    ) -> Option<Result<Self, ArgumentError>> {
        let signature = invocation.signature()?;
        let for_closure = registry.has_positions_only(invocation.method());
        for_closure.then(|| Self::filled(signature.parameters(), invocation))
    }

    fn filled(
        parameters: &[Parameter],
        invocation: &Invocation<'_, impl Arguments>,
    ) -> Result<Self, ArgumentError> {
        let arguments = OwnedArguments::of(invocation)?;
        let (array, object) = (arguments.array(), arguments.object());
        let mut positional = split_array(&array)?.into_iter();
        let mut keyword = split_object(&object)?;
        let mut filled = Vec::new();
        for parameter in parameters {
            let named = keyword.iter().position(|(name, _)| name == parameter.name);
            filled.push(match (parameter.kind, named) {
                (ParameterKind::Args, _) => {
                    format!("[{}]", positional.by_ref().collect::<Vec<_>>().join(","))
                }
                (ParameterKind::Kwargs, _) => object_of(&std::mem::take(&mut keyword)),
                (_, Some(named)) => keyword.remove(named).1.to_owned(),
                (ParameterKind::Required, None) => positional.next().unwrap_or("null").to_owned(),
                (ParameterKind::Default(default), None) => literal(default).to_owned(),
                (_, None) => "null".to_owned(),
            });
        }
        Ok(Self(filled))
    }
}

impl Arguments for InOrder {
    fn write_positional(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        self.0.iter().for_each(|text| array.text(text.as_bytes()));
        Ok(())
    }

    fn write_keyword(&self, _: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }

    fn write_named(&self, _: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        Err(ArgumentError::needs_names())
    }

    fn write_in_order(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        self.write_positional(array)
    }
}

/// The members that are left over, as an object.
fn object_of(members: &[(String, &str)]) -> String {
    let mut out = Vec::new();
    let mut object = ObjectWriter::new(&mut out);
    for (name, text) in members {
        // A name that was read can be written.
        let _ = object.text(name, text.as_bytes());
    }
    format!("{{{}}}", String::from_utf8_lossy(&out))
}

/// A default as JSON, where it is a literal; else `null`.
fn literal(default: &str) -> &str {
    let makes_owned = [".to_owned()", ".to_string()", ".into()"];
    let bare = makes_owned.iter().find_map(|end| default.strip_suffix(end)).unwrap_or(default);
    match serde_json::from_str::<&serde_json::value::RawValue>(bare) {
        Ok(json) => json.get(),
        Err(_) => "null",
    }
}
