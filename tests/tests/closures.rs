//! A closure's `Result` fails as that of an exported function does.

#![allow(clippy::unwrap_used)]

use std::error::Error as StdError;
use std::io;

use rpc_core::protocol::code;
use rpc_core::{CallError, Error, Fault, FunctionRegistry, Stub, args, call, rpc_export};
use serde::{Deserialize, Serialize};
use tests::both_ways;

type Alias<T> = Result<T, String>;

/// The error of a bank.
#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum BankError {
    #[error("{missing} is missing")]
    TooLittle { missing: u64 },
    #[error("there is no such account")]
    NoAccount,
}

/// A type of one's own that is called as that of the library, and has its variants.
#[derive(Serialize)]
enum Own {
    #[allow(dead_code)]
    Ok(i64),
    Err(String),
}

/// Types of one's own that are called as those of the library.
mod own {
    #[derive(serde::Serialize)]
    #[serde(rename = "Result")]
    pub(super) enum Result {
        Err(String),
    }
}

/// Takes something out.
#[rpc_export]
fn withdraw(account: &str, amount: u64) -> Result<u64, BankError> {
    match account {
        "ada" => Err(BankError::TooLittle { missing: amount }),
        _ => Err(BankError::NoAccount),
    }
}

fn closures() -> FunctionRegistry {
    let mut registry = FunctionRegistry::new();
    let text = |number: i64| -> Result<i64, String> {
        if number > 0 { Ok(number) } else { Err("not positive".to_owned()) }
    };
    registry.register("text", text).unwrap();
    registry.register("alias", move |number: i64| -> Alias<i64> { text(number) }).unwrap();
    registry.register("boxed", move |number: i64| Box::new(text(number))).unwrap();
    registry.register("optional", move |number: i64| (number != 7).then(|| text(number))).unwrap();
    registry
        .register("literal", |_: i64| -> Result<i64, &'static str> { Err("not positive") })
        .unwrap();
    registry.register("each", move |number: i64| vec![text(number), text(number)]).unwrap();
    registry.register("own", |_: i64| Own::Err("a value".to_owned())).unwrap();
    registry.register("own_result", |_: i64| own::Result::Err("a value".to_owned())).unwrap();
    registry.register("bytes", |_: i64| -> Result<Vec<u8>, Fault> { Ok(vec![1, 2]) }).unwrap();
    registry
        .register("data", |number: i64| -> Result<i64, (i64, i64)> { Err((number, 2)) })
        .unwrap();
    registry
        .register("fault", |number: i64| -> Result<i64, Fault> {
            Err(Fault::new(402, "pay first").with_data(&number))
        })
        .unwrap();
    registry
        .register("io", |_: i64| -> io::Result<i64> { Err(io::Error::other("the disk is full")) })
        .unwrap();
    registry
        .register("any", |number: i64| -> Result<i64, Box<dyn StdError + Send + Sync>> {
            Ok(number.to_string().parse::<i64>()? + "x".parse::<i64>()?)
        })
        .unwrap();
    registry
        .register("passed", |number: i64| -> Result<i64, Error> {
            closures_behind().call::<i64>("fault", args![number], ())
        })
        .unwrap();
    registry
        .register("withdraw", |account: String, amount: u64| withdraw(&account, amount))
        .unwrap();
    registry
}

fn closures_behind() -> FunctionRegistry {
    let mut registry = FunctionRegistry::new();
    registry
        .register("fault", |number: i64| -> Result<i64, Fault> {
            Err(Fault::new(402, "pay first").with_data(&number))
        })
        .unwrap();
    registry
}

/// The code, message and data of the fault that a call ends in.
fn fault(outcome: Result<i64, Error>) -> (i64, String, Option<String>) {
    let error = outcome.unwrap_err();
    let fault = error.fault().unwrap();
    (fault.code(), fault.message().to_owned(), fault.data().map(str::to_owned))
}

#[test]
fn the_value_of_a_result_is_the_result() {
    both_ways!(closures(), |client| {
        for name in ["text", "alias", "boxed", "optional"] {
            assert_eq!(client.call::<i64>(name, args![3], ()).unwrap(), 3, "{name}");
        }
        assert_eq!(client.call::<Option<i64>>("optional", args![7], ()).unwrap(), None);
        let bytes: rpc_core::types::Bytes<'static> = client.call("bytes", args![0], ()).unwrap();
        assert_eq!(&bytes[..], [1, 2]);
    });
}

#[test]
fn the_error_of_a_result_is_a_fault() {
    both_ways!(closures(), |client| {
        let no =
            (code::APPLICATION, "not positive".to_owned(), Some(r#""not positive""#.to_owned()));
        for name in ["text", "alias", "boxed", "optional", "literal"] {
            assert_eq!(fault(client.call(name, args![0], ())), no, "{name}");
        }
        let data = Some("[0,2]".to_owned());
        assert_eq!(
            fault(client.call("data", args![0], ())),
            (code::APPLICATION, "[0,2]".to_owned(), data)
        );
    });
}

#[test]
fn a_fault_and_what_becomes_one_stay_what_they_are() {
    both_ways!(closures(), |client| {
        let pay = (402, "pay first".to_owned(), Some("5".to_owned()));
        assert_eq!(fault(client.call("fault", args![5], ())), pay);
        assert_eq!(fault(client.call("passed", args![5], ())), pay);
        let full = (code::APPLICATION, "the disk is full".to_owned(), None);
        assert_eq!(fault(client.call("io", args![5], ())), full);
        let digits = (code::APPLICATION, "invalid digit found in string".to_owned(), None);
        assert_eq!(fault(client.call("any", args![5], ())), digits);
    });
}

#[test]
fn an_error_of_ones_own_comes_back_through_a_mock() {
    both_ways!(closures(), |client| {
        let ada = call!(client.withdraw("ada", 5)).unwrap_err();
        assert!(matches!(ada, CallError::Function(BankError::TooLittle { missing: 5 })), "{ada:?}");
        let nobody = call!(client.withdraw("bob", 5)).unwrap_err();
        assert!(matches!(nobody, CallError::Function(BankError::NoAccount)), "{nobody:?}");
    });
}

#[test]
fn what_is_no_result_is_a_value() {
    both_ways!(closures(), |client| {
        let each: Vec<Alias<i64>> = client.call("each", args![0], ()).unwrap();
        assert_eq!(each, [Err("not positive".to_owned()), Err("not positive".to_owned())]);
        for name in ["own", "own_result"] {
            let value: serde_json::Value = client.call(name, args![0], ()).unwrap();
            assert_eq!(value, serde_json::json!({"Err": "a value"}), "{name}");
        }
    });
}
