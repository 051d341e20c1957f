//! A test can run the examples of functions, and is told which do not do what they say.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps)]

use std::collections::BTreeMap;

use rpc_core::{FunctionRegistry, rpc_export};

/// Examples that do what they say.
#[rpc_export]
mod right {
    use super::BTreeMap;

    #[rpc_export(example = half(3.0) == 1.5, example = half(number = 0.0))]
    pub(super) fn half(number: f64) -> f64 {
        number / 2.0
    }

    #[rpc_export(example = bytes(&[1, 2]) == vec![2, 1])]
    pub(super) fn bytes(bytes: &[u8]) -> Vec<u8> {
        bytes.iter().rev().copied().collect()
    }

    #[rpc_export(
        example = gather("a", "b", "c", last = true, x = 1) == "ab,c true 1",
        example = gather("a", parts = ["b"]) == "ab false 0"
    )]
    pub(super) fn gather(
        first: &str,
        #[args] parts: &[String],
        #[default(false)] last: bool,
        #[kwargs] numbers: BTreeMap<String, i64>,
    ) -> String {
        format!("{first}{} {last} {}", parts.join(","), numbers.values().sum::<i64>())
    }

    #[allow(clippy::unused_async)]
    #[rpc_export(example = wait(2) == 2)]
    pub(super) async fn wait(n: u8) -> u8 {
        n
    }
}

/// Examples that do not.
#[rpc_export]
mod wrong {
    #[rpc_export(example = add(1, 2) == 4, example = add(1, 2) == 3)]
    pub(super) fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    #[rpc_export(example = refuse(-1), example = refuse(1))]
    pub(super) fn refuse(number: i64) -> Result<i64, String> {
        if number < 0 { Err("it is below zero".to_owned()) } else { Ok(number) }
    }

    #[rpc_export(example = nothing(f64::NAN))]
    pub(super) fn nothing(number: f64) -> bool {
        number.is_nan()
    }
}

fn examples_of(module: &str) -> FunctionRegistry {
    FunctionRegistry::exported_where(|function| {
        function.module().starts_with("checked_examples") && function.name().starts_with(module)
    })
}

#[test]
fn examples_that_do_what_they_say_pass() {
    assert_eq!(examples_of("right.").check_examples().unwrap(), 6);
    assert_eq!(FunctionRegistry::new().check_examples().unwrap(), 0);
}

#[test]
fn every_example_that_does_not_is_named() {
    let failed = examples_of("wrong.").check_examples().unwrap_err();
    let expected = "examples of functions do not do what they say\n\
        \n  wrong.add: example add(1, 2) comes to 3, not 4\
        \n  wrong.nothing: example nothing(f64::NAN) has a value that panics, or has no form in JSON\
        \n  wrong.refuse: example refuse(-1) fails: it is below zero (code 1)";
    assert_eq!(failed.to_string(), expected);
    assert_eq!(format!("{failed:?}"), expected);
}
