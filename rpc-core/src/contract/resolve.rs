//! Follows references within a document, and puts schemas that must all hold into one.

use std::cell::Cell;

use serde_json::{Map, Value};

/// A schema, as an object.
pub(super) type Object = Map<String, Value>;

/// As many references lead to one another at most.
const LONGEST_CHAIN: usize = 32;

/// After so many steps a comparison is given up.
const MOST_STEPS: usize = 100_000;

/// What a comparison may still cost.
#[derive(Default)]
pub(super) struct Budget {
    steps: Cell<usize>,
}

impl Budget {
    /// Takes a step. `Err` says that there were too many.
    pub(super) fn step(&self) -> Result<(), String> {
        self.steps.set(self.steps.get() + 1);
        if self.is_spent() { Err("is too large to be compared".to_owned()) } else { Ok(()) }
    }

    /// Whether there were too many steps.
    pub(super) fn is_spent(&self) -> bool {
        self.steps.get() > MOST_STEPS
    }
}

/// What a reference stands for; the value itself where it is none. `None` where it leads nowhere, or out of the
/// document.
pub(super) fn resolve<'d>(document: &'d Value, mut value: &'d Value) -> Option<&'d Value> {
    for _ in 0..LONGEST_CHAIN {
        match value.get("$ref") {
            None => return Some(value),
            Some(reference) => value = target(document, reference.as_str()?)?,
        }
    }
    None
}

/// What a reference within a document leads to.
pub(super) fn target<'d>(document: &'d Value, reference: &str) -> Option<&'d Value> {
    document.pointer(&percent_decoded(reference.strip_prefix('#')?))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let digits = (*first == b'%').then(|| tail.get(..2)).flatten();
        let byte = digits
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        if byte.is_some() {
            rest = &tail[2..];
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Keywords that say nothing of which values are valid.
const NOTES: &[&str] = &[
    "title",
    "description",
    "default",
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$comment",
    "$id",
    "$schema",
    "$defs",
    "definitions",
    "$anchor",
];

/// Whether a keyword says nothing of which values are valid.
pub(super) fn is_note(keyword: &str) -> bool {
    NOTES.contains(&keyword) || keyword.starts_with("x-")
}

/// The name of a type of which nothing else is known: the title of a schema that says nothing besides.
pub(super) fn opaque<'d>(document: &'d Value, schema: &'d Value) -> Option<&'d str> {
    let object = resolve(document, schema)?.as_object()?;
    object.keys().all(|keyword| is_note(keyword)).then(|| object.get("title")?.as_str()).flatten()
}

/// A schema without what says nothing, its `$ref` and `allOf` replaced by what they stand for. `Err` says what
/// is in the way.
pub(super) fn flat(document: &Value, schema: &Value, budget: &Budget) -> Result<Value, String> {
    flat_within(document, schema, budget, 0)
}

fn flat_within(
    document: &Value,
    schema: &Value,
    budget: &Budget,
    depth: usize,
) -> Result<Value, String> {
    budget.step()?;
    let Some(object) = schema.as_object() else {
        return Ok(schema.clone());
    };
    if depth > LONGEST_CHAIN {
        return Err("refers to itself without an end".to_owned());
    }
    let mut parts: Vec<Value> = Vec::new();
    let mut own = Object::new();
    for (keyword, value) in object {
        match (keyword.as_str(), value) {
            ("$ref", Value::String(reference)) => {
                let target = target(document, reference);
                let target =
                    target.ok_or_else(|| format!("refers to {reference}, which is not here"))?;
                parts.push(flat_within(document, target, budget, depth + 1)?);
            }
            ("allOf", Value::Array(all)) => {
                for part in all {
                    parts.push(flat_within(document, part, budget, depth + 1)?);
                }
            }
            (keyword, _) if is_note(keyword) => {}
            _ => {
                own.insert(keyword.clone(), value.clone());
            }
        }
    }
    if parts.is_empty() {
        return Ok(Value::Object(own));
    }
    parts.push(Value::Object(own));
    let mut parts = parts.into_iter();
    let first = parts.next().unwrap_or(Value::Bool(true));
    parts.try_fold(first, both)
}

/// The schema of what two schemas both allow. `Err` says what keeps it from being written.
pub(super) fn both(one: Value, other: Value) -> Result<Value, String> {
    let (mut one, other) = match (one, other) {
        (Value::Bool(true), schema) | (schema, Value::Bool(true)) => return Ok(schema),
        (Value::Bool(false), _) | (_, Value::Bool(false)) => return Ok(Value::Bool(false)),
        (Value::Object(one), Value::Object(other)) => (one, other),
        _ => return Err("has something in the place of a schema".to_owned()),
    };
    for (keyword, value) in other {
        let Some(mine) = one.remove(&keyword) else {
            one.insert(keyword, value);
            continue;
        };
        let merged = match (keyword.as_str(), mine, value) {
            (_, mine, value) if mine == value => mine,
            ("properties", Value::Object(mut mine), Value::Object(theirs)) => {
                for (name, schema) in theirs {
                    let schema = match mine.remove(&name) {
                        Some(known) => serde_json::json!({ "allOf": [known, schema] }),
                        None => schema,
                    };
                    mine.insert(name, schema);
                }
                Value::Object(mine)
            }
            ("required", Value::Array(mut mine), Value::Array(theirs)) => {
                for name in theirs {
                    if !mine.contains(&name) {
                        mine.push(name);
                    }
                }
                Value::Array(mine)
            }
            ("type", Value::Array(mine), Value::String(ty))
            | ("type", Value::String(ty), Value::Array(mine))
                if mine.iter().any(|known| known == ty.as_str()) =>
            {
                Value::String(ty)
            }
            (keyword, ..) => {
                return Err(format!("has to satisfy two schemas that differ in `{keyword}`"));
            }
        };
        one.insert(keyword, merged);
    }
    Ok(Value::Object(one))
}
