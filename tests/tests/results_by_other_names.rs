//! A `Result` fails as one by whatever name or wrapper it comes.

#![allow(clippy::redundant_allocation, clippy::unwrap_used, missing_docs, non_camel_case_types)]

use rpc_core::{CallError, FunctionRegistry, Stub, args, rpc_export};
use serde_json::{Value, json};
use tests::both_ways;

type ApiResult<T> = Result<T, String>;
type api_result<T> = Result<T, String>;
type MaybeResult<T> = Option<Box<Result<T, String>>>;

macro_rules! my_type {
    () => {
        Result<i64, String>
    };
}

fn positive(number: i64) -> Result<i64, String> {
    if number > 0 { Ok(number) } else { Err("not positive".to_owned()) }
}

#[rpc_export]
fn lower_case(number: i64) -> api_result<i64> {
    positive(number)
}

#[rpc_export]
fn by_macro(number: i64) -> my_type!() {
    positive(number)
}

#[rpc_export]
fn boxed_in_an_option(number: i64) -> Option<Box<Result<i64, String>>> {
    (number != 7).then(|| Box::new(positive(number)))
}

#[rpc_export]
fn option_in_a_box(number: i64) -> Box<Option<ApiResult<i64>>> {
    Box::new((number != 7).then(|| positive(number)))
}

#[rpc_export]
async fn by_alias(number: i64) -> MaybeResult<i64> {
    std::future::ready(boxed_in_an_option(number)).await
}

#[rpc_export]
fn in_two_boxes(number: i64) -> Box<Box<ApiResult<i64>>> {
    Box::new(Box::new(positive(number)))
}

fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported();
    registry.register("closure_nested", |n: i64| Ok::<_, String>(positive(n))).unwrap();
    registry.register("closure_option", |n: i64| Some(Box::new(positive(n)))).unwrap();
    let deep = |n: i64| Ok::<_, String>(Some(Box::new(Ok::<_, i64>(positive(n)))));
    registry.register("closure_deep", deep).unwrap();
    registry
}

#[test]
fn its_error_is_one() {
    both_ways!(registry(), |client| {
        for function in [
            "lower_case",
            "by_macro",
            "boxed_in_an_option",
            "option_in_a_box",
            "by_alias",
            "in_two_boxes",
            "closure_nested",
            "closure_option",
            "closure_deep",
        ] {
            let value: Value = client.call(function, args![1], ()).unwrap();
            assert_eq!(value, json!(1), "{function}");
            let refusal = client.call::<Value>(function, args![0], ()).unwrap_err();
            assert_eq!(refusal.fault().unwrap().message(), "not positive", "{function}");
        }
        for function in ["boxed_in_an_option", "option_in_a_box", "by_alias"] {
            let value: Value = client.call(function, args![7], ()).unwrap();
            assert_eq!(value, json!(null), "{function}");
        }
    });
}

#[test]
fn typed_callers_see_it() {
    both_ways!(registry(), |client| {
        assert_eq!(client.lower_case(1).call().unwrap(), 1);
        assert_eq!(client.by_alias(7).call().unwrap(), None);
        for refusal in [
            client.lower_case(0).call().unwrap_err(),
            client.by_macro(0).call().unwrap_err(),
            client.option_in_a_box(0).call().unwrap_err(),
            client.by_alias(0).call().unwrap_err(),
            client.in_two_boxes(0).call().unwrap_err(),
        ] {
            assert!(matches!(refusal, CallError::Function(why) if why == "not positive"));
        }
    });
}
