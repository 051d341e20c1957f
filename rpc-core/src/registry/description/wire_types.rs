//! Schemas of the types of this crate that are parameters and results.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::super::{Bytes, DateTime};
use super::forms;

impl JsonSchema for Bytes<'_> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        forms::object(forms::bytes())
    }
}

impl JsonSchema for DateTime {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "DateTime".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "rpc_core::types::DateTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // The day of a month is for the calendar to know.
        json_schema!({
            "type": "string",
            "description": "A date and a time of day, such as 19980717T14:08:55 or 1998-07-17T14:08:55.25+02:00.",
            "pattern": "^[0-9]{4}(?:[0-9]{4}|-[0-9]{2}-[0-9]{2})T[0-9]{2}(?::[0-9]{2}:[0-9]{2}|[0-9]{4})(?:[.,][0-9]+)?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?$",
            "examples": ["19980717T14:08:55"],
        })
    }
}
