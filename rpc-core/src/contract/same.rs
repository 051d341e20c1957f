//! What is the same in both documents, with all that it refers to.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::resolve::{Object, is_note, resolve, target};

/// The references that lead to the same in both documents.
pub(super) struct Same {
    references: HashSet<String>,
}

impl Same {
    /// Follows every reference of both documents.
    pub(super) fn of(old: &Value, new: &Value) -> Self {
        let mut all = HashSet::new();
        references(old, &mut all);
        references(new, &mut all);
        let mut used_by: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut others = Vec::new();
        for &reference in &all {
            let inner = target(old, reference)
                .zip(target(new, reference))
                .filter(|(before, now)| before == now && resolve(old, before).is_some())
                .and_then(|(before, _)| within(before).ok());
            match inner {
                Some(inner) => {
                    for inner in inner {
                        used_by.entry(inner).or_default().push(reference);
                    }
                }
                None => others.push(reference),
            }
        }
        // What refers to something that is another is another, too.
        let mut same: HashSet<&str> = all.clone();
        while let Some(other) = others.pop() {
            if same.remove(other) {
                others.extend(used_by.remove(other).into_iter().flatten());
            }
        }
        Self { references: same.into_iter().map(str::to_owned).collect() }
    }

    /// Whether two schemas are one schema that can be read, and refer to the same.
    pub(super) fn are(&self, one: &Value, other: &Value) -> bool {
        one == other && within(one).is_ok_and(|inner| self.all(inner))
    }

    /// Whether the values of a keyword that is not known are equal, and refer to the same.
    pub(super) fn are_texts(&self, one: &Value, other: &Value) -> bool {
        let mut inner = HashSet::new();
        references(one, &mut inner);
        one == other && self.all(inner)
    }

    fn all<'s>(&self, references: impl IntoIterator<Item = &'s str>) -> bool {
        references.into_iter().all(|reference| self.references.contains(reference))
    }
}

/// Every reference that stands anywhere in a value.
fn references<'v>(value: &'v Value, found: &mut HashSet<&'v str>) {
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                left.extend(members.values());
            }
            _ => {}
        }
    }
}

/// The references of a schema, and of those that stand in it. `Err` says what cannot be read.
fn within(schema: &Value) -> Result<HashSet<&str>, String> {
    let mut found = HashSet::new();
    let mut left = vec![schema];
    while let Some(schema) = left.pop() {
        let Some(object) = readable(schema)? else { continue };
        for (keyword, value) in object {
            match (keyword.as_str(), value) {
                ("$ref", Value::String(reference)) => {
                    found.insert(reference.as_str());
                }
                ("properties" | "patternProperties" | "dependentSchemas", Value::Object(all)) => {
                    left.extend(all.values());
                }
                ("allOf" | "anyOf" | "oneOf" | "prefixItems" | "items", Value::Array(all)) => {
                    left.extend(all);
                }
                (keyword, _) if SCHEMAS.contains(&keyword) => left.push(value),
                ("const" | "enum", _) => {}
                (keyword, _) if is_note(keyword) => {}
                _ => references(value, &mut found),
            }
        }
    }
    Ok(found)
}

/// Keywords that have one schema.
const SCHEMAS: &[&str] = &[
    "items",
    "additionalItems",
    "additionalProperties",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
];

/// The keywords of a schema, as far as one schema alone says whether it can be read; `None` where it is
/// `true` or `false`. `Err` says what is in the way.
pub(super) fn readable(schema: &Value) -> Result<Option<&Object>, String> {
    let object = match schema {
        Value::Bool(_) => return Ok(None),
        Value::Object(object) => object,
        _ => return Err("has something in the place of a schema".to_owned()),
    };
    let is_text = |value: &Value| value.is_string();
    let are_texts = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(is_text));
    for (keyword, value) in object {
        let is_right = match keyword.as_str() {
            "$ref" | "format" | "pattern" => is_text(value),
            "type" => is_text(value) || are_texts(value),
            "required" => are_texts(value),
            "enum" | "allOf" | "anyOf" | "oneOf" | "prefixItems" => value.is_array(),
            "properties" | "patternProperties" => value.is_object(),
            "items" => value.is_array() || value.is_object() || value.is_boolean(),
            "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems"
            | "multipleOf" => value.is_number(),
            _ => true,
        };
        if !is_right {
            return Err(format!("has a `{keyword}` that cannot be read"));
        }
    }
    Ok(Some(object))
}
