//! What the fuzz targets share: functions to be called, and ways to cut a stream.

mod script;

use rpc_core::{CallContext, FunctionRegistry, rpc_export};
use serde_json::Value;

pub use script::Script;

/// Adds three numbers.
#[rpc_export]
pub fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    a.wrapping_add(b).wrapping_add(c)
}

/// Answers with the text, borrowed where it can be.
#[rpc_export(reply = "pong")]
pub fn ping(text: &str) -> &str {
    text
}

/// Answers with the number of bytes.
#[rpc_export]
pub fn count(bytes: &[u8]) -> usize {
    bytes.len()
}

/// Answers with its arguments as they were bound.
#[rpc_export]
pub fn pick(a: Value, b: Option<Value>, #[default(Value::from("default"))] c: Value) -> [Value; 3] {
    [a, b.unwrap_or_default(), c]
}

/// Answers with the address that counts as the caller's.
#[rpc_export]
pub fn caller(context: &CallContext) -> Option<String> {
    context.caller_address().map(|address| address.to_string())
}

/// Answers with what the caller's certificate says: the subject, the names, and how many bytes it has.
#[rpc_export]
pub fn shown(context: &CallContext) -> Option<(Option<String>, Vec<String>, usize)> {
    let certificate = context.peer_certificate()?;
    let subject = certificate.subject().map(str::to_owned);
    Some((subject, certificate.names().to_vec(), certificate.der().len()))
}

/// The exported functions, and some registered by hand.
pub fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported();
    let registered = registry
        .register("nothing", || ())
        .and_then(|registry| registry.register("same", |value: Value| value))
        .and_then(|registry| registry.register("divide", |a: f64, b: f64| a / b));
    assert!(registered.is_ok());
    registry
}

/// Takes the first bytes of the input as sizes, and cuts the rest into pieces of those sizes, over
/// and over.
pub fn cut(input: &[u8]) -> (Vec<usize>, &[u8]) {
    let (sizes, rest) = input.split_at(input.len().min(4));
    let sizes = sizes.iter().map(|&size| usize::from(size) + 1).collect();
    (sizes, rest)
}

/// How deep a JSON text nests.
pub fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for &byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
