//! Whether a schema allows one value.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ranges::{Range, count};
use super::resolve::{Budget, Object, flat};

/// Schemas stand so deep within one another at most.
const DEEPEST: usize = 64;

/// Whether a schema of a document allows a value; `None` where that cannot be decided.
pub(super) fn allows(
    document: &Value,
    schema: &Value,
    value: &Value,
    budget: &Budget,
) -> Option<bool> {
    Values { document, budget, depth: 0 }.allows(schema, value)
}

/// Where a value is looked for.
#[derive(Clone, Copy)]
struct Values<'d> {
    document: &'d Value,
    budget: &'d Budget,
    depth: usize,
}

impl Values<'_> {
    fn allows(self, schema: &Value, value: &Value) -> Option<bool> {
        if self.depth > DEEPEST {
            return None;
        }
        let inner = Self { depth: self.depth + 1, ..self };
        inner.flat_allows(flat(self.document, schema, self.budget).ok()?, value)
    }

    fn flat_allows(self, schema: Value, value: &Value) -> Option<bool> {
        let object = match schema {
            Value::Bool(allowed) => return Some(allowed),
            Value::Object(object) => object,
            _ => return None,
        };
        let mut decided = true;
        for (keyword, wanted) in &object {
            match self.keyword_allows(&object, keyword, wanted, value) {
                Some(true) => {}
                // Whatever else there is.
                Some(false) => return Some(false),
                None => decided = false,
            }
        }
        decided.then_some(true)
    }

    fn keyword_allows(
        self,
        schema: &Object,
        keyword: &str,
        wanted: &Value,
        value: &Value,
    ) -> Option<bool> {
        let size = |size: usize| Some(size as u64);
        Some(match (keyword, value) {
            ("type", _) => types(wanted)?.iter().any(|ty| is_of_type(value, ty)),
            ("const", _) => normal(value) == normal(wanted),
            ("enum", _) => {
                let value = normal(value);
                wanted.as_array()?.iter().any(|wanted| normal(wanted) == value)
            }
            ("anyOf" | "oneOf", _) => {
                let mut any = Some(false);
                for alternative in wanted.as_array()? {
                    match self.allows(alternative, value) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => any = None,
                    }
                }
                return any;
            }
            (
                "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "format",
                Value::Number(number),
            ) => Range::of(schema).has(number.as_f64()?),
            ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum", _) => true,
            ("minLength", Value::String(text)) => size(text.chars().count())? >= count(wanted)?,
            ("maxLength", Value::String(text)) => size(text.chars().count())? <= count(wanted)?,
            ("minItems", Value::Array(items)) => size(items.len())? >= count(wanted)?,
            ("maxItems", Value::Array(items)) => size(items.len())? <= count(wanted)?,
            ("required", Value::Object(members)) => {
                let mut names = wanted.as_array()?.iter();
                names.all(|name| name.as_str().is_some_and(|name| members.contains_key(name)))
            }
            ("properties", Value::Object(members)) => {
                let mut all = true;
                for (name, schema) in wanted.as_object()? {
                    if let Some(member) = members.get(name) {
                        all &= self.allows(schema, member)?;
                    }
                }
                all
            }
            ("items", Value::Array(items)) if !wanted.is_array() => {
                let mut all = true;
                for item in items {
                    all &= self.allows(wanted, item)?;
                }
                all
            }
            ("additionalProperties", Value::Object(members))
                if !schema.contains_key("patternProperties") =>
            {
                let named = schema.get("properties").and_then(Value::as_object);
                let mut all = true;
                for (name, member) in members {
                    if !named.is_some_and(|named| named.contains_key(name)) {
                        all &= self.allows(wanted, member)?;
                    }
                }
                all
            }
            (
                "minLength" | "maxLength" | "pattern" | "contentEncoding" | "contentMediaType",
                value,
            ) if !value.is_string() => true,
            ("format", value) if !value.is_string() => true,
            (
                "minItems" | "maxItems" | "items" | "prefixItems" | "additionalItems"
                | "uniqueItems",
                value,
            ) if !value.is_array() => true,
            (
                "required"
                | "properties"
                | "additionalProperties"
                | "minProperties"
                | "maxProperties",
                value,
            ) if !value.is_object() => true,
            _ => return None,
        })
    }
}

/// A value as it is written shortest: `1` for `1.0`, members in the order of their names.
pub(super) fn normal(value: &Value) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => match number.as_f64() {
            #[allow(clippy::cast_possible_truncation)] // It is whole, and within the range.
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= EXACT => {
                (float as i64).into()
            }
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(members) => {
            let sorted: BTreeMap<_, _> = members.iter().collect();
            sorted.into_iter().map(|(name, value)| (name.clone(), normal(value))).collect()
        }
        _ => value.clone(),
    }
}

/// The names of types that a schema lists.
pub(super) fn types(wanted: &Value) -> Option<Vec<&str>> {
    match wanted {
        Value::String(ty) => Some(vec![ty]),
        Value::Array(types) => types.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Whether a value is of a type of JSON Schema.
pub(super) fn is_of_type(value: &Value, ty: &str) -> bool {
    match ty {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        _ => false,
    }
}
