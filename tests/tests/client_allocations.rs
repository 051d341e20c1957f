//! A plain call allocates nothing on a client's thread, and what stands before the client a little.

#![allow(clippy::unwrap_used)]

use examples::add;
use rpc_core::client::{
    AnyAsyncClient, AnyClient, AsyncStub, BlockingStub, Policy, Prepare, TowerClient,
};
use rpc_core::{AsyncRpcClient, RpcClient, RpcServer, Stub, call};
use tests::{Counting, Model, allocations};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CALLS: u64 = 100;

/// Lets every call go.
struct Open;

impl Policy for Open {}

/// How often a call allocates.
fn blocking<C: BlockingStub>(client: &C) -> u64 {
    let calls = |count: u64| {
        for _ in 0..count {
            assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6);
        }
    };
    calls(CALLS);
    let before = allocations();
    calls(CALLS);
    (allocations() - before) / CALLS
}

async fn asynchronous<C: AsyncStub>(client: &C) -> u64 {
    for _ in 0..CALLS {
        assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6);
    }
    let before = allocations();
    for _ in 0..CALLS {
        assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6);
    }
    (allocations() - before) / CALLS
}

#[test]
fn a_blocking_call_allocates_for_what_stands_before_the_client() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let client = RpcClient::connect(server.address()).unwrap();
    assert_eq!(blocking(&client), 0);
    assert_eq!(blocking(&&client), 0);
    assert_eq!(blocking(&client.clone().into_within(std::time::Duration::from_secs(60))), 0);
    // The text of the arguments, what shares it, and the text of the result.
    let layered = client.clone().with(Open);
    assert_eq!(blocking(&layered), 3);
    assert_eq!(blocking(&layered.with(Open)), 3);
    assert_eq!(blocking(&AnyClient::new(client.clone())), 3);

    let sum = call!(Prepare.add(1, 2, c = 3)).unwrap();
    sum.send(&client).unwrap();
    let before = allocations();
    for _ in 0..CALLS {
        assert_eq!(sum.send(&client).unwrap(), 6);
    }
    assert_eq!(allocations() - before, 0);
}

#[test]
fn an_asynchronous_call_allocates_a_box_for_each_layer_more() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        assert_eq!(asynchronous(&client).await, 0);
        assert_eq!(asynchronous(&TowerClient::new(client.clone())).await, 3);
        let layered = client.clone().with(Open);
        assert_eq!(asynchronous(&layered).await, 4);
        assert_eq!(asynchronous(&layered.with(Open)).await, 5);
        assert_eq!(asynchronous(&AnyAsyncClient::new(client)).await, 5);
    });
}
