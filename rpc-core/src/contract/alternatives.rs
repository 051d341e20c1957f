//! Schemas of alternatives, each as a schema of its own.

use serde_json::{Map, Value};

use super::resolve::{Budget, Object, both, flat, is_note};
use super::values::{is_of_type, types};

/// A schema of one keyword.
pub(super) fn with(keyword: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(keyword.to_owned(), value)]))
}

/// An alternative together with what stands beside all of them.
pub(super) fn whole(
    document: &Value,
    alternative: Value,
    rest: &Object,
    budget: &Budget,
) -> Result<Value, String> {
    if rest.is_empty() {
        return Ok(alternative);
    }
    both(flat(document, &alternative, budget)?, Value::Object(rest.clone()))
}

/// Alternatives that are single values, as a list of values.
pub(super) fn listed(mut schema: Object) -> Object {
    let values_of = |alternative: &Value| -> Option<Vec<Value>> {
        let object = alternative.as_object()?;
        let is_known = |keyword: &String| {
            ["const", "enum", "type"].contains(&keyword.as_str()) || is_note(keyword)
        };
        let values = match (object.get("const"), object.get("enum")) {
            (Some(value), None) => vec![value.clone()],
            (None, Some(values)) => values.as_array()?.clone(),
            _ => return None,
        };
        let is_typed = object.get("type").is_none_or(|ty| {
            let is_one =
                |value| types(ty).is_some_and(|all| all.iter().any(|ty| is_of_type(value, ty)));
            values.iter().all(is_one)
        });
        (object.keys().all(is_known) && is_typed).then_some(values)
    };
    if schema.contains_key("enum") || schema.contains_key("const") {
        return schema;
    }
    for keyword in ["anyOf", "oneOf"] {
        let alternatives = schema.get(keyword).and_then(Value::as_array);
        let values: Option<Vec<_>> =
            alternatives.and_then(|all| all.iter().map(values_of).collect());
        if let Some(values) = values {
            schema.remove(keyword);
            schema.insert("enum".to_owned(), values.concat().into());
            return schema;
        }
    }
    schema
}
