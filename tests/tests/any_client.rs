//! Clients of several types are called as one that has none.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use examples::{add, greet};
use rpc_core::client::{AnyAsyncClient, AnyClient, Dialect, RawJson};
use rpc_core::protocol::code;
use rpc_core::types::Bytes;
use rpc_core::{
    AsyncRpcClient, CallError, Error, FunctionRegistry, RpcClient, RpcServer, Stub, args, call,
    kwargs, rpc_export,
};
use tests::{Model, Refusal, run, withdraw};

/// Turns bytes around.
#[rpc_export]
fn reversed(bytes: Bytes<'_>) -> Bytes<'static> {
    bytes.iter().rev().copied().collect::<Vec<_>>().into()
}

/// Uses a client that it does not know the type of.
struct Till {
    client: AnyClient,
}

impl Till {
    fn total(&self) -> Result<i64, Error> {
        call!(self.client.add(1, 2, c = 3))
    }
}

/// The function's own error, or as much of it as XML-RPC has.
fn is_missing_30(error: &CallError<Refusal>) -> bool {
    match error {
        CallError::Function(refusal) => *refusal == Refusal::Missing(30),
        CallError::Rpc(error) => {
            error.fault().is_some_and(|fault| fault.message() == "30 is missing")
        }
    }
}

#[test]
fn clients_of_every_type_share_a_list() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let url = format!("http://{}/", server.address());
    let native = RpcClient::connect(server.address()).unwrap();
    let clients = [
        AnyClient::new(native.clone()),
        AnyClient::new(Arc::new(native.clone())),
        AnyClient::new(native.into_within(Duration::from_secs(60))),
        AnyClient::new(RpcClient::connect(&url).unwrap()),
        AnyClient::new(RpcClient::builder().dialect(Dialect::XmlRpc).connect(&url).unwrap()),
        AnyClient::new(FunctionRegistry::exported()),
        AnyClient::new(AnyClient::new(FunctionRegistry::exported())),
    ];
    for client in clients.clone() {
        assert_eq!(call!(client.add(1, 2)).unwrap(), 13);
        let named: i64 = client.call("add", args![1, 2], kwargs! { c: 3 }).unwrap();
        assert_eq!(named, 6);
        assert_eq!(client.at("math").call::<i64>("weigh", [1, 2], ()).unwrap(), 123);
        let raw: RawJson = client.call("greet", args!["Ada"], ()).unwrap();
        assert_eq!(raw.get(), r#""Hello, Ada.""#);
        let bytes = Bytes::from(vec![0, 1, 255]);
        assert_eq!(client.reversed(bytes).call().unwrap(), Bytes::from(vec![255, 1, 0]));

        let refusal = client.withdraw(130).call().unwrap_err();
        assert!(is_missing_30(&refusal), "{refusal}");
        let unknown = client.call::<i64>("ad", args![1, 2], ()).unwrap_err();
        assert_eq!(unknown.fault().unwrap().code(), code::METHOD_NOT_FOUND);
        let mistaken = client.call::<Vec<bool>>("greet", args!["Ada"], ()).unwrap_err();
        assert!(mistaken.to_string().contains("result of `greet`"), "{mistaken}");
        let unsendable = client.call::<i64>("add", [f64::NAN], ()).unwrap_err();
        assert!(!unsendable.may_have_run() && unsendable.to_string().contains("NaN"));

        assert_eq!(Till { client }.total().unwrap(), 6);
    }
}

#[test]
fn asynchronous_clients_share_one_too() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let url = format!("http://{}/", server.address());
    run(async {
        let native = AsyncRpcClient::connect(server.address()).await.unwrap();
        let xml = AsyncRpcClient::builder().dialect(Dialect::XmlRpc);
        let clients = vec![
            AnyAsyncClient::new(native.clone()),
            AnyAsyncClient::new(Arc::new(native.clone())),
            AnyAsyncClient::new(native.into_within(Duration::from_secs(60))),
            AnyAsyncClient::new(AsyncRpcClient::connect(&url).await.unwrap()),
            AnyAsyncClient::new(xml.connect_async(&url).await.unwrap()),
            AnyAsyncClient::new(AnyAsyncClient::new(AsyncRpcClient::connect(&url).await.unwrap())),
        ];
        for client in clients.clone() {
            assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6);
            let spawned = tokio::spawn(client.at("math").call::<i64>("weigh", [1, 2], ()));
            assert_eq!(spawned.await.unwrap().unwrap(), 123);
            let words = tokio::spawn(client.greet("Ada").call()).await.unwrap();
            assert_eq!(words.unwrap(), "Hello, Ada.");
            let refusal = client.withdraw(130).call().await.unwrap_err();
            assert!(is_missing_30(&refusal), "{refusal}");
            let unsendable = client.call::<i64>("add", [f64::NAN], ()).await.unwrap_err();
            assert!(unsendable.to_string().contains("NaN"), "{unsendable}");
        }
    });
}
