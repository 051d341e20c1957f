//! A client is a tower service, and a stack of tower's layers is a client.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use examples::{add, greet};
use rpc_core::client::{
    AnyAsyncClient, AsyncStub, CallService, OwnedCall, Policy, RawJson, TowerClient,
};
use rpc_core::protocol::code;
use rpc_core::server::ServerHandle;
use rpc_core::{AsyncRpcClient, CallError, Error, RpcServer, Stub, args, call, kwargs};
use tests::{Gate, Model, Refusal, pass_gate_later, run, withdraw};
use tower::buffer::Buffer;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

fn server() -> ServerHandle {
    Model::EventLoop.start(RpcServer::exported())
}

async fn client(server: &ServerHandle) -> AsyncRpcClient {
    AsyncRpcClient::connect(server.address()).await.unwrap()
}

/// Lets every call go.
struct Open;

impl Policy for Open {}

async fn asked(
    mut service: impl Service<OwnedCall, Response = RawJson, Error = Error>,
) -> Result<RawJson, Error> {
    let call = OwnedCall::new("add", args![1, 2], kwargs! { c: 3 })?;
    service.ready().await?.call(call).await
}

#[test]
fn a_client_is_a_service() {
    let server = server();
    run(async {
        let client = client(&server).await;
        assert_eq!(asked(client.clone()).await.unwrap().get(), "6");
        assert_eq!(asked(AnyAsyncClient::new(client.clone())).await.unwrap().get(), "6");
        assert_eq!(asked(CallService(client.clone().with(Open))).await.unwrap().get(), "6");
        assert_eq!(asked(CallService(Arc::new(client.clone()))).await.unwrap().get(), "6");
        let nowhere = asked(CallService(client.into_at("nowhere"))).await.unwrap_err();
        assert_eq!(nowhere.fault().unwrap().code(), code::METHOD_NOT_FOUND);
    });
}

async fn all_is_well(client: &impl AsyncStub) {
    assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6);
    assert_eq!(client.at("math").call::<i64>("weigh", [1, 2], ()).await.unwrap(), 123);
    let words = tokio::spawn(client.greet("Ada").call()).await.unwrap();
    assert_eq!(words.unwrap(), "Hello, Ada.");
    let refusal = client.withdraw(130).call().await.unwrap_err();
    assert!(matches!(refusal, CallError::Function(Refusal::Missing(30))), "{refusal}");
    let unsendable = client.call::<i64>("add", [f64::NAN], ()).await.unwrap_err();
    assert!(matches!(unsendable, Error::Misuse(_)), "{unsendable}");
    let mistaken = client.call::<bool>("add", [1, 2], ()).await.unwrap_err();
    assert!(mistaken.to_string().contains("result of `add`"), "{mistaken}");
}

#[test]
fn a_stack_of_layers_is_a_client() {
    let server = server();
    run(async {
        let client = client(&server).await;
        all_is_well(&TowerClient::new(client.clone())).await;
        let layers = ServiceBuilder::new()
            .concurrency_limit(16)
            .timeout(Duration::from_secs(60))
            .map_request(|call: OwnedCall| call);
        all_is_well(&TowerClient::new(layers.service(client.clone()))).await;
        let behind_policy = CallService(client.clone().with(Open));
        all_is_well(&TowerClient::new(Buffer::new(behind_policy, 16))).await;
        let no_type = AnyAsyncClient::new(TowerClient::new(client).with(Open));
        all_is_well(&no_type).await;
    });
}

#[test]
fn what_a_layer_says_is_an_error_of_a_layer() {
    let server = server();
    run(async {
        let gate = Gate::closed();
        let layers = ServiceBuilder::new().timeout(Duration::from_millis(50));
        let client = TowerClient::new(layers.service(client(&server).await));
        let late = client.pass_gate_later(gate.number(), 1).call().await.unwrap_err();
        let Error::Layer(layer) = &late else { panic!("{late}") };
        assert_eq!(layer.to_string(), "request timed out");
        assert!(late.may_have_run());
        let source = std::error::Error::source(layer).unwrap();
        assert!(source.is::<tower::timeout::error::Elapsed>());
    });
}

#[test]
fn calls_beyond_a_limit_wait_for_their_turn() {
    let server = server();
    run(async {
        let (gate, most) = (Gate::closed(), Arc::new((AtomicUsize::new(0), AtomicUsize::new(0))));
        let (client, counts) = (client(&server).await, Arc::clone(&most));
        let counting = service_fn(move |call: OwnedCall| {
            let (client, counts) = (client.clone(), Arc::clone(&counts));
            async move {
                counts.1.fetch_max(counts.0.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let result = call.send::<RawJson, _>(&client).await;
                counts.0.fetch_sub(1, Ordering::SeqCst);
                result
            }
        });
        let limited = ServiceBuilder::new().concurrency_limit(2).service(counting);
        let client = TowerClient::new(limited);
        let calls: Vec<_> =
            (0..8).map(|n| tokio::spawn(client.pass_gate_later(gate.number(), n).call())).collect();
        while most.1.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        gate.open();
        for (n, call) in (0..).zip(calls) {
            assert_eq!(call.await.unwrap().unwrap(), n);
        }
        assert_eq!(most.1.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn a_function_is_a_client() {
    let service = service_fn(|call: OwnedCall| async move {
        RawJson::of(&i64::try_from(call.args().len()).unwrap_or_default())
    });
    run(async {
        let client = TowerClient::new(service);
        assert_eq!(client.add(1, 2).call().await.unwrap(), 5);
    });
}
