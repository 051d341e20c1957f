//! A layer sees every call once and how it ended, in every server model, and takes nothing away from
//! the server it is in.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use examples::{add, block_ms, fail, nap_ms};
use rpc_core::layer::{Dispatch, Ended, Outcome, Reply};
use rpc_core::protocol::{Call, code};
use rpc_core::{
    CallContext, Fault, FunctionRegistry, JsonRpc, RpcClient, RpcServer, State, Stub, TcpServer,
    args, kwargs, rpc_export,
};
use serde_json::json;
use tests::{FRAMINGS, Folder, Model, Peer, Served, pass_gate_later, until};

const MODELS: [&str; 6] =
    ["single", "threads", "fork", "prefork", "event-loop", "prefork-event-loop"];

/// The lines that a server has written of its calls, those of the layer and those of the hook.
fn lines(log: &str) -> (Vec<String>, Vec<String>) {
    let text = fs::read_to_string(log).unwrap_or_default();
    let of = |who: &str| {
        text.lines().filter_map(|line| line.strip_prefix(who)).map(str::to_owned).collect()
    };
    (of("layer: "), of("hook: "))
}

#[test]
fn a_layer_and_a_hook_see_every_call_once_in_every_model() {
    let folder = Folder::new();
    for model in MODELS {
        let log = folder.file(model);
        let log = log.to_str().unwrap();
        let program = env!("CARGO_BIN_EXE_model_server");
        let server = Served::start(program, &format!("--model {model} --call-log {log}"));
        let client = server.client();

        assert_eq!(client.add(1, 2).call().unwrap(), 13);
        assert_eq!(client.block_ms(1).call().unwrap(), 1);
        assert_eq!(client.nap_ms(2).call().unwrap(), 2);
        assert!(client.fail("the secret").call().is_err());
        assert!(client.call::<i64>("ad", args![1], kwargs! {}).is_err());
        assert!(client.call::<i64>("add", args!["x", 2], kwargs! {}).is_err());
        let late = client.within(Duration::from_millis(50));
        assert!(late.nap_ms(60_000).call().is_err());
        let count = 7;
        until("the calls have ended", || lines(log).0.len() >= count);
        let (layer, hook) = lines(log);
        let mut expected = vec![
            "add -> 13".to_owned(),
            "block_ms -> 1".to_owned(),
            "nap_ms -> 2".to_owned(),
            "fail -> `fail` panicked; the server's log says why".to_owned(),
        ];
        assert_eq!(layer[..4], expected, "{model}");
        assert!(
            layer[4].starts_with("ad -> no function `ad` is served here"),
            "{model}: {layer:?}"
        );
        assert!(layer[5].starts_with("add -> argument `a` of `add` must be i64"), "{layer:?}");
        assert_eq!(layer[6], "nap_ms -> cancelled", "{model}");
        let through_hook: Vec<_> = layer.iter().map(|line| format!("native {line}")).collect();
        assert_eq!(hook, through_hook, "{model}");

        // A batch and a `system.multicall` are not seen, and each of their calls is.
        drop(client);
        let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
        let batch = r#"[{"jsonrpc":"2.0","method":"add","params":[1,1],"id":1},
            {"jsonrpc":"2.0","method":"nap_ms","params":[3],"id":2},
            {"jsonrpc":"2.0","method":"block_ms","params":[4]}]"#;
        assert_eq!(
            peer.ask(batch),
            r#"[{"jsonrpc":"2.0","result":12,"id":1},{"jsonrpc":"2.0","result":3,"id":2}]"#
        );
        let multicall = json!({ "method_name": "system.multicall", "id": 1, "method_args": [[
            { "methodName": "nap_ms", "params": [5] }, { "methodName": "add", "params": [2, 2] },
            { "methodName": "block_ms", "params": [6] }] ]});
        assert_eq!(peer.ask(&multicall.to_string()), r#"{"res":[[5],[14],[6]],"id":1}"#);
        until("the calls have ended", || lines(log).0.len() >= count + 6);
        let (mut layer, hook) = lines(log);
        assert_eq!(hook.len(), layer.len(), "{model}: {hook:?}");
        layer.drain(..count);
        layer.sort();
        expected = [
            "add -> 12",
            "add -> 14",
            "block_ms -> 4",
            "block_ms -> 6",
            "nap_ms -> 3",
            "nap_ms -> 5",
        ]
        .map(str::to_owned)
        .into();
        assert_eq!(layer, expected, "{model}");
    }
}

/// The functions, and what they share.
fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported();
    registry.share(AtomicU64::new(0));
    registry
}

/// Takes note of how calls end.
#[derive(Clone, Default)]
struct Ends(Arc<Mutex<Vec<String>>>);

impl Ends {
    fn seen(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Notes them, and refuses those of one name.
struct Noting<D>(D, Ends);

impl<D: Dispatch> Dispatch for Noting<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let (name, ends) = (call.method().to_owned(), self.1.clone());
        let outcome = match call.method() {
            "forbidden" => Fault::new(code::UNAUTHORISED, "not for you").into(),
            "cached" => reply.send(&[1, 2]).into(),
            _ => self.0.dispatch(call, context, reply),
        };
        outcome.inspect(reply, move |ended| {
            ends.0.lock().unwrap().push(format!("{name} -> {ended}"));
        })
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}

#[test]
fn a_call_that_its_caller_gives_up_has_ended() {
    let ends = Ends::default();
    let stack = Noting(registry(), ends.clone());
    let server = Model::EventLoop.start(TcpServer::of(stack));
    tests::run(async {
        let gate = tests::Gate::closed();
        let client = rpc_core::AsyncRpcClient::connect(server.address()).await.unwrap();
        let call = client.pass_gate_later(gate.number(), 1).start().unwrap();
        client.add(1, 2).call().await.unwrap();
        drop(call);
        until("it is cancelled", || ends.seen().len() == 2);
    });
    assert_eq!(ends.seen(), ["add -> 13", "pass_gate_later -> cancelled"]);
}

#[test]
fn a_layer_refuses_answers_and_changes_what_is_said() {
    /// Hides what went wrong inside.
    struct Discreet<D>(D);

    impl<D: Dispatch> Dispatch for Discreet<D> {
        fn dispatch(
            &self,
            call: &Call<'_>,
            context: &CallContext,
            reply: &mut Reply<'_>,
        ) -> Outcome {
            self.0.dispatch(call, context, reply).map_fault(|fault| match fault.code() {
                code::INTERNAL_ERROR => Fault::new(fault.code(), "something went wrong"),
                _ => fault,
            })
        }

        fn inner(&self) -> Option<&dyn Dispatch> {
            Some(&self.0)
        }
    }

    #[rpc_export]
    #[allow(clippy::unused_async)]
    async fn fail_later() {
        panic!("the secret");
    }

    for model in Model::ALL {
        let ends = Ends::default();
        let stack = Noting(Discreet(registry()), ends.clone());
        let server = model.start(TcpServer::of(stack));
        let client = RpcClient::connect(server.address()).unwrap();
        let say = |method: &str| match client.call::<Vec<i64>>(method, (), ()) {
            Ok(numbers) => format!("{numbers:?}"),
            Err(error) => error.fault().unwrap().message().to_owned(),
        };
        assert_eq!(say("forbidden"), "not for you");
        assert_eq!(say("cached"), "[1, 2]");
        assert_eq!(say("fail_later"), "something went wrong");
        let expected =
            ["forbidden -> not for you", "cached -> [1,2]", "fail_later -> something went wrong"];
        until("all are noted", || ends.seen().len() == 3);
        assert_eq!(ends.seen(), expected, "{model:?}");
    }
}

#[test]
fn a_layer_has_calls_that_take_time_wait() {
    /// Lets one such call run at a time.
    struct OneByOne<D>(D, Arc<tokio::sync::Mutex<()>>);

    impl<D: Dispatch> Dispatch for OneByOne<D> {
        fn dispatch(
            &self,
            call: &Call<'_>,
            context: &CallContext,
            reply: &mut Reply<'_>,
        ) -> Outcome {
            let turn = Arc::clone(&self.1);
            self.0.dispatch(call, context, reply).wrap(|rest| {
                Box::pin(async move {
                    let _turn = turn.lock().await;
                    rest.await
                })
            })
        }

        fn inner(&self) -> Option<&dyn Dispatch> {
            Some(&self.0)
        }
    }

    static RUNNING: AtomicU64 = AtomicU64::new(0);

    #[rpc_export]
    async fn alone() -> u64 {
        let running = RUNNING.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
        RUNNING.fetch_sub(1, Ordering::SeqCst);
        running
    }

    let stack = OneByOne(registry(), Arc::default());
    let server = Model::EventLoop.start(TcpServer::of(stack));
    let client = RpcClient::connect(server.address()).unwrap();
    let calls: Vec<_> = (0..8).map(|_| client.alone().start().unwrap()).collect();
    for call in calls {
        assert_eq!(call.wait().unwrap(), 1);
    }
}

/// Counts its calls.
#[rpc_export]
fn count_calls(counter: State<AtomicU64>) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

#[test]
fn a_layer_takes_nothing_away() {
    let server = TcpServer::of(Noting(FunctionRegistry::exported(), Ends::default()));
    assert!(server.functions().any(|function| function.to_string() == "count_calls() -> u64"));
    let server = server.share(AtomicU64::new(1)).share(AtomicU64::new(41));
    let server = server.start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    assert_eq!(client.count_calls().call().unwrap(), 42);
    // What would keep the functions from answering is found below a layer.
    let lacking = TcpServer::of(Noting(FunctionRegistry::exported(), Ends::default()));
    assert!(lacking.start("127.0.0.1:0").unwrap_err().to_string().contains(".share("));
}

#[test]
fn who_is_told_of_calls_has_no_part_in_them() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let (first, second) = (Arc::clone(&told), Arc::clone(&told));
    let server = RpcServer::exported()
        .share(AtomicU64::new(0))
        .on_call(move |call| {
            let is_known = call.peer().is_some() && call.duration() > Duration::ZERO;
            first.lock().unwrap().push(format!("{} {is_known}", call.method()));
            panic!("of no interest to anybody");
        })
        .on_call(move |call| {
            let ended = match call.ended() {
                Ended::Returned(_) => "returned",
                Ended::Failed(_) => "failed",
                _ => "cancelled",
            };
            let line = call.to_string();
            assert!(line.starts_with(&format!("{} (json-rpc from 127.0.0.1:", call.method())));
            second.lock().unwrap().push(format!("{} {ended}", call.method()));
        });
    let server = server.start("127.0.0.1:0").unwrap();
    let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
    let call = |method| format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":[1,2],"id":1}}"#);
    assert_eq!(peer.ask(&call("add")), r#"{"jsonrpc":"2.0","result":13,"id":1}"#);
    assert!(peer.ask(&call("ad")).contains("-32601"));
    let seen = told.lock().unwrap().clone();
    // The first one's panic has kept nobody from being told.
    assert_eq!(seen, ["add true", "add returned", "ad true", "ad failed"]);
}

#[test]
fn a_layer_in_the_same_process_sees_how_calls_end() {
    let ends = Ends::default();
    let stack = JsonRpc::new(Noting(FunctionRegistry::exported(), ends.clone()));
    assert_eq!(stack.nap_ms(1).call().unwrap(), 1);
    let late = stack.within(Duration::from_millis(20)).nap_ms(60_000).call().unwrap_err();
    assert_eq!(late.fault().unwrap().code(), code::TIMED_OUT);
    assert_eq!(late.fault().unwrap().message(), "`nap_ms` was not done within 20ms");
    let late = stack.within(Duration::from_millis(5)).block_ms(30).call().unwrap_err();
    assert_eq!(late.fault().unwrap().message(), "`block_ms` was not done within 5ms");
    assert_eq!(ends.seen(), ["nap_ms -> 1", "nap_ms -> cancelled", "block_ms -> cancelled"]);
}

#[test]
fn a_panic_in_a_layer_is_answered_and_seen_further_out() {
    /// Panics where the call says.
    struct Clumsy<D>(D, &'static str);

    impl<D: Dispatch> Dispatch for Clumsy<D> {
        fn dispatch(
            &self,
            call: &Call<'_>,
            context: &CallContext,
            reply: &mut Reply<'_>,
        ) -> Outcome {
            let outcome = self.0.dispatch(call, context, reply);
            match self.1 {
                "inspect" => outcome.inspect(reply, |_| panic!("of no interest")),
                "map_fault" => outcome.map_fault(|_| panic!("the secret")),
                "wrap" => outcome.wrap(|_| panic!("the secret")),
                _ => outcome.wrap(|_| Box::pin(async { panic!("the secret") })),
            }
        }

        fn inner(&self) -> Option<&dyn Dispatch> {
            Some(&self.0)
        }
    }

    const PANICKED: &str = "`nap_ms` panicked; the server's log says why";
    for (place, expected) in [
        ("inspect", "nap_ms -> 1"),
        ("map_fault", "nap_ms -> 1"),
        ("wrap", PANICKED),
        ("later", PANICKED),
    ] {
        for model in Model::ALL {
            let ends = Ends::default();
            let stack = Noting(Clumsy(registry(), place), ends.clone());
            let server = model.start(TcpServer::of(stack));
            let client = RpcClient::connect(server.address()).unwrap();
            match client.nap_ms(1).call() {
                Ok(ms) => assert_eq!((ms, expected), (1, "nap_ms -> 1"), "{place}"),
                Err(error) => assert_eq!(error.fault().unwrap().message(), expected, "{place}"),
            }
            // The connection lives on.
            assert_eq!(client.add(1, 2).call().unwrap(), 13, "{place}");
            assert!(ends.seen()[0].ends_with(expected), "{place}: {:?}", ends.seen());
            let fault = client.call::<()>("nowhere", (), ()).unwrap_err();
            assert!(fault.fault().is_some(), "{place}");
        }
    }
}

#[test]
fn state_that_nobody_can_be_given_is_refused_at_the_start() {
    /// Hides what it is around.
    struct Opaque<D>(D);

    impl<D: Dispatch> Dispatch for Opaque<D> {
        fn dispatch(
            &self,
            call: &Call<'_>,
            context: &CallContext,
            reply: &mut Reply<'_>,
        ) -> Outcome {
            self.0.dispatch(call, context, reply)
        }

        fn inner(&self) -> Option<&dyn Dispatch> {
            None
        }
    }

    let server = TcpServer::of(Opaque(registry())).share(5_u8);
    let refusal = server.start("127.0.0.1:0").unwrap_err().to_string();
    assert!(refusal.contains("`u8` is shared with nobody"), "{refusal}");
}
