//! Checks of a client library's calls, each of which prints a line of JSON.

use std::env;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What a script prints of a library.
pub fn library(name: &str, version: &str) {
    println!("{}", json!({ "library": name, "version": version }));
}

/// The version of a dependency that this was built with.
pub fn version(name: &str) -> &'static str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let rest = include_str!("../Cargo.lock").split(&entry).nth(1).unwrap_or("?");
    rest.split('"').next().unwrap_or("?")
}

/// The code of an error that a server answered with and its data, or what went wrong otherwise.
pub type Refusal = (i64, String);

/// A client library, as the checks see it.
pub trait Caller {
    /// Calls a function with an array or an object of arguments.
    fn call(&self, name: &str, params: Value) -> Result<Value, Refusal>;

    /// Calls a function without waiting for a reply; whether the library can.
    fn notify(&self, _name: &str, _params: Value) -> bool {
        false
    }

    /// Makes calls at once: a result or the code of an error for each.
    fn batch(&self, calls: &[(&str, Value)]) -> Result<Vec<Value>, Refusal>;
}

/// Prints whether what was found is what was expected.
pub fn check(name: &str, found: impl Into<Value>, expected: impl Into<Value>) {
    let (found, expected) = (found.into(), expected.into());
    let detail: String = found.to_string().chars().take(500).collect();
    println!("{}", json!({ "check": name, "ok": found == expected, "detail": detail }));
}

fn either(result: Result<Value, Refusal>) -> Value {
    result.unwrap_or_else(|(code, message)| json!({ "code": code, "message": message }))
}

/// The code and the data of an error.
fn refused(result: Result<Value, Refusal>) -> Refusal {
    match result {
        Err(refusal) => refusal,
        Ok(value) => (0, format!("no refusal but {value}")),
    }
}

/// Makes every check.
pub fn check_all(caller: &impl Caller) {
    let call = |name: &str, params: Value| caller.call(name, params);
    check("by position", either(call("add", json!([1, 2]))), 13);
    check("by name", either(call("add", json!({ "a": 1, "b": 2, "c": 3 }))), 6);
    check("unknown method", refused(call("ad", json!([1, 2]))).0, -32601);
    let (code, data) = refused(call("add", json!([1, "x"])));
    check("wrong arguments", code, -32602);
    check("details", data.contains("`b`") && data.contains("i64"), true);
    let text = "Grüß Gott, 世界 🦀 <&> \" ' \\ /";
    check("unicode", either(call("echo", json!([text]))), text);
    let large = "0123456789".repeat(10_000);
    check("100 kB", call("echo", json!([large])).is_ok_and(|echo| echo == large), true);
    let sums: Vec<Value> = (0..20).map(|i| either(call("add", json!([i, i])))).collect();
    check("20 calls", sums, (0..20).map(|i| json!(i * 2 + 10)).collect::<Vec<_>>());

    let arguments: Vec<String> = env::args().skip(1).collect();
    let text = format!("{} of process {}", arguments.join(" "), process::id());
    if caller.notify("remember", json!([text])) {
        let begun = Instant::now();
        let told = || either(call("remembers", json!([text])));
        while told() != json!(true) && begun.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(10));
        }
        check("notification", told(), true);
    }
    let batch = caller.batch(&[
        ("add", json!([1, 2])),
        ("multiply", json!([1, 2])),
        ("echo", json!({ "text": "three" })),
    ]);
    check("batch", either(batch.map(Value::from)), json!([13, -32601, "three"]));
    let listed = either(call("system.listMethods", json!([])));
    let lists = |name| listed.as_array().is_some_and(|names| names.contains(&json!(name)));
    let names = ["add", "echo", "system.listMethods"];
    check("introspection", names.map(lists).to_vec(), json!([true, true, true]));
}
