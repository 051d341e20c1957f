//! Compares two documents, function by function.

use std::collections::BTreeMap;

use serde_json::Value;

use super::change::{Change, Changes, Kind};
use super::function::Both;
use super::resolve::resolve;
use super::same::Same;

/// Says what has changed between two OpenRPC documents, and what it means to those who call by the old one.
///
/// Names and descriptions may change as they like. Schemas are compared as what they allow: what a function takes
/// may grow, what it returns may shrink. References within a document are followed, also where they lead back.
/// What cannot be decided (two patterns, a keyword that is not known) is said to be so, as
/// [`Kind::Unknown`].
///
/// ```
/// use rpc_core::contract::compare;
/// use serde_json::json;
///
/// let document = |result| json!({ "methods": [{ "name": "light", "params": [], "result": {
///     "name": "colour", "schema": { "enum": result },
/// }}]});
/// let changes = compare(&document(json!(["red", "green"])), &document(json!(["red", "blue"])));
/// assert_eq!(changes.to_string(), "\
/// breaks callers:
///   light: result may now be `\"blue\"`
/// compatible:
///   light: result is never `\"green\"` any more
/// ");
/// ```
pub fn compare(old: &Value, new: &Value) -> Changes {
    let (before, now) = (functions(old), functions(new));
    let same = Same::of(old, new);
    let mut changes = Vec::new();
    let whole = |name: &str, kind, reason: &str| Change {
        function: name.to_owned(),
        place: String::new(),
        kind,
        reason: reason.to_owned(),
    };
    for (&name, &function) in &before {
        match now.get(name) {
            None => changes.push(whole(name, Kind::Breaking, "is gone")),
            Some(&other) => {
                let (documents, functions) = ([old, new], [function, other]);
                let both = Both { name, documents, functions, same: &same };
                changes.extend(both.changes());
            }
        }
    }
    let come = now.keys().filter(|name| !before.contains_key(*name));
    changes.extend(come.map(|name| whole(name, Kind::Compatible, "is new")));
    Changes::of(changes)
}

/// The functions of a document by name.
fn functions(document: &Value) -> BTreeMap<&str, &Value> {
    let methods = document.get("methods").and_then(Value::as_array).into_iter().flatten();
    let methods = methods.filter_map(|method| resolve(document, method));
    methods.filter_map(|method| Some((method.get("name")?.as_str()?, method))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn broken_documents_are_compared_as_far_as_they_go() {
        let of = |params: Value, schemas: Value| {
            json!({ "methods": [{ "name": "f", "params": params, "errors": [{}] }],
                    "components": { "schemas": schemas } })
        };
        let schema = |schema: Value| of(json!([{ "name": "p", "schema": schema }]), json!({}));
        let odd = [
            json!(null),
            json!([]),
            json!({ "methods": 7 }),
            json!({ "methods": [7, {}, { "name": "f" }, { "name": "f", "params": [1], "result": 3 }] }),
            of(json!([{ "$ref": "#/nowhere" }]), json!(7)),
            schema(json!(7)),
            schema(json!({ "type": 7, "enum": 3, "oneOf": 1, "properties": 2, "items": 5 })),
        ];
        for old in &odd {
            for new in &odd {
                let _ = compare(old, new).to_string();
            }
        }
    }
}
