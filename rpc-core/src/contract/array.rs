//! What a schema says of arrays.

use serde_json::Value;

use super::ranges::count;
use super::resolve::Object;

/// An array, in the words of any draft.
pub(super) struct Array<'s> {
    pub(super) first: Vec<&'s Value>,
    pub(super) rest: &'s Value,
    pub(super) least: u64,
    pub(super) most: Option<u64>,
    pub(super) unique: bool,
}

impl<'s> Array<'s> {
    pub(super) fn of(schema: &'s Object) -> Self {
        const ANYTHING: &Value = &Value::Bool(true);
        let list = |keyword: &str| schema.get(keyword).and_then(Value::as_array);
        let number = |keyword: &str| schema.get(keyword).and_then(count);
        let (first, rest) = match (list("prefixItems"), list("items")) {
            (Some(first), _) => (Some(first), schema.get("items")),
            (None, Some(first)) => (Some(first), schema.get("additionalItems")),
            (None, None) => (None, schema.get("items")),
        };
        let first: Vec<_> = first.into_iter().flatten().collect();
        let rest = rest.unwrap_or(ANYTHING);
        let closed = (*rest == Value::Bool(false)).then_some(first.len() as u64);
        let most = number("maxItems").into_iter().chain(closed).min();
        let unique = schema.get("uniqueItems").is_some_and(|unique| unique == true);
        Self { first, rest, least: number("minItems").unwrap_or(0), most, unique }
    }

    pub(super) fn at(&self, place: usize) -> &'s Value {
        self.first.get(place).copied().unwrap_or(self.rest)
    }
}
