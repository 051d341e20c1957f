//! Whatever goes wrong in a function or a layer, the caller is told, and everybody lives on.

#![allow(clippy::unwrap_used)]

use rpc_core::layer::{Answer, Answered, Dispatch, Outcome, Reply, Session};
use rpc_core::protocol::{Call, Limits};
use rpc_core::{CallContext, Fault, FunctionRegistry, JsonRpc, RpcServer, TcpServer};
use tests::{FRAMINGS, Model, Peer};

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;

#[test]
fn a_panic_is_answered_and_neither_the_connection_nor_its_neighbours_notice() {
    for model in Model::ALL {
        let server = model.start(RpcServer::exported());
        let mut neighbour = None;
        if Model::CONCURRENT.contains(&model) {
            let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
            assert_eq!(peer.ask(ADD), SUM);
            neighbour = Some(peer);
        }
        for framing in FRAMINGS {
            let mut peer = Peer::connect(server.address(), framing);
            for _ in 0..3 {
                let reply =
                    peer.ask(r#"{"method_name":"fail","method_args":["password123"],"id":7}"#);
                assert_eq!(
                    reply,
                    r#"{"error":{"code":-32603,"message":"`fail` panicked; the server's log says why"},"id":7}"#
                );
                assert_eq!(peer.ask(ADD), SUM);
            }
        }
        if let Some(mut neighbour) = neighbour {
            assert_eq!(neighbour.ask(ADD), SUM);
        }
    }
}

#[test]
fn a_server_without_functions_says_which_instance_may_be_missing() {
    let server = Model::ALL[0].start(RpcServer::of(FunctionRegistry::new()));
    let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
    assert_eq!(
        peer.ask(ADD),
        r#"{"error":{"code":-32601,"message":"no function `add` is served here; it is a method of `Tasks`, of which no instance is registered: `registry.register_instance(…)`"},"id":1}"#
    );
}

#[test]
fn a_result_over_the_limit_is_refused_and_the_connection_lives_on() {
    let limits = Limits { max_message_bytes: 1000, ..Limits::default() };
    for model in Model::ALL {
        let server = model.start(RpcServer::exported().limits(limits));
        for framing in FRAMINGS {
            let mut peer = Peer::connect(server.address(), framing);
            for (times, reply) in [
                (983, format!(r#"{{"res":"{}","id":1}}"#, "x".repeat(983))),
                (984, too_large(1001)),
                (100_000, too_large(100_017)),
            ] {
                let call =
                    format!(r#"{{"method_name":"repeat","method_args":["x",{times}],"id":1}}"#);
                assert_eq!(peer.ask(&call), reply);
            }
            assert_eq!(peer.ask(ADD), SUM);
        }
    }
}

fn too_large(size: usize) -> String {
    let message = format!(
        "`repeat` has run, but its reply takes {size} bytes, over the limit of 1000; ask for less, or raise `Limits::max_message_bytes`"
    );
    format!(r#"{{"error":{{"code":-32006,"message":"{message}"}},"id":1}}"#)
}

#[test]
fn a_layer_that_panics_is_answered_for_like_a_function() {
    for model in Model::ALL {
        let stack = JsonRpc::new(Unsound(FunctionRegistry::exported()));
        let server = model.start(TcpServer::new(stack));
        let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
        for (method, message) in [
            ("before", "`before` panicked; the server's log says why"),
            ("after", "`after` panicked; the server's log says why"),
            ("silent", "`silent` was run and sent no result"),
        ] {
            let reply = peer.ask(&format!(r#"{{"method_name":"{method}","id":"x"}}"#));
            let expected =
                format!(r#"{{"error":{{"code":-32603,"message":"{message}"}},"id":"x"}}"#);
            assert_eq!(reply, expected);
            assert_eq!(peer.ask(ADD), SUM);
        }
    }
}

/// A layer that fails in its own ways.
struct Unsound<D>(D);

impl<D: Dispatch> Dispatch for Unsound<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        match call.method() {
            "before" => panic!("the secret"),
            "after" => {
                reply.send("half of a reply").unwrap();
                panic!("the secret")
            }
            "silent" => Outcome::done(),
            _ => self.0.dispatch(call, context, reply),
        }
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}

#[test]
fn a_panic_outside_of_calls_ends_one_connection_and_not_the_server() {
    for model in Model::ALL {
        let server =
            model.start(TcpServer::new(Brittle(JsonRpc::new(FunctionRegistry::exported()))));
        for _ in 0..3 {
            let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
            assert_eq!(peer.ask(ADD), SUM);
            peer.send("break");
            assert!(peer.is_ended());
        }
    }
}

/// A layer around bytes that panics, where no call is known that could be answered.
struct Brittle<A>(A);

impl<A: Answer> Answer for Brittle<A> {
    fn answer(&self, message: &[u8], session: &mut Session, out: &mut Vec<u8>) -> Answered {
        assert_ne!(message, b"break");
        self.0.answer(message, session, out)
    }

    fn refuse(&self, message: &[u8], fault: &Fault, session: &mut Session, out: &mut Vec<u8>) {
        self.0.refuse(message, fault, session, out);
    }
}
