//! Callers of JSON-RPC subscribe to what functions have: they are answered with an id, and get the items in
//! notifications.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rpc_core::protocol::{Framing, Limits};
use rpc_core::server::ServerHandle;
use rpc_core::{FunctionRegistry, RpcServer, State, rpc_export};
use serde_json::{Value, json};
use tests::{EVERY_FRAMING, Gate, HttpPeer, Model, Peer, WebSocket, until};

/// Counts up to a number.
#[rpc_export(subscription = "counted")]
fn subscribe_count(to: u64) -> impl Iterator<Item = u64> {
    1..=to
}

/// Counts for ever.
#[rpc_export(name = "numbers_subscribe", subscription = "numbers", unsubscribe = "numbers_end")]
fn endless_numbers(alive: State<Arc<AtomicUsize>>) -> impl Iterator<Item = u64> {
    let alive = Alive::begin(&alive);
    (0..).inspect(move |_| _ = &alive)
}

/// Has one item, and another when its gate is open.
#[rpc_export(blocking, subscription = "waited")]
fn waits(gate: u64) -> impl Iterator<Item = u64> {
    std::iter::once(1).chain(std::iter::once_with(move || {
        Gate::wait_at(gate);
        2
    }))
}

/// Fails after a few items.
#[rpc_export(subscription = "halves")]
fn halves(mut of: u64) -> impl Iterator<Item = Result<u64, String>> {
    std::iter::from_fn(move || {
        let result = if of.is_multiple_of(2) { Ok(of / 2) } else { Err(format!("{of} is odd")) };
        of /= 2;
        Some(result)
    })
}

/// Does not begin with a number that is odd.
#[rpc_export(subscription = "halves")]
async fn even_halves(of: u64) -> Result<impl Iterator<Item = u64>, String> {
    tokio::task::yield_now().await;
    if of.is_multiple_of(2) { Ok(std::iter::once(of / 2)) } else { Err(format!("{of} is odd")) }
}

/// Panics after an item.
#[rpc_export(subscription = "halves")]
fn breaks_off() -> impl Iterator<Item = u64> {
    (1..).inspect(|number| assert!(*number < 2, "as it should"))
}

/// Has texts of this size.
#[rpc_export(subscription = "texts")]
fn texts(size: usize, count: usize) -> impl Iterator<Item = String> {
    (0..count).map(move |_| "\n".repeat(size))
}

/// Says nothing of subscriptions.
#[rpc_export]
fn plain(to: u64) -> impl Iterator<Item = u64> {
    1..=to
}

/// Counts the iterators that are there.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A caller, by any way on which it hears what it has not asked for.
enum Caller {
    Stream(Peer),
    WebSocket(Box<WebSocket>),
}

impl Caller {
    fn each(server: &ServerHandle, test: impl Fn(&mut Self)) {
        for framing in EVERY_FRAMING {
            test(&mut Self::over(server, framing));
        }
        test(&mut Self::WebSocket(Box::new(WebSocket::connect(at(server)))));
    }

    fn over(server: &ServerHandle, framing: Framing) -> Self {
        Self::Stream(Peer::connect(server.address(), framing))
    }

    fn send(&mut self, message: &Value) {
        match self {
            Self::Stream(peer) => peer.send(&message.to_string()),
            Self::WebSocket(socket) => socket.send(&message.to_string()),
        }
    }

    fn receive(&mut self) -> Value {
        let message = match self {
            Self::Stream(peer) => peer.receive().expect("a message"),
            Self::WebSocket(socket) => socket.receive_text(),
        };
        serde_json::from_str(&message).unwrap()
    }

    fn call(&mut self, method: &str, params: &Value, id: u64) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params, "id": id}));
    }

    /// Calls, and waits for the answer behind whatever comes before it.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.call(method, params, 77);
        loop {
            let message = self.receive();
            if message["id"] == 77 {
                return message;
            }
        }
    }

    /// Subscribes, and returns the id.
    fn subscribe(&mut self, method: &str, params: &Value) -> u64 {
        self.call(method, params, 5);
        let reply = self.receive();
        let id = reply["result"].as_u64().unwrap_or_else(|| panic!("no id: {reply}"));
        assert_eq!(reply, json!({"jsonrpc": "2.0", "result": id, "id": 5}));
        assert!(id < 1 << 53);
        id
    }
}

fn at(server: &ServerHandle) -> SocketAddr {
    server.address().socket_addr().unwrap()
}

fn start(model: Model) -> (ServerHandle, Arc<AtomicUsize>) {
    let alive = Arc::new(AtomicUsize::new(0));
    let mut registry = FunctionRegistry::exported();
    registry.share(Arc::clone(&alive));
    (model.start(RpcServer::of(registry)), alive)
}

fn item(method: &str, id: u64, result: impl Into<Value>) -> Value {
    let params = json!({"subscription": id, "result": result.into()});
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

fn error(method: &str, id: u64, code: i64, message: &str) -> Value {
    let error = json!({"code": code, "message": message});
    let params = json!({"subscription": id, "error": error});
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

const ENDED: &str = "the function has ended: there are no further items";

#[test]
fn the_id_comes_first_then_each_item_and_then_the_end() {
    Model::each(|model| {
        let (server, _) = start(model);
        Caller::each(&server, |caller| {
            for to in [0, 1, 3000] {
                let id = caller.subscribe("subscribe_count", &json!([to]));
                for number in 1..=to {
                    assert_eq!(caller.receive(), item("counted", id, number));
                }
                assert_eq!(caller.receive(), error("counted", id, 0, ENDED));
            }
            // Whoever knows streams is told of the end as such.
            let asked = json!({"jsonrpc": "2.0", "method": "subscribe_count", "params": {"to": 1}, "id": "a", "stream": {}});
            caller.send(&asked);
            let id = caller.receive()["result"].as_u64().unwrap();
            assert_eq!(caller.receive(), item("counted", id, 1));
            let params = json!({"subscription": id, "done": true});
            let end = json!({"jsonrpc": "2.0", "method": "counted", "params": params});
            assert_eq!(caller.receive(), end);
        });
    });
}

#[test]
fn calls_are_answered_between_items_until_the_subscription_is_ended() {
    Model::each(|model| {
        let (server, alive) = start(model);
        Caller::each(&server, |caller| {
            let id = caller.subscribe("numbers_subscribe", &json!([]));
            for number in 0..100 {
                assert_eq!(caller.receive(), item("numbers", id, number));
            }
            assert_eq!(caller.ask("add", &json!([1, 2]))["result"], 13);
            assert_eq!(caller.ask("numbers_end", &json!([id + 1]))["result"], false);
            assert_eq!(caller.ask("numbers_end", &json!([id]))["result"], true);
            until("the function is given up", || alive.load(Ordering::SeqCst) == 0);
            assert_eq!(caller.ask("numbers_end", &json!([id]))["result"], false);
            assert_eq!(caller.ask("numbers_end", &json!([{}]))["result"], false);
            let refusal = caller.ask("numbers_end", &json!([]));
            assert_eq!(refusal["error"]["code"], -32602);
            assert_eq!(
                refusal["error"]["data"],
                "`numbers_end` takes one argument, the id that `numbers_subscribe` was answered with"
            );
            // Of what was under way nothing is left.
            caller.call("add", &json!([2, 2]), 9);
            assert_eq!(caller.receive(), json!({"jsonrpc": "2.0", "result": 14, "id": 9}));
        });
    });
}

#[test]
fn subscriptions_share_a_connection_and_end_with_it() {
    Model::each(|model| {
        let (server, alive) = start(model);
        let mut caller = Caller::over(&server, Framing::Raw);
        let gate = Gate::closed();
        let waited = caller.subscribe("waits", &json!([gate.number()]));
        assert_eq!(caller.receive(), item("waited", waited, 1));
        // The same id of a call once more: its first one has been answered.
        let numbers = caller.subscribe("numbers_subscribe", &json!([]));
        assert_ne!(waited, numbers);
        gate.open();
        let mut next = 0;
        loop {
            let message = caller.receive();
            if message["method"] == "waited" {
                assert_eq!(message, item("waited", waited, 2));
                break;
            }
            assert_eq!(message, item("numbers", numbers, next));
            next += 1;
        }
        drop(caller);
        until("the function is given up", || alive.load(Ordering::SeqCst) == 0);
    });
}

#[test]
fn what_goes_wrong_is_the_last_that_is_told() {
    Model::each(|model| {
        let (server, _) = start(model);
        Caller::each(&server, |caller| {
            let id = caller.subscribe("halves", &json!([12]));
            assert_eq!(caller.receive(), item("halves", id, 6));
            assert_eq!(caller.receive(), item("halves", id, 3));
            let mut last = error("halves", id, 1, "3 is odd");
            last["params"]["error"]["data"] = "3 is odd".into();
            assert_eq!(caller.receive(), last);
            let id = caller.subscribe("breaks_off", &json!([]));
            assert_eq!(caller.receive(), item("halves", id, 1));
            let last = caller.receive();
            assert_eq!(last["params"]["subscription"], id);
            assert_eq!(last["params"]["error"]["code"], -32603, "{last}");
            // What is refused is no subscription.
            caller.call("even_halves", &json!([3]), 3);
            let refusal = caller.receive();
            assert_eq!(
                (&refusal["id"], &refusal["error"]["message"]),
                (&json!(3), &json!("3 is odd"))
            );
            let id = caller.subscribe("even_halves", &json!([4]));
            assert_eq!(caller.receive(), item("halves", id, 2));
            assert_eq!(caller.receive(), error("halves", id, 0, ENDED));
            caller.call("halves", &json!(["x"]), 3);
            assert_eq!(caller.receive()["error"]["code"], -32602);
        });
        let mut caller = Caller::over(&server, Framing::Raw);
        let id = caller.subscribe("numbers_subscribe", &json!([]));
        std::thread::scope(|scope| {
            scope.spawn(|| server.stop());
            let mut last = caller.receive();
            while last["params"]["result"].is_u64() {
                last = caller.receive();
            }
            assert_eq!(last["params"]["subscription"], id);
            assert_eq!(last["params"]["error"]["code"], -32003, "{last}");
        });
    });
}

#[test]
fn large_items_travel_one_by_one() {
    Model::each(|model| {
        let (server, _) = start(model);
        Caller::each(&server, |caller| {
            let id = caller.subscribe("texts", &json!([100_000, 5]));
            for _ in 0..5 {
                assert_eq!(caller.receive(), item("texts", id, "\n".repeat(100_000)));
            }
            assert_eq!(caller.receive(), error("texts", id, 0, ENDED));
        });
    });
}

#[test]
fn a_connection_has_so_many_subscriptions_at_most() {
    Model::each(|model| {
        let limits = Limits { max_streams: 2, ..Limits::default() };
        let server =
            model.start(RpcServer::exported().share(Arc::new(AtomicUsize::new(0))).limits(limits));
        let mut caller = Caller::over(&server, Framing::Raw);
        let gates = [Gate::closed(), Gate::closed()];
        let ids = gates.each_ref().map(|gate| {
            let id = caller.subscribe("waits", &json!([gate.number()]));
            assert_eq!(caller.receive(), item("waited", id, 1));
            id
        });
        let refusal = caller.ask("subscribe_count", &json!([1]));
        assert_eq!(refusal["error"]["code"], -32000);
        let message = refusal["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("the connection has 2 streams open"), "{message}");
        gates.iter().for_each(Gate::open);
        for _ in 0..4 {
            let message = caller.receive();
            assert!(ids.iter().any(|id| message["params"]["subscription"] == *id), "{message}");
        }
        for _ in 0..10 {
            let id = caller.subscribe("subscribe_count", &json!([1]));
            assert_eq!(caller.receive(), item("counted", id, 1));
            assert_eq!(caller.receive(), error("counted", id, 0, ENDED));
        }
    });
}

#[test]
fn where_no_notifications_go_the_items_come_together() {
    Model::each(|model| {
        let (server, _) = start(model);
        let mut caller = Caller::over(&server, Framing::Raw);
        caller.call("plain", &json!([3]), 1);
        assert_eq!(caller.receive(), json!({"jsonrpc": "2.0", "result": [1, 2, 3], "id": 1}));
        caller.send(&json!({"method_name": "subscribe_count", "method_args": [3], "method_kwargs": {}, "id": 2}));
        assert_eq!(caller.receive(), json!({"res": [1, 2, 3], "id": 2}));
        caller.send(&json!({"method_name": "subscribe_count", "method_args": [1], "method_kwargs": {}, "id": 2, "stream": {}}));
        assert_eq!(caller.receive(), json!({"items": [1], "id": 2}));
        assert_eq!(caller.receive(), json!({"res": null, "id": 2}));
        let call = json!({"jsonrpc": "2.0", "method": "subscribe_count", "params": [2], "id": 1});
        let plain =
            json!({"jsonrpc": "2.0", "method": "plain", "params": [2], "id": 2, "stream": {}});
        caller.send(&json!([call, plain]));
        let replies = caller.receive();
        assert_eq!(
            replies[0]["error"]["data"],
            "`subscribe_count` is answered with a subscription, and is called alone: not in a batch with other calls"
        );
        assert_eq!(replies[1]["result"], json!([1, 2]));
        let calls = json!([{"methodName": "subscribe_count", "params": [2]}]);
        assert_eq!(caller.ask("system.multicall", &json!([calls]))["result"], json!([[[1, 2]]]));
        drop(caller);
        let answer = HttpPeer::connect(at(&server)).ask(&call.to_string());
        assert_eq!(answer.body, r#"{"jsonrpc":"2.0","result":[1,2],"id":1}"#);
    });
}

#[test]
fn what_ends_subscriptions_is_called_as_the_function_says_or_after_it() {
    let registry = FunctionRegistry::exported();
    let functions = registry.functions().filter(|function| function.subscription().is_some());
    let names: Vec<_> =
        functions.map(|function| (function.name(), function.unsubscribe().unwrap())).collect();
    assert!(names.contains(&("subscribe_count", "unsubscribe_count".into())));
    assert!(names.contains(&("numbers_subscribe", "numbers_end".into())));
    assert!(names.contains(&("waits", "waits_unsubscribe".into())));
    let mut registry = FunctionRegistry::exported();
    registry.share(Arc::new(AtomicUsize::new(0)));
    registry.register("numbers_end", || 1).unwrap();
    let refusal = RpcServer::of(registry).start("127.0.0.1:0").unwrap_err().to_string();
    assert_eq!(
        refusal,
        "`numbers_end` ends the subscriptions to `numbers_subscribe`, and is a function's name too; give the \
         former another: #[rpc_export(…, unsubscribe = \"…\")]"
    );
}
