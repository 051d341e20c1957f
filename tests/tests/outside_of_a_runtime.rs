//! An asynchronous client says that it needs a runtime where none runs; it does not panic.

#![allow(clippy::unwrap_used)]

use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};

use rpc_core::error::Misuse;
use rpc_core::{AsyncRpcClient, Error, RpcServer, Stub, args};
use tests::run;

/// What a future comes to that waits for nothing.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waits"),
    }
}

fn check(error: &Error) {
    assert!(matches!(error, Error::Misuse(Misuse::NoRuntime)), "{error:?}");
    assert!(!error.may_have_run());
    let said = error.to_string();
    assert!(said.contains("#[tokio::main]") && said.contains("`RpcClient`"), "{said}");
}

#[test]
fn connecting_is_an_error() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let address = server.address();
    for url in [format!("{address}"), format!("ws://{address}")] {
        check(&at_once(AsyncRpcClient::connect(url)).unwrap_err());
    }
    check(&at_once(AsyncRpcClient::spawn(Command::new("no such program"))).unwrap_err());
    // Over HTTP the first call connects.
    let client = at_once(AsyncRpcClient::connect(format!("http://{address}"))).unwrap();
    check(&at_once(client.call::<i64>("add", args![1, 2], ())).unwrap_err());
}

#[test]
fn so_is_a_call_that_must_connect_again() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let client = run(AsyncRpcClient::connect(server.address())).unwrap();
    // Its connection ended with the runtime.
    check(&at_once(client.call::<i64>("add", args![1, 2], ())).unwrap_err());
}
