//! Values that generated code makes: defaults and examples, as they would travel.

use serde_json::Value;

use super::super::described::ValueFn;
use super::super::{Bytes, SchemaOf, Shape, caught};

/// Makes a value of a type; `None` where it has no JSON form, or panics.
///
/// It is a user's expression, so it may do anything: it is evaluated when somebody asks, and once.
pub(super) fn value(make: ValueFn, of: Option<&SchemaOf>) -> Option<Value> {
    let value = caught(make)??;
    if of.is_some_and(|of| matches!(of.shape, Shape::Bytes)) && value.is_array() {
        let bytes: Bytes<'_> = serde_json::from_value(value).ok()?;
        return serde_json::to_value(bytes).ok();
    }
    Some(value)
}
