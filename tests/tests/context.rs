//! A function is told who calls it and is lent what the server shares, and no caller can say either.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};

use rpc_core::error::Misuse;
use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::Call;
use rpc_core::{
    CallContext, Error, FunctionRegistry, JsonRpc, RpcClient, RpcServer, State, Stub, TcpServer,
    args, call, kwargs, rpc_export,
};
use tests::{Model, both_ways};

/// Says who calls, by what way.
#[rpc_export]
fn describe(greeting: &str, context: &CallContext, #[default(false)] shout: bool) -> String {
    let user = context.get::<User>().map_or("nobody", |User(name)| name);
    let text = format!("{greeting}, {user} ({} {})", context.protocol(), context.peer().is_some());
    if shout { text.to_uppercase() } else { text }
}

/// Counts its calls.
#[rpc_export]
fn count(counter: State<AtomicU64>, #[default(1)] by: u64, _: &CallContext) -> u64 {
    counter.fetch_add(by, Ordering::Relaxed) + by
}

struct User(&'static str);

/// Says who calls, as a layer that knows would.
struct Identify<D>(D);

impl<D: Dispatch> Dispatch for Identify<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        self.0.dispatch(call, &context.with(User("ada")), reply)
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}

fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported();
    registry.share(AtomicU64::new(0));
    registry
}

#[test]
fn what_the_server_provides_is_not_in_the_signature() {
    let registry = registry();
    let functions: Vec<_> = registry.functions().map(ToString::to_string).collect();
    assert!(functions.contains(&"count(by: u64 = 1) -> u64".to_owned()), "{functions:?}");
    assert!(
        functions.contains(&"describe(greeting: &str, shout: bool = false) -> String".to_owned())
    );
}

#[test]
fn shared_state_outlives_the_calls_that_use_it() {
    both_ways!(registry(), |client| {
        assert_eq!(client.count().call().unwrap(), 1);
        assert_eq!(call!(client.count(by = 5)).unwrap(), 6);
        assert_eq!(client.call::<u64>("count", args![], kwargs! { by: 10 }).unwrap(), 16);
    });
}

#[test]
fn nobody_can_give_what_the_server_provides() {
    both_ways!(registry(), |client| {
        let refusal = client.call::<u64>("count", args![], kwargs! { counter: 5 }).unwrap_err();
        assert!(refusal.to_string().contains("no parameter `counter`"), "{refusal}");
        let refusal = client.call::<String>("describe", args!["Hi", true, 1], ()).unwrap_err();
        assert!(refusal.to_string().contains("at most 2 arguments"), "{refusal}");
    });
}

#[test]
fn a_function_knows_its_caller() {
    let server = Model::ThreadPerConnection.start(RpcServer::of(registry()));
    let client = RpcClient::connect(server.address()).unwrap();
    assert_eq!(client.describe("Hi").call().unwrap(), "Hi, nobody (native true)");
    assert_eq!(call!(client.describe("Hi", true)).unwrap(), "HI, NOBODY (NATIVE TRUE)");
    assert_eq!(registry().describe("Hi").call().unwrap(), "Hi, nobody ( false)");
}

#[test]
fn a_function_is_told_what_a_layer_found_out() {
    let stack = JsonRpc::new(Identify(registry()));
    assert_eq!(stack.describe("Hi").call().unwrap(), "Hi, ada ( false)");
    let server = Model::ThreadPerConnection.start(TcpServer::new(stack));
    let client = RpcClient::connect(server.address()).unwrap();
    assert_eq!(client.describe("Hi").call().unwrap(), "Hi, ada (native true)");
}

#[test]
fn a_server_without_the_state_does_not_start() {
    let refusal = RpcServer::exported().start("127.0.0.1:0").unwrap_err();
    let Error::Misuse(Misuse::StateMissing { function, ty }) = &refusal else {
        panic!("{refusal}");
    };
    assert_eq!((function.as_str(), ty.as_str()), ("count", std::any::type_name::<AtomicU64>()));
    assert!(refusal.to_string().contains(".share("), "{refusal}");
    let started = RpcServer::exported().share(AtomicU64::new(0)).start("127.0.0.1:0");
    started.unwrap().stop();
}
