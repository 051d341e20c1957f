//! Errors of other libraries and of other servers go through a served function by `?`.

#![allow(clippy::unwrap_used)]

use std::error::Error as StdError;
use std::io;
use std::sync::{Arc, Mutex};

use rpc_core::protocol::code;
use rpc_core::{
    CallError, Error, Fault, FunctionRegistry, RpcClient, RpcServer, Stub, args, rpc_export,
};
use serde::{Deserialize, Serialize};
use tests::both_ways;

/// The error of a function on the server behind.
#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{missing} is missing")]
struct TooLittle {
    missing: u64,
}

/// The functions of the server behind.
mod behind {
    use super::{Fault, TooLittle};

    #[rpc_core::rpc_export]
    pub(super) trait Behind {
        fn withdraw(&self, amount: u64) -> Result<u64, TooLittle>;
        fn refuse(&self) -> Result<u64, Fault>;
        fn unknown(&self) -> u64;
    }

    pub(super) struct Bank;

    impl Behind for Bank {
        fn withdraw(&self, amount: u64) -> Result<u64, TooLittle> {
            Err(TooLittle { missing: amount })
        }

        fn refuse(&self) -> Result<u64, Fault> {
            Err(Fault::new(402, "pay first").with_data(&["gold"]))
        }

        fn unknown(&self) -> u64 {
            1
        }
    }
}

use behind::{Bank, BehindService, BehindStub};

fn behind() -> FunctionRegistry {
    let mut registry = FunctionRegistry::new();
    registry.register_instance(BehindService(Bank)).unwrap();
    registry
}

/// Passes on whatever happens there.
#[rpc_export]
fn pass_on(what: &str) -> Result<u64, Fault> {
    let server = behind();
    Ok(match what {
        "withdraw" => server.withdraw(5).call()?,
        "refuse" => server.refuse().call()?,
        "nothing" => server.at("nowhere").unknown().call()?,
        "nothing that refuses" => server.at("nowhere").refuse().call()?,
        _ => std::fs::metadata("/no/such/file")?.len(),
    })
}

/// The same with the client's error.
#[rpc_export]
fn pass_on_as_error(what: &str) -> Result<u64, Error> {
    let server = behind();
    Ok(match what {
        "withdraw" => server.withdraw(5).call()?,
        "refuse" => server.refuse().call()?,
        _ => server.at("nowhere").unknown().call()?,
    })
}

/// The same in a box.
#[rpc_export]
fn pass_on_boxed(what: &str) -> Result<u64, Box<dyn StdError + Send + Sync>> {
    let server = behind();
    Ok(match what {
        "refuse" => server.refuse().call()?,
        _ => server.at("nowhere").refuse().call()?,
    })
}

#[rpc_export]
fn read() -> io::Result<u64> {
    Err(io::Error::new(io::ErrorKind::NotFound, "no such file"))
}

#[rpc_export]
fn boxed_error(text: &str) -> Result<u64, Box<dyn StdError + Send + Sync>> {
    Err(text.into())
}

#[rpc_export]
fn any_error() -> anyhow::Result<u64> {
    Err(anyhow::anyhow!("the secret cause").context("no luck"))
}

#[rpc_export]
async fn any_error_later() -> Result<u64, anyhow::Error> {
    std::future::ready(()).await;
    any_error()
}

#[rpc_export]
fn words() -> Result<u64, &'static str> {
    Err("only words")
}

fn registry() -> FunctionRegistry {
    FunctionRegistry::exported()
}

#[test]
fn a_fault_of_a_server_behind_keeps_its_code_and_data() {
    both_ways!(registry(), |client| {
        let Err(CallError::Function(fault)) = client.pass_on("refuse").call() else { panic!() };
        assert_eq!((fault.code(), fault.message()), (402, "pay first"));
        assert_eq!(fault.data(), Some(r#"["gold"]"#));
        let Err(CallError::Function(fault)) = client.pass_on("withdraw").call() else { panic!() };
        assert_eq!((fault.code(), fault.message()), (code::APPLICATION, "5 is missing"));
        assert_eq!(fault.data(), Some(r#"{"missing":5}"#));
        let error = client.pass_on_as_error("refuse").call().unwrap_err();
        assert_eq!((error.code(), error.fault().unwrap().data()), (Some(402), Some(r#"["gold"]"#)));
        let error = client.pass_on_boxed("refuse").call().unwrap_err();
        assert_eq!((error.code(), error.fault().unwrap().data()), (Some(402), Some(r#"["gold"]"#)));
        let error = client.pass_on_as_error("withdraw").call().unwrap_err();
        assert_eq!(error.fault().unwrap().data(), Some(r#"{"missing":5}"#));
    });
}

#[test]
fn a_refusal_of_a_server_behind_does_not_say_that_the_function_has_not_run() {
    both_ways!(registry(), |client| {
        let why = "a call that the function made was refused: ";
        let failures = [
            Error::from(client.pass_on("nothing").call().unwrap_err()),
            Error::from(client.pass_on("nothing that refuses").call().unwrap_err()),
            client.pass_on_as_error("nothing").call().unwrap_err(),
            client.pass_on_boxed("nothing").call().unwrap_err(),
        ];
        for failure in failures {
            assert!(failure.may_have_run());
            let fault = failure.fault().unwrap();
            assert_eq!(fault.code(), code::INTERNAL_ERROR);
            assert!(fault.message().starts_with(why), "{fault}");
        }
    });
}

#[test]
fn of_other_errors_the_message_travels_and_nothing_else() {
    both_ways!(registry(), |client| {
        let failures = [
            (client.read().call().unwrap_err(), "no such file"),
            (client.boxed_error("in a box").call().unwrap_err(), "in a box"),
            (client.any_error().call().unwrap_err(), "no luck"),
            (client.any_error_later().call().unwrap_err(), "no luck"),
        ];
        for (failure, message) in failures {
            let fault = failure.fault().unwrap();
            assert_eq!((fault.code(), fault.message()), (code::APPLICATION, message));
            assert_eq!(fault.data(), None);
        }
        let Err(CallError::Function(fault)) = client.pass_on("").call() else { panic!() };
        assert_eq!((fault.code(), fault.data()), (code::APPLICATION, None));
        let Err(CallError::Function(text)) = client.words().call() else { panic!() };
        assert_eq!(text, "only words");
        let error = client.call::<u64>("words", args![], ()).unwrap_err();
        assert_eq!(error.code(), Some(code::APPLICATION));
    });
}

#[test]
fn the_errors_behind_a_fault_are_in_the_log_of_the_server_and_nowhere_else() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&lines);
    let server = RpcServer::exported()
        .on_call(move |call| log.lock().unwrap().push(call.to_string()))
        .start("127.0.0.1:0")
        .unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    for name in ["any_error", "any_error_later", "read"] {
        let error = client.call::<u64>(name, args![], ()).unwrap_err();
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        assert!(error.fault().unwrap().source().is_none());
    }
    let why = why_of(&lines.lock().unwrap());
    let secret = "no luck (code 1); cause: the secret cause";
    assert_eq!(why, [secret, secret, "no such file (code 1)"]);
}

/// What lines of a log say after the time that a call took.
fn why_of(lines: &[String]) -> Vec<String> {
    let whys = lines.iter().filter_map(|line| line.rsplit_once("s: "));
    whys.map(|(_, why)| why.to_owned()).collect()
}
