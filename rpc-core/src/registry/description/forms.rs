//! The schemas that are written here and not by a type.

use schemars::Schema;
use serde_json::{Value, json};

/// The base64 text that is taken, with its padding or without.
const BASE64: &str = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$";

/// The schema of bytes.
pub(super) fn bytes() -> Value {
    json!({ "type": "string", "contentEncoding": "base64", "pattern": BASE64 })
}

/// The schema of a type of which only the name is known.
pub(super) fn unknown(name: &str) -> Value {
    json!({ "title": name })
}

/// A schema as an object, which `true` and `false` are written as where something is said beside.
pub(super) fn object(value: Value) -> Schema {
    Schema::try_from(value).unwrap_or_default()
}
