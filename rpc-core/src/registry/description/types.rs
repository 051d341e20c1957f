//! Schemas of single types: as they say themselves, as they travel here, or as far as their names tell.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::super::{SchemaOf, Shape};
use super::by_name;
use super::draft::is_or_has;
use super::forms::{bytes, object, unknown};

/// Writes the schema of a type, which is called `name` where the table has no name for it.
pub(super) fn schema(of: &SchemaOf, name: &str, generator: &mut SchemaGenerator) -> Schema {
    object(part(of, name, generator))
}

fn part(of: &SchemaOf, name: &str, generator: &mut SchemaGenerator) -> Value {
    let whole = of.whole.map(|whole| whole(generator).to_value());
    if let Shape::Bytes = of.shape {
        let mut schema = bytes();
        let nullable =
            whole.is_some_and(|schema| schema.get("type").is_some_and(|ty| is_or_has(ty, "null")));
        if nullable {
            schema["type"] = json!(["string", "null"]);
        }
        return schema;
    }
    if let Some(whole) = whole {
        return whole;
    }
    match of.shape {
        Shape::List { of } => json!({ "type": "array", "items": part(of, of.name, generator) }),
        Shape::Map { of } => {
            json!({ "type": "object", "additionalProperties": part(of, of.name, generator) })
        }
        Shape::Optional { of } => {
            json!({ "anyOf": [part(of, of.name, generator), { "type": "null" }] })
        }
        Shape::Unknown | Shape::Bytes if of.name.is_empty() => by_name::schema(name),
        Shape::Unknown | Shape::Bytes => unknown(of.name),
    }
}
