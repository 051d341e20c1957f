//! What a change of who may call means to callers.

use rpc_core::contract::{Kind, compare};
use serde_json::{Value, json};

/// A document with one function, `f`, of which this is said besides.
fn of(said: &Value) -> Value {
    let mut function = json!({ "name": "f", "params": [] });
    if !said.is_null() {
        function["x-allow"] = said.clone();
    }
    json!({ "openrpc": "1.3.2", "info": { "title": "t", "version": "1" }, "methods": [function] })
}

/// What is said of each change, behind a letter for its kind.
fn said(old: &Value, new: &Value) -> Vec<String> {
    let changes = compare(&of(old), &of(new));
    let line = |change: &rpc_core::contract::Change| {
        let kind = match change.kind {
            Kind::Breaking => "-",
            Kind::Unknown => "?",
            _ => "+",
        };
        format!("{kind} {change}")
    };
    changes.iter().map(line).collect()
}

#[test]
fn a_permission_more_breaks_callers_and_one_less_does_not() {
    let (nothing, anybody) = (Value::Null, json!(["*"]));
    let (read, write, either) = (json!(["read"]), json!(["write"]), json!(["read", "write"]));
    assert_eq!(said(&nothing, &read), ["- f: needs `read` now, which callers may not have"]);
    let needs = ["- f: needs `read` or `write` now, which callers may not have"];
    assert_eq!(said(&anybody, &either), needs);
    assert_eq!(said(&read, &nothing), ["+ f: needs no permission any more"]);
    assert_eq!(said(&read, &anybody), ["+ f: is for anybody now"]);
    assert_eq!(said(&nothing, &anybody), ["+ f: is for anybody now"]);
    let denies = ["? f: is for anybody only where the server does not deny by default"];
    assert_eq!(said(&anybody, &nothing), denies);
    assert_eq!(said(&either, &read), ["- f: is no longer for callers with `write`"]);
    assert_eq!(said(&read, &either), ["+ f: is for callers with `write`, too"]);
    assert_eq!(said(&read, &write).len(), 2);
    assert_eq!(said(&either, &json!(["write", "read"])), Vec::<String>::new());
    let strange = ["? f: says who may call it in a form that is not known: \"read\""];
    assert_eq!(said(&read, &json!("read")), strange);
}
