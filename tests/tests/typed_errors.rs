//! A function's own error comes back as what it was, and one that is not understood as what came.

#![allow(clippy::unwrap_used)]

use rpc_core::protocol::code;
use rpc_core::{
    CallError, Error, Fault, FunctionRegistry, RpcClient, RpcServer, Stub, args, rpc_export,
};
use serde::{Deserialize, Serialize};
use tests::{Model, both_ways};

/// Why a file is not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum FileError {
    #[error("{0} does not exist")]
    Missing(String),
    #[error("{path} belongs to {owner:?}")]
    Forbidden { path: String, owner: Option<String> },
    #[error("the disk is full")]
    Full,
}

/// Fails as it is told.
#[rpc_export]
fn open(error: FileError) -> Result<(), FileError> {
    Err(error)
}

mod files {
    pub(super) type Result<T> = std::result::Result<T, super::FileError>;
}

/// Fails as it is told, or not.
#[rpc_export]
fn read(error: Option<FileError>) -> files::Result<String> {
    error.map_or(Ok("text".to_owned()), Err)
}

/// Fails with words only.
#[rpc_export]
fn words(text: &str) -> Result<i64, String> {
    Err(text.to_owned())
}

/// The one way to fail.
#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("closed")]
struct Closed;

#[rpc_export]
fn knock() -> Result<(), Closed> {
    Err(Closed)
}

/// Fails with a code and data.
#[rpc_export]
fn fault(code: i64) -> Result<i64, Fault> {
    Err(Fault::new(code, "as you wish").with_data(&[code, 2]))
}

/// Panics.
#[rpc_export]
fn fall_over(text: String) -> Result<(), FileError> {
    panic!("a secret: {text}")
}

/// What an older program knows of the same errors.
mod older {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize, thiserror::Error)]
    pub(super) enum FileError {
        #[error("{0} does not exist")]
        Missing(String),
    }
}

/// What an older program knows of the same function: it has the same name on the wire.
mod old_client {
    use super::older::FileError;

    #[rpc_core::rpc_export]
    pub(super) trait Files {
        fn open(&self, error: super::FileError) -> Result<(), FileError>;
    }
}

fn registry() -> FunctionRegistry {
    FunctionRegistry::exported()
}

fn full() -> FileError {
    FileError::Full
}

#[test]
fn an_error_without_members_comes_back_too() {
    both_ways!(FunctionRegistry::exported(), |client| {
        assert!(matches!(client.knock().call(), Err(CallError::Function(Closed))));
    });
}

#[test]
fn every_form_of_an_error_comes_back_as_what_it_was() {
    let forbidden = FileError::Forbidden { path: "/\"etc\"".to_owned(), owner: None };
    both_ways!(registry(), |client| {
        for sent in [FileError::Missing("ä\n".to_owned()), forbidden.clone(), full()] {
            let Err(CallError::Function(error)) = client.open(sent.clone()).call() else {
                panic!("{sent}");
            };
            assert_eq!(error, sent);
        }
        assert_eq!(client.read().call().unwrap(), "text");
        let Err(CallError::Function(error)) = client.read().error(full()).call() else { panic!() };
        assert_eq!(error, full());
        let Err(CallError::Function(error)) = client.words("no").call() else { panic!() };
        assert_eq!(error, "no");
    });
}

#[test]
fn a_fault_that_a_function_chose_keeps_its_code_and_data() {
    both_ways!(registry(), |client| {
        for wanted in [7, 0, -1, i64::MIN, code::APPLICATION] {
            let Err(CallError::Function(fault)) = client.fault(wanted).call() else { panic!() };
            assert_eq!((fault.code(), fault.message()), (wanted, "as you wish"));
            assert_eq!(fault.data(), Some(format!("[{wanted},2]").as_str()));
        }
    });
}

#[test]
fn a_call_by_name_sees_the_fault_that_an_error_travels_as() {
    both_ways!(registry(), |client| {
        let error = client.call::<()>("open", args![full()], ()).unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!((fault.code(), fault.message()), (code::APPLICATION, "the disk is full"));
        assert_eq!(fault.data(), Some("\"Full\""));
    });
}

#[test]
fn an_error_that_an_older_program_does_not_know_stays_a_fault() {
    use old_client::FilesStub;
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let client = RpcClient::connect(server.address()).unwrap();
    let known = FilesStub::open(&client, FileError::Missing("a".to_owned())).call();
    assert!(
        matches!(known, Err(CallError::Function(older::FileError::Missing(name))) if name == "a")
    );
    let Err(CallError::Rpc(Error::Fault(fault))) = FilesStub::open(&client, full()).call() else {
        panic!();
    };
    assert_eq!((fault.code(), fault.message()), (code::APPLICATION, "the disk is full"));
    assert_eq!(fault.data(), Some("\"Full\""));
}

#[test]
fn other_failures_are_told_from_the_functions_own() {
    both_ways!(registry(), |client| {
        let failure = client.at("nowhere").words("no").call().unwrap_err();
        let CallError::Rpc(Error::Fault(fault)) = failure else { panic!("{failure}") };
        assert_eq!(fault.code(), code::METHOD_NOT_FOUND);
        let failure = client.fall_over("password".to_owned()).call().unwrap_err();
        let CallError::Rpc(Error::Fault(fault)) = failure else { panic!("{failure}") };
        assert_eq!(fault.code(), code::INTERNAL_ERROR);
        let said = format!("{fault} {:?}", fault.data());
        assert!(!said.contains("secret") && !said.contains("password"), "{said}");
    });
}

#[test]
fn the_error_of_a_function_is_the_source_of_what_a_call_fails_with() {
    use std::error::Error as _;
    both_ways!(FunctionRegistry::exported(), |client| {
        let error = client.open(FileError::Full).call().unwrap_err();
        let source = error.source().and_then(|source| source.downcast_ref::<FileError>());
        assert_eq!(source, Some(&FileError::Full));
        let error: Box<dyn std::error::Error> = client.knock().call().unwrap_err().into();
        assert_eq!(error.source().unwrap().to_string(), "closed");
        let error = client.fault(7).call().unwrap_err();
        let source = error.source().and_then(|source| source.downcast_ref::<Fault>());
        assert_eq!(source.map(Fault::code), Some(7));
        // The error of a function with an alias as its result is known as well.
        let error = client.read().error(FileError::Full).call().unwrap_err();
        assert!(error.source().unwrap().is::<FileError>());
        // Text is no error, and has none behind it.
        assert!(client.words("no").call().unwrap_err().source().is_none());
    });
    let error = CallError::<FileError>::from(Error::from(Fault::new(5, "no")));
    assert!(error.source().is_none());
    assert_eq!(error.to_string(), "no (code 5)");
}
