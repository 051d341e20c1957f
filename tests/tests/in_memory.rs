//! An asynchronous client calls a stack of layers in the same process, with the protocol in between.

#![allow(clippy::unwrap_used)]

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use examples::{add, echo};
use rpc_core::server::InMemory;
use rpc_core::{FunctionRegistry, JsonRpc, RpcClient, Stub, call};
use tests::{EVERY_FRAMING, run};

#[test]
fn calls_of_every_kind_and_size_need_no_socket() {
    for framing in EVERY_FRAMING {
        run(async {
            let stack = JsonRpc::new(FunctionRegistry::exported());
            let builder = RpcClient::builder().framing(framing);
            let client = builder.connect_async_over(InMemory::new(stack)).await.unwrap();
            assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6);
            // More than is on its way at one time, either way.
            let text = "Grüß ".repeat(100_000);
            assert_eq!(client.echo(&text).call().await.unwrap(), text);
            let calls: Vec<_> =
                (0..100).map(|n| client.echo(&n.to_string()).start().unwrap()).collect();
            for (n, call) in (0..).zip(calls) {
                assert_eq!(call.await.unwrap(), i32::to_string(&n));
            }
            let sums = client.batch(|calls| (calls.add(1, 2).call(), calls.add(1, 2).c(3).call()));
            assert_eq!(sums.await.unwrap(), (13, 6));
            client.add(1, 2).notify().await.unwrap();
            let refusal = client.call::<i64>("ad", (), ()).await.unwrap_err();
            assert!(refusal.to_string().contains("did you mean `add`?"), "{refusal}");
        });
    }
}

/// Tells when it is gone.
struct Gone(Sender<()>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[test]
fn what_serves_within_the_process_ends_with_its_client() {
    let (gone, ended) = channel();
    let mut registry = FunctionRegistry::new();
    let kept = Gone(gone);
    registry.register("keep", move || drop(kept.0.clone())).unwrap();
    run(async {
        let memory = InMemory::new(JsonRpc::new(registry));
        let client = RpcClient::builder().connect_async_over(memory).await.unwrap();
        client.call::<()>("keep", (), ()).await.unwrap();
        drop(client);
        let waits = move || ended.recv_timeout(Duration::from_secs(20));
        tokio::task::spawn_blocking(waits).await.unwrap().unwrap();
    });
}
