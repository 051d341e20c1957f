//! Schemas of types by the names that the compiler has for them, for closures: nothing else is known of
//! what they take, and these names are nobody else's.

use serde_json::{Value, json};

use super::forms::{bytes, unknown};

/// The schema of a type that [`type_name`](std::any::type_name) says.
pub(super) fn schema(name: &str) -> Value {
    let name = name.trim();
    if let Some(known) = plain(name) {
        return known;
    }
    if let Some(parts) = name.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        let parts: Vec<_> = arguments(parts).into_iter().map(schema).collect();
        // No draft says a tuple as the others do.
        return json!({ "type": "array", "minItems": parts.len(), "maxItems": parts.len() });
    }
    let Some((path, parts)) = name.strip_suffix('>').and_then(|name| name.split_once('<')) else {
        return unknown(name);
    };
    let parts = arguments(parts);
    match (path, parts.as_slice()) {
        ("alloc::vec::Vec", ["u8"]) => bytes(),
        ("alloc::vec::Vec" | "alloc::collections::vec_deque::VecDeque", [of, ..]) => {
            json!({ "type": "array", "items": schema(of) })
        }
        ("core::option::Option", [of]) => json!({ "anyOf": [schema(of), { "type": "null" }] }),
        (
            "alloc::boxed::Box" | "alloc::sync::Arc" | "alloc::rc::Rc" | "core::result::Result",
            [of, ..],
        ) => schema(of),
        (
            "std::collections::hash::map::HashMap" | "alloc::collections::btree::map::BTreeMap",
            ["alloc::string::String", of, ..],
        ) => json!({ "type": "object", "additionalProperties": schema(of) }),
        _ => unknown(name),
    }
}

fn plain(name: &str) -> Option<Value> {
    let integer = |format, min: Value, max: Value| json!({ "type": "integer", "format": format, "minimum": min, "maximum": max });
    Some(match name {
        "()" => json!({ "type": "null" }),
        "bool" => json!({ "type": "boolean" }),
        "i8" => integer("int8", i8::MIN.into(), i8::MAX.into()),
        "i16" => integer("int16", i16::MIN.into(), i16::MAX.into()),
        "i32" => integer("int32", i32::MIN.into(), i32::MAX.into()),
        "i64" => integer("int64", i64::MIN.into(), i64::MAX.into()),
        "isize" => integer("int", isize::MIN.into(), isize::MAX.into()),
        "u8" => integer("uint8", u8::MIN.into(), u8::MAX.into()),
        "u16" => integer("uint16", u16::MIN.into(), u16::MAX.into()),
        "u32" => integer("uint32", u32::MIN.into(), u32::MAX.into()),
        "u64" => integer("uint64", u64::MIN.into(), u64::MAX.into()),
        "usize" => integer("uint", usize::MIN.into(), usize::MAX.into()),
        "i128" => json!({ "type": "integer", "format": "int128" }),
        "u128" => json!({ "type": "integer", "format": "uint128", "minimum": 0 }),
        "f32" => json!({ "type": "number", "format": "float" }),
        "f64" => json!({ "type": "number", "format": "double" }),
        "char" => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
        "alloc::string::String" | "&str" | "str" => json!({ "type": "string" }),
        "serde_json::value::Value" => json!({}),
        _ => return None,
    })
}

/// The generic arguments, or the types of a tuple.
fn arguments(parts: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let parts = parts.split(|c| {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::any::type_name;
    use std::collections::{BTreeMap, HashMap};

    use serde_json::{Value, json};

    use super::schema;

    #[test]
    fn names_of_the_compiler_are_known() {
        fn of<T>() -> Value {
            schema(type_name::<T>())
        }
        let text = json!({ "type": "string" });
        assert_eq!(of::<String>(), text);
        assert_eq!(of::<()>(), json!({ "type": "null" }));
        assert_eq!(of::<Box<Vec<String>>>(), json!({ "type": "array", "items": text }));
        let map = json!({ "type": "object", "additionalProperties": text });
        assert_eq!(of::<HashMap<String, String>>(), map);
        assert_eq!(of::<BTreeMap<String, String>>(), map);
        assert_eq!(of::<Option<bool>>()["anyOf"][0], json!({ "type": "boolean" }));
        assert_eq!(of::<(i64, Vec<(u8, u8)>)>()["minItems"], 2);
        assert_eq!(of::<Vec<u8>>()["contentEncoding"], "base64");
        assert_eq!(of::<std::time::Instant>(), json!({ "title": "std::time::Instant" }));
    }
}
