//! What a schema probably means to a reader.

use serde_json::Value;

use super::resolve::Object;

/// Whether two schemas probably mean the same variant: their tags are equal, or their only required members;
/// or their types, where they have no tags.
pub(super) fn are_alike(one: &Object, other: &Object) -> bool {
    let tags = |of: &Object| -> Vec<(String, Value)> {
        let members = of.get("properties").and_then(Value::as_object);
        let tagged = members.into_iter().flatten();
        tagged.filter_map(|(name, schema)| Some((name.clone(), tag(schema)?))).collect()
    };
    let (mine, theirs) = (tags(one), tags(other));
    if !mine.is_empty() || !theirs.is_empty() {
        return mine.iter().any(|tag| theirs.contains(tag));
    }
    let (mine, theirs) = (names(one), names(other));
    let type_of = |of: &Object| {
        let ty = of.get("type").and_then(Value::as_str);
        ty.map(|ty| if ty == "integer" { "number".to_owned() } else { ty.to_owned() })
    };
    type_of(one) == type_of(other) && (mine.len() != 1 || theirs.len() != 1 || mine == theirs)
}

/// The one value that a schema allows.
fn tag(schema: &Value) -> Option<Value> {
    let listed = schema.get("enum").and_then(Value::as_array).filter(|values| values.len() == 1);
    schema.get("const").or(listed.and_then(|values| values.first())).cloned()
}

/// What a schema describes, in a word or two.
pub(super) fn words(schema: &Object) -> String {
    let members = schema.get("properties").and_then(Value::as_object);
    let tagged = members.into_iter().flatten().find_map(|(_, schema)| tag(schema));
    if let Some(tag) = tagged {
        return format!("the variant `{}`", tag.as_str().map_or(tag.to_string(), str::to_owned));
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("null") => "null".to_owned(),
        Some("integer") => "an integer".to_owned(),
        Some("object") => match names(schema)[..] {
            [only] => format!("an object with `{only}`"),
            _ => "an object".to_owned(),
        },
        Some("array") => "an array".to_owned(),
        Some("string") => "a text".to_owned(),
        Some(ty) => format!("a {ty}"),
        None => "any value".to_owned(),
    }
}

/// The members that an object must have.
pub(super) fn names(schema: &Object) -> Vec<&str> {
    let required = schema.get("required").and_then(Value::as_array);
    required.into_iter().flatten().filter_map(Value::as_str).collect()
}
