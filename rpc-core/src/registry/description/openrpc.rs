//! The document that `rpc.discover` answers with: OpenRPC 1.3.2 (spec.open-rpc.org), its schemas in draft 7 of
//! JSON Schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::entry::Entry;
use super::super::{Parameter, ParameterKind, Signature};
use super::definitions::{needed, refer_to};
use super::draft::within_64_bits;
use super::errors;
use super::examples::ExampleValues;
use super::parameters;
use super::schemas::{FunctionSchemas, Schemas};
use super::service::Service;
use crate::protocol::code;

/// The newest version that the tools of OpenRPC know.
const VERSION: &str = "1.3.2";

/// Where the definitions of types stand.
const DEFINITIONS: &str = "#/components/schemas/";

/// Writes the document for functions that are ordered by name.
pub(super) fn document(service: &Service, entries: &[&Entry], schemas: &Schemas) -> Value {
    let mut groups = BTreeSet::new();
    let methods = entries.iter().filter_map(|entry| {
        groups.extend(group(entry.signature.name()));
        Some(method(&entry.signature, schemas.function(entry.signature.name())?, service))
    });
    let methods: Vec<_> = methods.collect();
    let mut definitions = Value::from(schemas.definitions_of(entries));
    for definition in definitions.as_object_mut().into_iter().flat_map(Map::values_mut) {
        refer_to(DEFINITIONS, definition);
    }
    let tags = groups.iter().map(|group| ((*group).to_owned(), service.tag_of(group)));
    let mut document = json!({
        "openrpc": VERSION,
        "info": service.info(),
        "methods": methods,
        "components": {
            "schemas": definitions,
            "errors": errors::table(),
            "tags": tags.collect::<Map<_, _>>(),
        },
    });
    let servers = service.servers();
    if !servers.is_empty() {
        document["servers"] = servers.into();
    }
    // Another crate's feature of serde_json may have kept them as they came.
    document.sort_all_objects();
    document
}

/// What comes before a function's own name: that of its module, or of the instance.
fn group(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(group, _)| group)
}

fn method(signature: &Signature, schemas: &FunctionSchemas, service: &Service) -> Value {
    let mut method = Map::new();
    let mut set = |name: &str, value: Value| method.insert(name.to_owned(), value);
    set("name", signature.name().into());
    let (summary, rest) = summary(signature.doc());
    if !summary.is_empty() {
        set("summary", summary.into());
    }
    if rest {
        set("description", signature.doc().into());
    }
    if let Some(group) = group(signature.name()) {
        set("tags", vec![service.tag_of(group)].into());
    }
    let mut params: Vec<(bool, Value)> = Vec::new();
    for (index, parameter) in signature.parameters().iter().enumerate() {
        let schema = &schemas.parameters[index];
        let described = descriptor(signature, index, schema);
        match parameter.kind {
            // No list of parameters can say that there may be others.
            ParameterKind::Kwargs => set("x-kwargs", described),
            kind => {
                params.push((kind != ParameterKind::Required, described));
                None
            }
        };
    }
    // Required ones come first; what stands behind `#[args]` is given by name, in any order.
    params.sort_by_key(|(is_optional, _)| *is_optional);
    set("params", params.into_iter().map(|(_, param)| param).collect());
    set("paramStructure", structure(signature).into());
    set("result", result(signature, &schemas.result));
    if let Some(error) = &schemas.error {
        set("errors", own_errors(error));
        set("x-error-data", placed(error));
    }
    if !schemas.examples.is_empty() {
        set("examples", schemas.examples.iter().map(example).collect());
    }
    if let Some(note) = signature.deprecation() {
        set("deprecated", true.into());
        if !note.is_empty() {
            set("x-deprecated", note.into());
        }
    }
    for (name, said) in [
        ("x-streams", signature.is_stream().then_some(true)),
        ("x-idempotent", signature.is_idempotent().then_some(true)),
        ("x-read-only", signature.is_read_only().then_some(true)),
        ("x-destructive", signature.is_destructive()),
        ("x-open-world", signature.is_open_world()),
    ] {
        if let Some(said) = said {
            set(name, said.into());
        }
    }
    let allow: Vec<_> = signature.permissions().collect();
    if !allow.is_empty() {
        set("x-allow", allow.into());
    }
    method.into()
}

/// The first paragraph, on one line, and whether there is more.
fn summary(doc: &str) -> (String, bool) {
    let (first, rest) = doc.split_once("\n\n").unwrap_or((doc, ""));
    (first.split_whitespace().collect::<Vec<_>>().join(" "), !rest.trim().is_empty())
}

/// How arguments may be given. Where positions that are left over are gathered, a list of arguments has no
/// fixed places.
fn structure(signature: &Signature) -> &'static str {
    let parameters = signature.parameters();
    if parameters.iter().any(|parameter| parameter.name.is_empty()) {
        "by-position"
    } else if parameters.iter().any(|parameter| parameter.kind == ParameterKind::Args) {
        "by-name"
    } else {
        "either"
    }
}

fn descriptor(signature: &Signature, index: usize, schema: &Value) -> Value {
    let Parameter { ty, kind, doc, .. } = signature.parameters()[index];
    let mut descriptor = json!({
        "name": parameters::name(signature, index),
        "schema": placed(schema),
        "required": kind == ParameterKind::Required,
        "x-type": ty,
    });
    if !doc.is_empty() {
        descriptor["description"] = doc.into();
    }
    match kind {
        ParameterKind::Default(expression) => descriptor["x-default"] = expression.into(),
        ParameterKind::Args => descriptor["x-args"] = true.into(),
        _ => {}
    }
    descriptor
}

fn result(signature: &Signature, schema: &Value) -> Value {
    json!({
        "name": "result",
        "schema": placed(schema),
        "required": true,
        "x-type": signature.result(),
    })
}

/// The function's own error, of which the data is described beside it: an error of OpenRPC has no schema.
fn own_errors(schema: &Value) -> Value {
    let name = schema["title"].as_str().or_else(|| schema["$ref"].as_str()?.rsplit('/').next());
    match name {
        // It chooses codes itself.
        Some(name) if name.ends_with("Fault") && schema["$ref"].is_null() => json!([]),
        name => json!([{
            "code": code::APPLICATION,
            "message": name.unwrap_or("the function's own error"),
        }]),
    }
}

fn example(example: &ExampleValues) -> Value {
    let params = example.arguments.iter().map(|(name, value)| named(name, value));
    let mut pairing = json!({ "name": example.text, "params": params.collect::<Vec<_>>() });
    if let Some(result) = &example.result {
        pairing["result"] = named("result", result);
    }
    pairing
}

fn named(name: &str, value: &Value) -> Value {
    json!({ "name": name, "value": value })
}

/// A schema that refers to where definitions stand in this document.
fn placed(schema: &Value) -> Value {
    let mut schema = schema.clone();
    refer_to(DEFINITIONS, &mut schema);
    schema
}

/// What `system.describe` adds to its description of a function: schemas that refer to `#/definitions/…`
/// in it.
#[derive(Debug)]
pub(crate) struct ShownSchemas {
    pub(crate) parameters: Vec<Value>,
    pub(crate) result: Value,
    pub(crate) error: Option<Value>,
    pub(crate) definitions: Map<String, Value>,
}

/// Shows the schemas of one function by themselves.
pub(super) fn alone(schemas: &Schemas, name: &str) -> Option<ShownSchemas> {
    let function = schemas.function(name)?;
    let all = function.parameters.iter().chain([&function.result]).chain(&function.error);
    let mut definitions = needed(all, &schemas.definitions);
    let placed = |schema: &Value| {
        let mut schema = schema.clone();
        refer_to("#/definitions/", &mut schema);
        within_64_bits(&mut schema);
        schema
    };
    definitions.values_mut().for_each(|schema| *schema = placed(schema));
    Some(ShownSchemas {
        parameters: function.parameters.iter().map(placed).collect(),
        result: placed(&function.result),
        error: function.error.as_ref().map(placed),
        definitions,
    })
}
