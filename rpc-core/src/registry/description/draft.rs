//! The drafts of JSON Schema that descriptions are written in.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{Schema, transform::Transform};
use serde_json::{Number, Value};

/// A draft of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Draft {
    /// Draft 7, which OpenRPC is written in.
    Seven,
    /// Draft 2020-12, which MCP is written in.
    #[cfg(feature = "mcp")]
    Of2020,
}

/// Where the definitions of types stand while a description is put together.
pub(super) const DEFINITIONS: &str = "#/$defs/";

impl Draft {
    /// Makes two generators, of what is taken and of what is given: serde may read a type in another form
    /// than it writes it.
    pub(super) fn generators(self) -> [SchemaGenerator; 2] {
        let settings = match self {
            Self::Seven => SchemaSettings::draft07(),
            #[cfg(feature = "mcp")]
            Self::Of2020 => SchemaSettings::draft2020_12(),
        };
        let settings = settings.with_transform(RecursiveTransform(bound)).with(|settings| {
            settings.definitions_path = "/$defs".into();
            settings.meta_schema = None;
        });
        [settings.clone().for_deserialize(), settings.for_serialize()]
            .map(SchemaSettings::into_generator)
    }
}

/// Has a schema that stands in no definition be as the draft wants it; generators look after definitions alone.
pub(super) fn finish(schema: &mut Schema, generator: &mut SchemaGenerator) {
    for transform in generator.transforms_mut() {
        Transform::transform(transform, schema);
    }
}

/// Writes what no signed number of 64 bits holds as one with a fraction: XML-RPC has no other, and it is a bound.
pub(in super::super) fn within_64_bits(schema: &mut Value) {
    match schema {
        Value::Number(number) if number.is_u64() && !number.is_i64() => {
            if let Some(number) = number.as_f64().and_then(Number::from_f64) {
                *schema = Value::Number(number);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(within_64_bits),
        Value::Object(members) => members.values_mut().for_each(within_64_bits),
        _ => {}
    }
}

/// Says how large whole numbers may be, in place of a format that no draft has: validators warn of those that they do
/// not know. The formats of 128 bits stay, since bounds so large have no exact form, and `float` and `double`, which
/// are OpenAPI's.
fn bound(schema: &mut Schema) {
    let bounds: (Number, Number) = match schema.get("format").and_then(Value::as_str) {
        Some("int8") => (i8::MIN.into(), i8::MAX.into()),
        Some("int16") => (i16::MIN.into(), i16::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        Some("int64") => (i64::MIN.into(), i64::MAX.into()),
        Some("int") => (isize::MIN.into(), isize::MAX.into()),
        Some("uint8") => (u8::MIN.into(), u8::MAX.into()),
        Some("uint16") => (u16::MIN.into(), u16::MAX.into()),
        Some("uint32") => (u32::MIN.into(), u32::MAX.into()),
        Some("uint64") => (u64::MIN.into(), u64::MAX.into()),
        Some("uint") => (usize::MIN.into(), usize::MAX.into()),
        _ => return,
    };
    let Some(object) = schema.as_object_mut() else { return };
    // A text in such a format is none of ours.
    if object.get("type").is_some_and(|ty| is_or_has(ty, "integer")) {
        object.entry("minimum").or_insert(bounds.0.into());
        object.entry("maximum").or_insert(bounds.1.into());
        object.remove("format");
    }
}

/// Whether a `type` is this one, or one of several.
pub(super) fn is_or_has(ty: &Value, name: &str) -> bool {
    ty == name || ty.as_array().is_some_and(|types| types.iter().any(|ty| ty == name))
}
