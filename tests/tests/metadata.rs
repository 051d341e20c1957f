//! What a call says besides its arguments arrives by every way, and odd forms of it do no harm.

#![allow(clippy::unwrap_used)]

use std::sync::mpsc;

use rpc_core::client::{
    AnyClient, AsyncBatching, AsyncInProcess, Batching, ClientBuilder, Dialect, Prepare,
    TowerClient,
};
use rpc_core::protocol::Framing;
use rpc_core::server::InMemory;
use rpc_core::{AsyncRpcClient, FunctionRegistry, JsonRpc, RpcClient, RpcServer, Stub, args};
use serde_json::{Value, json};
use tests::{Fake, Model, metadata, metadata_blocking, metadata_later, run};

/// Every way to a server that has a place for metadata, ready to be connected.
fn ways(address: &str) -> Vec<(String, ClientBuilder, String)> {
    let stream = [Dialect::Native, Dialect::NativeWithoutIds, Dialect::JsonRpc];
    let http = [Dialect::Native, Dialect::NativeWithoutIds, Dialect::JsonRpc, Dialect::XmlRpc];
    let over = |scheme: &str, dialects: &[Dialect]| -> Vec<_> {
        let way = |dialect: &Dialect| {
            let builder = ClientBuilder::default().dialect(*dialect);
            (format!("{dialect:?} {scheme}"), builder, format!("{scheme}://{address}"))
        };
        dialects.iter().map(way).collect()
    };
    [over("tcp", &stream), over("ws", &stream[..1]), over("ws", &stream[2..]), over("http", &http)]
        .concat()
}

#[test]
fn metadata_arrives_by_every_way_in_both_clients() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for (way, builder, url) in ways(&server.address().to_string()) {
            let builder = builder.metadata("tenant", "acme").metadata("trace", "of the client");
            let client = builder.connect(&url).unwrap();
            let tenant = client.metadata("tenant").call().unwrap();
            assert_eq!(tenant.as_deref(), Some("acme"), "{way}");
            let traced = client.with_metadata("Trace", "\u{e9} \"7\"");
            assert_eq!(
                traced.metadata("trace").call().unwrap().as_deref(),
                Some("\u{e9} \"7\""),
                "{way}"
            );
            assert_eq!(traced.metadata("tenant").call().unwrap().as_deref(), Some("acme"), "{way}");
            assert_eq!(
                traced.with_metadata("trace", "last").metadata("TRACE").call().unwrap().as_deref(),
                Some("last"),
                "{way}"
            );
            let trace = client.metadata("trace").call().unwrap();
            assert_eq!(trace.as_deref(), Some("of the client"), "{way}");
            assert_eq!(client.metadata("none").call().unwrap(), None, "{way}");
            drop(client);
            run(async {
                let client = builder.connect_async(&url).await.unwrap();
                let traced = client.with_metadata("trace", "7").into_with_metadata("more", "8");
                assert_eq!(
                    traced.metadata("trace").call().await.unwrap().as_deref(),
                    Some("7"),
                    "{way}"
                );
                let more = traced.metadata("more").call().await.unwrap();
                assert_eq!(more.as_deref(), Some("8"), "{way}");
                assert_eq!(
                    traced.metadata("tenant").call().await.unwrap().as_deref(),
                    Some("acme"),
                    "{way}"
                );
                let trace = client.metadata("trace").call().await.unwrap();
                assert_eq!(trace.as_deref(), Some("of the client"), "{way}");
            });
        }
    });
}

#[test]
fn functions_that_outlive_their_message_find_it_and_no_other_call_does() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let client = RpcClient::connect(server.address()).unwrap();
        let traced = client.with_metadata("trace", "7");
        assert_eq!(traced.metadata_later("trace").call().unwrap().as_deref(), Some("7"));
        assert_eq!(traced.metadata_blocking("trace").call().unwrap().as_deref(), Some("7"));
        assert_eq!(client.metadata_later("trace").call().unwrap(), None);
        assert_eq!(client.metadata("trace").call().unwrap(), None);
        let own = traced.into_within(std::time::Duration::from_secs(9)).into_at("system");
        let calls = json!([{"methodName": "metadata", "params": ["trace"]}]);
        let told: Value = own.call("multicall", args![calls], ()).unwrap();
        assert_eq!(told, json!([["7"]]));
    });
}

#[test]
fn each_call_of_a_batch_has_its_own() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let text = |value: &str| Some(value.to_owned());
    for (way, builder, url) in ways(&server.address().to_string()) {
        let builder = builder.metadata("tenant", "acme").connections(1);
        let client = builder.connect(&url).unwrap();
        let told = client.batch(|calls| {
            (
                calls.metadata("trace").call(),
                calls.with_metadata("trace", "1").metadata("trace").call(),
                calls.metadata("tenant").call(),
                calls.with_metadata("trace", "2").metadata("trace").call(),
            )
        });
        assert_eq!(told.unwrap(), (None, text("1"), text("acme"), text("2")), "{way}");
        let traced = client.with_metadata("trace", "3");
        let told =
            traced.batch(|calls| (calls.metadata("trace").call(), calls.metadata("a").call()));
        assert_eq!(told.unwrap(), (text("3"), None), "{way}");
        run(async {
            let client = builder.connect_async(&url).await.unwrap();
            let told = client.batch(|calls| {
                (
                    calls.metadata("trace").call(),
                    calls.with_metadata("trace", "1").metadata("trace").call(),
                    calls.metadata("tenant").call(),
                )
            });
            assert_eq!(told.await.unwrap(), (None, text("1"), text("acme")), "{way}");
            let traced = client.with_metadata("trace", "3");
            let told = traced.batch(|calls| (calls.metadata("trace").call(),));
            assert_eq!(told.await.unwrap(), (text("3"),), "{way}");
        });
    }
}

#[test]
fn calls_within_a_process_have_it_and_calls_as_values_keep_it() {
    let registry = FunctionRegistry::exported();
    let seven = Some("7".to_owned());
    let traced = registry.with_metadata("trace", "7");
    assert_eq!(traced.metadata("trace").call().unwrap(), seven);
    assert_eq!(traced.metadata_later("trace").call().unwrap(), seven);
    assert_eq!(registry.metadata("trace").call().unwrap(), None);

    let mut kept = Prepare.with_metadata("trace", "6").metadata("trace").call().unwrap();
    kept.call_mut().set_metadata("TRACE", "7");
    assert_eq!(kept.call().metadata(), [("trace".to_owned(), "7".to_owned())]);
    assert_eq!(kept.send(&registry).unwrap(), seven);
    let client = AnyClient::new(JsonRpc::new(FunctionRegistry::exported()));
    assert_eq!(kept.send(&client).unwrap(), seven);
    let stack = || JsonRpc::new(FunctionRegistry::exported());
    let client = RpcClient::builder().connect_over(InMemory::new(stack())).unwrap();
    assert_eq!(kept.send(&client).unwrap(), seven);
    run(async {
        let functions = AsyncInProcess::new(FunctionRegistry::exported());
        assert_eq!(kept.send(&functions).await.unwrap(), seven);
        let builder = AsyncRpcClient::builder();
        let client = builder.connect_async_over(InMemory::new(stack())).await.unwrap();
        assert_eq!(kept.send(&TowerClient::new(client)).await.unwrap(), seven);
    });
}

#[test]
fn calls_started_and_notifications_carry_it() {
    let (says, said) = mpsc::channel();
    let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
        while let Some(call) = peer.receive() {
            let call: Value = serde_json::from_str(&call).unwrap();
            says.send(call.clone()).unwrap();
            if let Some(id) = call.get("id") {
                peer.send(&json!({"res": "1", "id": id}).to_string());
            }
        }
    });
    let client = RpcClient::connect(server.address()).unwrap();
    let traced = client.with_metadata("trace", "7").into_with_metadata("a", "b");
    traced.metadata("x").start().unwrap().wait().unwrap();
    assert_eq!(said.recv().unwrap()["metadata"], json!({"trace": "7", "a": "b"}));
    traced.metadata("x").notify().unwrap();
    let call = said.recv().unwrap();
    assert_eq!((&call["metadata"]["trace"], &call["notify"]), (&json!("7"), &json!(true)));
    client.metadata("x").notify().unwrap();
    assert!(said.recv().unwrap().get("metadata").is_none());
}
