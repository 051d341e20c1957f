//! What a parameter is when it is left out, and what callers call it.

#![allow(clippy::unwrap_used, missing_docs)]

use rpc_core::{FunctionRegistry, Stub, args, call, kwargs, rpc_export};
use tests::both_ways;

const GREETING: &str = "Hello";

/// Has defaults of every kind.
#[rpc_export]
fn defaults(
    #[default(GREETING)] text: &str,
    #[default(&[1, 2])] numbers: &[i64],
    #[default((|| Some("4".parse::<i64>().ok()? + 1))())] sum: Option<i64>,
    #[default({ let mut all = Vec::new(); for n in 0.. { if n == 3 { break; } all.push(n); } all })]
    all: Vec<i64>,
) -> String {
    format!("{text} {numbers:?} {sum:?} {all:?}")
}

/// Does not use what it is given.
#[rpc_export]
fn unused(_verbose: bool, #[default(1)] _type: i64, _self: Option<i64>) {}

#[test]
fn a_default_is_evaluated_where_it_stands() {
    both_ways!(FunctionRegistry::exported(), |client| {
        assert_eq!(client.defaults().call().unwrap(), "Hello [1, 2] Some(5) [0, 1, 2]");
        let some = client.defaults().text("Hi").numbers(&[]).sum(1).all(vec![]);
        assert_eq!(some.call().unwrap(), "Hi [] Some(1) []");
    });
}

#[test]
fn a_parameter_that_is_not_used_has_its_name_for_callers() {
    both_ways!(FunctionRegistry::exported(), |client| {
        call!(client.unused(verbose = true, r#type = 2)).unwrap();
        client.unused(true).r#type(3)._self(4).call().unwrap();
        client.call::<()>("unused", args![], kwargs! { verbose: false }).unwrap();
        let refusal = client.call::<()>("unused", args![], kwargs! { _verbose: false });
        assert!(refusal.unwrap_err().to_string().contains("did you mean `verbose`?"));
    });
    let registry = FunctionRegistry::exported();
    let signature = registry.functions().find(|function| function.name() == "unused").unwrap();
    assert_eq!(
        signature.to_string(),
        "unused(verbose: bool, type: i64 = 1, _self: Option<i64> = None) -> ()"
    );
}
