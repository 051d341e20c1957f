//! What callers are told of functions that answer with many items: what the array has that they get without asking for a
//! stream.

#![allow(
    clippy::unwrap_used,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::type_complexity
)]

use rpc_core::{FunctionRegistry, Stub, args, kwargs, rpc_export};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema, thiserror::Error)]
#[error("stopped")]
struct Stopped {
    at: u64,
}

/// Counts down.
#[rpc_export(idempotent, example = descending(3) == [3, 2, 1])]
fn descending(from: u64) -> impl Iterator<Item = u64> + Send {
    (1..=from).rev()
}

#[rpc_export]
fn parts(
    of: &str,
) -> Result<Box<dyn Iterator<Item = Result<Vec<u8>, Stopped>> + Send + '_>, Stopped> {
    if of.is_empty() {
        return Err(Stopped { at: 0 });
    }
    Ok(Box::new(of.split(' ').map(|part| Ok(part.as_bytes().to_vec()))))
}

#[rpc_export]
async fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ')
}

fn registry() -> FunctionRegistry {
    FunctionRegistry::exported_where(|function| function.module() == "items_described")
}

#[test]
fn a_signature_has_the_result_as_it_is_written() {
    let registry = registry();
    let shown = |name| {
        let function = registry.functions().find(|function| function.name() == name);
        function.unwrap().to_string()
    };
    assert_eq!(shown("descending"), "descending(from: u64) -> impl Iterator<Item = u64> + Send");
    assert_eq!(
        shown("parts"),
        "parts(of: &str) -> Result<Box<dyn Iterator<Item = Result<Vec<u8>, Stopped>> + Send + '_>, Stopped>"
    );
    assert_eq!(shown("words"), "words(text: &str) -> impl Iterator<Item = &str>");
}

#[test]
fn a_schema_is_that_of_an_array_of_items() {
    let document: Value = registry().call("rpc.discover", args![], kwargs! {}).unwrap();
    let method = |name: &str| {
        let methods = document["methods"].as_array().unwrap();
        methods.iter().find(|method| method["name"] == name).unwrap().clone()
    };
    let result = |name: &str| method(name)["result"]["schema"].clone();
    let descending = result("descending");
    assert_eq!(descending["type"], "array");
    assert_eq!(descending["items"]["type"], "integer");
    assert_eq!(method("descending")["examples"][0]["result"]["value"], json!([3, 2, 1]));
    let parts = result("parts");
    assert_eq!(parts["type"], "array");
    assert_eq!(parts["items"]["contentEncoding"], "base64");
    assert!(method("parts")["errors"].to_string().contains("Stopped"), "{}", method("parts"));
    assert_eq!(result("words"), json!({ "type": "array", "items": { "type": "string" } }));
}
