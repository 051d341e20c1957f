//! What runs calls is a stub itself: functions and layers are tested without a socket.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};

use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::Call;
use rpc_core::server::InMemory;
use rpc_core::{
    CallContext, Error, FunctionRegistry, JsonRpc, RpcClient, Stub, args, call, kwargs, rpc_export,
};

/// Adds three numbers.
#[rpc_export]
fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    a + b + c
}

/// Answers with the text it is sent.
#[rpc_export]
fn echo(text: &str) -> &str {
    text
}

/// Is not in this program.
#[rpc_export]
#[cfg(any())]
fn absent() {}

/// Is not in this program either.
#[cfg(any())]
#[rpc_export]
fn absent() {}

/// Is in this program.
#[rpc_export]
#[cfg(not(any()))]
fn present() {}

/// Counts the calls that go through it.
struct Count<D> {
    inner: D,
    calls: AtomicU64,
}

impl<D> Count<D> {
    fn new(inner: D) -> Self {
        Self { inner, calls: AtomicU64::new(0) }
    }
}

impl<D: Dispatch> Dispatch for Count<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.inner.dispatch(call, context, reply)
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.inner)
    }
}

#[test]
fn a_registry_is_called_as_a_client_is() {
    let registry = FunctionRegistry::exported();
    assert_eq!(registry.add(1, 2).call().unwrap(), 13);
    assert_eq!(call!(registry.add(1, 2, c = 3)).unwrap(), 6);
    assert_eq!(registry.call::<i64>("add", args![1], kwargs! { b: 2, c: 3 }).unwrap(), 6);
    assert_eq!(registry.echo("a \"quoted\"\ttext 🦀").call().unwrap(), "a \"quoted\"\ttext 🦀");
}

#[test]
fn a_call_in_the_same_process_fails_as_over_a_socket() {
    let registry = FunctionRegistry::exported();
    let memory = InMemory::new(JsonRpc::new(FunctionRegistry::exported()));
    let client = RpcClient::builder().connect_over(memory).unwrap();
    for (method, args) in [("ad", vec![1, 2]), ("add", vec![1]), ("add", vec![1, 2, 3, 4])] {
        let here = registry.call::<i64>(method, &args, ()).unwrap_err();
        let there = client.call::<i64>(method, &args, ()).unwrap_err();
        assert_eq!(here.to_string(), there.to_string());
        assert!(matches!(here, Error::Fault(_)), "{here}");
    }
    let result = registry.call::<String>("add", args![1, 2], ()).unwrap_err();
    assert!(matches!(result, Error::Protocol(_)), "{result}");
}

#[test]
fn a_layer_is_tested_without_a_socket() {
    let stack = JsonRpc::new(Count::new(FunctionRegistry::exported()));
    assert_eq!(stack.add(1, 2).call().unwrap(), 13);
    stack.add(1, 2).notify().unwrap();
    assert!(stack.call::<()>("nothing", args![1], ()).is_err());
    assert_eq!(stack.dispatch().calls.load(Ordering::Relaxed), 3);
}

#[test]
fn a_function_that_is_configured_away_is_not_served() {
    let registry = FunctionRegistry::exported();
    registry.present().call().unwrap();
    assert!(registry.functions().all(|function| function.name() != "absent"));
    assert!(registry.call::<()>("absent", (), ()).is_err());
}
