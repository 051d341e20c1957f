//! The schemas of a function as a tool for language models: of its arguments as one object, and of its result.

use serde_json::{Map, Value, json};

use super::super::{ParameterKind, Signature};
use super::definitions::needed;
use super::draft::DEFINITIONS;
use super::parameters;
use super::schemas::{FunctionSchemas, Schemas};

/// The schemas of a tool, in draft 2020-12, each whole by itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolSchemas {
    /// That of the arguments: an object with each parameter by its name.
    pub(crate) input: Value,
    /// That of the result, an object; `None` where there is none to speak of.
    pub(crate) output: Option<Value>,
    /// Whether the result is the member `result` of the object, since it is none itself.
    pub(crate) is_wrapped: bool,
}

/// Writes the schemas of a function.
pub(super) fn schemas(signature: &Signature, all: &Schemas) -> Option<ToolSchemas> {
    let function = all.function(signature.name())?;
    let output = output(function, all);
    Some(ToolSchemas {
        input: whole(input(signature, function), all),
        is_wrapped: output.as_ref().is_none_or(|(_, is_wrapped)| *is_wrapped),
        output: output.map(|(schema, _)| whole(schema, all)),
    })
}

fn input(signature: &Signature, function: &FunctionSchemas) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let mut others = Value::from(false);
    for (index, parameter) in signature.parameters().iter().enumerate() {
        let mut schema = function.parameters[index].clone();
        if parameter.kind == ParameterKind::Kwargs {
            others = schema.get("additionalProperties").cloned().unwrap_or(true.into());
            continue;
        }
        if !parameter.doc.is_empty()
            && let Some(schema) = schema.as_object_mut()
        {
            schema.insert("description".to_owned(), parameter.doc.into());
        }
        let name = parameters::name(signature, index).into_owned();
        if parameter.kind == ParameterKind::Required {
            required.push(Value::from(name.as_str()));
        }
        properties.insert(name, schema);
    }
    let mut input = json!({ "type": "object", "additionalProperties": others });
    if !properties.is_empty() {
        input["properties"] = properties.into();
    }
    if !required.is_empty() {
        input["required"] = required.into();
    }
    input
}

/// The schema of the object that a result is or stands in, and whether it stands in it.
fn output(function: &FunctionSchemas, all: &Schemas) -> Option<(Value, bool)> {
    let result = &function.result;
    if result.get("type").is_some_and(|ty| ty == "null") {
        return None;
    }
    let named = result.get("$ref").and_then(Value::as_str);
    let named = named.and_then(|reference| reference.strip_prefix(DEFINITIONS));
    let resolved = named.and_then(|name| all.definitions.get(name)).unwrap_or(result);
    if resolved.get("type").is_some_and(|ty| ty == "object") {
        return Some((resolved.clone(), false));
    }
    let wrapped = json!({
        "type": "object",
        "properties": { "result": result },
        "required": ["result"],
        "additionalProperties": false,
    });
    Some((wrapped, true))
}

/// A schema with the definitions that it refers to.
fn whole(mut schema: Value, all: &Schemas) -> Value {
    let definitions = needed([&schema], &all.definitions);
    if !definitions.is_empty() {
        schema["$defs"] = definitions.into();
    }
    schema.sort_all_objects();
    schema
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use crate::{FunctionRegistry, rpc_export};

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Node {
        next: Option<Box<Node>>,
        at: (u8, u8),
    }

    /// Follows.
    #[rpc_export]
    fn follow(
        /// Where to begin.
        from: Node,
        #[default(3)] steps: u8,
    ) -> Node {
        let _ = steps;
        from
    }

    #[rpc_export]
    fn gather(#[args] all: Vec<i64>, #[kwargs] others: HashMap<String, bool>) -> Vec<i64> {
        let _ = others;
        all
    }

    #[rpc_export]
    fn forget() {}

    #[test]
    fn schemas_are_whole_and_of_objects() {
        let registry = FunctionRegistry::exported();
        let follow = registry.tool_schemas("follow").unwrap();
        assert_eq!(follow.input["required"], json!(["from"]));
        assert_eq!(follow.input["additionalProperties"], false);
        let from = &follow.input["properties"]["from"];
        assert_eq!(from["$ref"], "#/$defs/Node");
        assert_eq!(from["description"], "Where to begin.");
        assert_eq!(follow.input["properties"]["steps"]["default"], 3);
        assert!(follow.input["$defs"]["Node"]["properties"]["at"]["prefixItems"].is_array());
        let output = follow.output.unwrap();
        assert_eq!((&output["type"], follow.is_wrapped), (&json!("object"), false));
        assert!(output["$defs"]["Node"].is_object());

        let gather = registry.tool_schemas("gather").unwrap();
        assert_eq!(gather.input["properties"]["all"]["items"]["type"], "integer");
        assert_eq!(gather.input["additionalProperties"], json!({ "type": "boolean" }));
        assert_eq!(gather.output.unwrap()["properties"]["result"]["type"], "array");
        assert!(gather.is_wrapped);

        assert_eq!(registry.tool_schemas("forget").unwrap().output, None);
        assert_eq!(registry.tool_schemas("forgotten"), None);
    }
}
