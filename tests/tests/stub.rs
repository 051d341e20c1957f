//! The stub that an exported function leaves serves any caller: blocking, asynchronous, prefixing.

#![allow(clippy::unwrap_used)]

use std::future::poll_fn;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use examples::{add, greet};
use rpc_core::client::{Async, Boxed, BoxedCall, FromError, Invocation, OutcomeOf, block_on};
use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::{Arguments, Call, code};
use rpc_core::server::ServerHandle;
use rpc_core::{
    CallContext, CallError, Error, Fault, FunctionRegistry, RpcClient, RpcServer, Stub, TcpServer,
    args, call, kwargs,
};
use serde::de::DeserializeOwned;
use tests::{Model, Refusal, withdraw};

fn connected() -> (ServerHandle, RpcClient) {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let client = RpcClient::connect(server.address()).unwrap();
    (server, client)
}

/// A caller whose results come later: its calls are futures.
struct Eventually(RpcClient);

impl Stub for Eventually {
    type Kind = Async<Boxed>;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> BoxedCall<T, E> {
        let outcome = self.0.invoke(invocation);
        Box::pin(async {
            pending_once().await;
            outcome
        })
    }
}

/// Is not ready at first, and woken by another thread.
async fn pending_once() {
    let mut polls = 0;
    poll_fn(|task| {
        polls += 1;
        if polls > 1 {
            return Poll::Ready(());
        }
        let waker = task.waker().clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            waker.wake();
        });
        Poll::Pending
    })
    .await;
    assert_eq!(polls, 2);
}

#[test]
fn one_stub_serves_blocking_and_asynchronous_callers() -> Result<(), Error> {
    let (_server, client) = connected();
    assert_eq!(call!(client.add(1, 2, c = 3))?, 6);
    assert_eq!(client.add(1, 2).c(3).call()?, 6);

    let client = Eventually(client);
    block_on(async {
        assert_eq!(call!(client.add(1, 2, c = 3)).await?, 6);
        assert_eq!(client.add(1, 2).c(3).call().await?, 6);
        let words: String = client.call("greet", args!["Ada"], kwargs! { excited: true }).await?;
        assert_eq!(words, "Hello, Ada!");

        let refusal = client.call::<i64>("ad", [1, 2], ()).await.unwrap_err();
        assert_eq!(refusal.fault().unwrap().code(), code::METHOD_NOT_FOUND);
        let refusal = client.withdraw(130).call().await.unwrap_err();
        assert!(matches!(refusal, CallError::Function(Refusal::Missing(30))), "{refusal}");
        Ok(())
    })
}

#[test]
fn a_function_that_calls_others_needs_to_know_no_client() {
    /// Works for whatever can call `add` and `greet`.
    fn both<S: add + greet>(stub: &S) -> (OutcomeOf<S, i64>, OutcomeOf<S, String>) {
        (stub.add(1, 2).call(), call!(stub.greet("Ada")))
    }
    let (_server, client) = connected();
    let (sum, words) = both(&client);
    assert_eq!((sum.unwrap(), words.unwrap()), (13, "Hello, Ada.".to_owned()));
    let later = Eventually(client);
    let (sum, words) = both(&later);
    assert_eq!((block_on(sum).unwrap(), block_on(words).unwrap()), (13, "Hello, Ada.".to_owned()));
}

/// A caller that finds everything under a prefix.
struct At<'c, S> {
    stub: &'c S,
    prefix: &'static str,
}

impl<S: Stub> Stub for At<'_, S> {
    type Kind = S::Kind;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> OutcomeOf<S, T, E> {
        let method = format!("{}{}", self.prefix, invocation.method());
        self.stub.invoke(invocation.renamed(&method))
    }
}

/// A layer that serves everything under a prefix.
struct Under<D>(&'static str, D);

impl<D: Dispatch> Dispatch for Under<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        match call.method().strip_prefix(self.0) {
            Some(method) => self.1.dispatch(&call.renamed(method), context, reply),
            None => Fault::new(code::METHOD_NOT_FOUND, "not here").into(),
        }
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.1)
    }
}

#[test]
fn a_prefix_goes_before_any_call_on_one_side_and_comes_off_on_the_other() {
    let stack = Under("shop.", FunctionRegistry::exported());
    let server = Model::ThreadPerConnection.start(TcpServer::of(stack));
    let client = RpcClient::connect(server.address()).unwrap();
    assert_eq!(client.add(1, 2).call().unwrap_err().to_string(), "not here (code -32601)");
    let shop = At { stub: &client, prefix: "shop." };
    assert_eq!(call!(shop.add(1, 2, c = 3)).unwrap(), 6);
    assert_eq!(shop.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).unwrap(), 6);
    let shop = At { stub: &client, prefix: "sh" };
    let corner = At { stub: &shop, prefix: "op." };
    assert_eq!(call!(corner.greet("Ada", greeting = "Good day")).unwrap(), "Good day, Ada.");

    let client = Eventually(client);
    let shop = At { stub: &client, prefix: "shop." };
    assert_eq!(block_on(call!(shop.add(1, 2, c = 3))).unwrap(), 6);
}
