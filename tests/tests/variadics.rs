//! `#[args]` and `#[kwargs]` take the arguments that are left over, as `*args` and `**kwargs` do.

#![allow(clippy::unwrap_used, clippy::unused_async)]

use std::collections::{BTreeMap, HashMap};

use rpc_core::{FunctionRegistry, Stub, args, call, kwargs, rpc_export};
use serde_json::{Map, Value, json};
use tests::both_ways;

/// Adds any numbers.
#[rpc_export]
fn sum(#[args] numbers: &[i64]) -> i64 {
    numbers.iter().sum()
}

/// Joins words behind a first one.
#[rpc_export]
fn join(
    first: &str,
    #[args] words: Vec<String>,
    #[default(" ".into())] separator: String,
    end: &str,
) -> String {
    let mut text = first.to_owned();
    for word in words {
        text = text + &separator + &word;
    }
    text + end
}

/// Counts votes by name.
#[rpc_export]
fn votes(#[default(0)] invalid: u64, #[kwargs] votes: &HashMap<String, u64>) -> u64 {
    votes.values().sum::<u64>() - invalid
}

/// Answers with everything it is given.
#[rpc_export]
fn everything(
    #[args] args: Vec<Value>,
    key: Option<bool>,
    #[kwargs] kwargs: Map<String, Value>,
) -> Value {
    json!([args, key, kwargs])
}

/// Does the same, some time.
#[rpc_export]
async fn everything_later(
    #[args] args: Vec<Value>,
    #[kwargs] kwargs: BTreeMap<String, Value>,
) -> Value {
    json!([args, kwargs])
}

fn registry() -> FunctionRegistry {
    FunctionRegistry::exported()
}

#[test]
fn positions_that_are_left_over_go_to_args() {
    both_ways!(registry(), |client| {
        assert_eq!(client.sum().call().unwrap(), 0);
        assert_eq!(client.sum().numbers([1, 2, 3]).call().unwrap(), 6);
        assert_eq!(client.sum().numbers((1..=100).filter(|n| n % 2 == 0)).call().unwrap(), 2550);
        assert_eq!(call!(client.sum()).unwrap(), 0);
        assert_eq!(call!(client.sum(1, 2, 3)).unwrap(), 6);
        assert_eq!(call!(client.sum(numbers = vec![4, 5])).unwrap(), 9);
        assert_eq!(
            call!(client.sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)).unwrap(),
            136
        );
        assert_eq!(client.call::<i64>("sum", vec![1; 1000], ()).unwrap(), 1000);
        let refusal = client.call::<i64>("sum", args![1, "two"], ()).unwrap_err();
        assert!(refusal.to_string().contains("argument `numbers` of `sum`"), "{refusal}");
    });
}

#[test]
fn what_stands_behind_args_is_given_by_name_only() {
    both_ways!(registry(), |client| {
        assert_eq!(client.join("a").end(".").call().unwrap(), "a.");
        let words = ["b", "c"].map(str::to_owned);
        let text = client.join("a").words(words).separator(", ".to_owned()).end("!").call();
        assert_eq!(text.unwrap(), "a, b, c!");
        assert_eq!(call!(client.join("a", "b", "c", end = ".")).unwrap(), "a b c.");
        assert_eq!(call!(client.join(end = ".", first = "a")).unwrap(), "a.");
        let text = client.call::<String>("join", args!["a", "b"], kwargs! { end: "?" });
        assert_eq!(text.unwrap(), "a b?");
        let refusal = client.call::<String>("join", args!["a", "b"], ()).unwrap_err();
        assert!(refusal.to_string().contains("missing argument `end`"), "{refusal}");
    });
}

#[test]
fn keywords_that_are_left_over_go_to_kwargs() {
    both_ways!(registry(), |client| {
        assert_eq!(client.votes().call().unwrap(), 0);
        assert_eq!(client.votes().votes(kwargs! { ada: 3, grace: 4 }).call().unwrap(), 7);
        assert_eq!(call!(client.votes(1, votes = kwargs! { ada: 3 })).unwrap(), 2);
        let votes = HashMap::from([("ada", 3)]);
        assert_eq!(call!(client.votes(votes = &votes, invalid = 2)).unwrap(), 1);
        assert_eq!(client.call::<u64>("votes", args![1], kwargs! { x: 1, y: 5 }).unwrap(), 5);
        let refusal = client.call::<u64>("votes", (), kwargs! { ada: "many" }).unwrap_err();
        assert!(refusal.to_string().contains("of `votes` must be"), "{refusal}");
    });
}

#[test]
fn args_and_kwargs_take_everything() {
    both_ways!(registry(), |client| {
        let all =
            call!(client.everything(json!(1), json!("b"), key = true, kwargs = kwargs! { c: [2] }));
        assert_eq!(all.unwrap(), json!([[1, "b"], true, { "c": [2] }]));
        let all = client.call::<Value>("everything", args![1, 2.5], kwargs! { a: (), key: false });
        assert_eq!(all.unwrap(), json!([[1, 2.5], false, { "a": null }]));
        let all = call!(client.everything_later(json!(1), json!(2), kwargs = kwargs! { a: 3 }));
        assert_eq!(all.unwrap(), json!([[1, 2], { "a": 3 }]));
    });
}

#[test]
fn the_listing_marks_them_as_python_does() {
    let registry = registry();
    let functions = registry.functions().map(ToString::to_string);
    let functions: Vec<_> = functions.filter(|function| function.contains('*')).collect();
    assert_eq!(
        functions,
        [
            "everything(*args: Vec<Value>, key: Option<bool> = None, **kwargs: Map<String, Value>) -> Value",
            "everything_later(*args: Vec<Value>, **kwargs: BTreeMap<String, Value>) -> Value",
            "join(first: &str, *words: Vec<String>, separator: String = \" \".into(), end: &str) -> String",
            "sum(*numbers: &[i64]) -> i64",
            "votes(invalid: u64 = 0, **votes: &HashMap<String, u64>) -> u64",
        ]
    );
}
