//! The schemas of all functions of a registry, and the definitions that they share.

use std::collections::BTreeMap;

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::super::entry::Entry;
use super::super::{ParameterKind, SchemaOf};
use super::definitions::{Definitions, Side, join, needed};
use super::draft::{Draft, finish};
use super::examples::ExampleValues;
use super::types::schema;
use super::values::value;

/// The schemas of all functions, which refer to `#/$defs/…`.
#[derive(Debug)]
pub(crate) struct Schemas {
    functions: BTreeMap<String, FunctionSchemas>,
    pub(super) definitions: Definitions,
}

/// The schemas of one function.
#[derive(Debug)]
pub(crate) struct FunctionSchemas {
    /// Those of its parameters, with their defaults.
    pub(super) parameters: Vec<Value>,
    pub(super) result: Value,
    /// That of the data of its own error.
    pub(super) error: Option<Value>,
    pub(super) examples: Vec<ExampleValues>,
}

impl Schemas {
    /// Asks all functions, which are ordered by name: of two types of one name the first that is asked for
    /// keeps it.
    pub(super) fn of(entries: &[&Entry], draft: Draft) -> Self {
        let [mut taken, mut given] = draft.generators();
        let functions = entries.iter().map(|entry| {
            let name = entry.signature.name().to_owned();
            (name, FunctionSchemas::of(entry, &mut taken, &mut given))
        });
        let mut functions: BTreeMap<_, _> = functions.collect();
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        for function in functions.values_mut() {
            inputs.extend(&mut function.parameters);
            outputs.push(&mut function.result);
            outputs.extend(&mut function.error);
        }
        let definitions = join([
            Side { suffix: "-Input", schemas: inputs, definitions: taken.take_definitions(true) },
            Side { suffix: "-Output", schemas: outputs, definitions: given.take_definitions(true) },
        ]);
        Self { functions, definitions }
    }

    /// The definitions that these functions refer to.
    pub(super) fn definitions_of(&self, entries: &[&Entry]) -> Definitions {
        if entries.len() == self.functions.len() {
            return self.definitions.clone();
        }
        let functions = entries.iter().filter_map(|entry| self.function(entry.signature.name()));
        let schemas = functions.flat_map(|function| {
            function.parameters.iter().chain([&function.result]).chain(&function.error)
        });
        needed(schemas, &self.definitions)
    }

    /// The schemas of the function of this name.
    pub(super) fn function(&self, name: &str) -> Option<&FunctionSchemas> {
        self.functions.get(name)
    }
}

impl FunctionSchemas {
    /// Both generators are asked for every type, in one order, so that they give it one name.
    pub(super) fn of(
        entry: &Entry,
        taken: &mut SchemaGenerator,
        given: &mut SchemaGenerator,
    ) -> Self {
        let table = entry.described.table;
        let both = |of: &SchemaOf, name: &str, kept: &mut SchemaGenerator, other: &mut _| {
            let mut kept_schema = schema(of, name, kept);
            schema(of, name, other);
            finish(&mut kept_schema, kept);
            kept_schema
        };
        let parameters =
            entry.signature.parameters().iter().enumerate().map(|(index, parameter)| {
                let described = table.parameters.get(index);
                let of = described.map_or(&SchemaOf::UNKNOWN, |described| &described.schema);
                let mut schema = both(of, parameter.ty, taken, given);
                let default = match (parameter.kind, described.and_then(|it| it.default)) {
                    (ParameterKind::Optional, _) => Some(Value::Null),
                    (_, Some(default)) => value(default, Some(of)),
                    _ => None,
                };
                if let Some(default) = default {
                    schema.insert("default".to_owned(), default);
                    // Beside a reference nothing is looked at.
                    finish(&mut schema, taken);
                }
                schema.to_value()
            });
        let parameters = parameters.collect();
        let result = both(&table.result, entry.signature.result(), given, taken);
        let error = table.error.as_ref().map(|of| both(of, of.name, given, taken));
        let examples =
            table.examples.iter().filter_map(|example| ExampleValues::of(example, entry));
        let examples = examples.collect();
        Self { parameters, result: result.to_value(), error: error.map(Schema::to_value), examples }
    }
}
