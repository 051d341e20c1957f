//! A plain call on a warm connection allocates nothing on the server.

#![allow(clippy::unwrap_used)]

use rpc_core::layer::{Answer, Answered, Session};
use rpc_core::protocol::{Connection, Limits};
use rpc_core::{FunctionRegistry, JsonRpc, RpcServer};
use tests::{Counting, EVERY_FRAMING, Model, Peer, allocations, frame};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CALLS: [(&str, &str); 10] = [
    (
        r#"{"method_name":"add","method_args":[1,2],"method_kwargs":{"c":3},"id":7}"#,
        r#"{"res":6,"id":7}"#,
    ),
    (r#"{"method_name":"add","method_args":[1,2],"method_kwargs":{"c":3}}"#, r#"{"res":6}"#),
    (
        r#"{"method_name":"add","method_args":[1,2],"id":"a long id, as some clients make them of random bits"}"#,
        r#"{"res":13,"id":"a long id, as some clients make them of random bits"}"#,
    ),
    (
        r#"{"jsonrpc":"2.0","method":"add","params":[1,2,3],"id":7}"#,
        r#"{"jsonrpc":"2.0","result":6,"id":7}"#,
    ),
    (
        r#"{"jsonrpc":"2.0","id":"a id of another","method":"add","params":{"a":1,"b":2,"c":3}}"#,
        r#"{"jsonrpc":"2.0","result":6,"id":"a id of another"}"#,
    ),
    (
        r#"{"jsonrpc": "2.0", "method": "add", "params": [1, 2], "id": 7}"#,
        r#"{"jsonrpc":"2.0","result":13,"id":7}"#,
    ),
    (
        r#"{"id":7,"params":[1,2],"method":"add","jsonrpc":"2.0"}"#,
        r#"{"jsonrpc":"2.0","result":13,"id":7}"#,
    ),
    (r#"{"in":"add","params":{"a":1,"b":2,"c":3}}"#, r#"{"result":6,"out":"add"}"#),
    (r#"{"in":"ping","params":"ireader 0"}"#, r#"{"result":"ireader 0","out":"pong"}"#),
    (
        r#"{"method_name":"echo","method_args":["a text without escapes is borrowed, ü and 🦀 too"]}"#,
        r#"{"res":"a text without escapes is borrowed, ü and 🦀 too"}"#,
    ),
];

#[test]
fn reading_answering_and_framing_allocate_nothing() {
    let answer = JsonRpc::new(FunctionRegistry::exported());
    assert!(allocations() > 0, "what is allocated is counted");
    for framing in EVERY_FRAMING {
        for (call, reply) in CALLS {
            let bytes = frame(framing, call.as_bytes()).repeat(10);
            let mut connection = Connection::new(Some(framing), Limits::default());
            let mut session = Session::default();
            let mut serve = || {
                connection.room()[..bytes.len()].copy_from_slice(&bytes);
                connection.received(bytes.len());
                while let Some(message) = connection.next_message().unwrap() {
                    connection.reply(&message, |message, out| {
                        matches!(answer.answer(message, &mut session, out), Answered::Reply)
                    });
                }
                let output = connection.output();
                assert!(output.windows(reply.len()).any(|text| text == reply.as_bytes()));
                connection.written();
            };
            serve();
            let before = allocations();
            for _ in 0..100 {
                serve();
            }
            assert_eq!(allocations() - before, 0, "{call} in {framing:?}");
        }
    }
}

#[test]
fn a_thread_that_serves_a_connection_allocates_nothing() {
    let mut registry = FunctionRegistry::exported();
    // Runs on the thread that serves the connection, and so tells of that one.
    registry.register("allocations", allocations).unwrap();
    let server = Model::ThreadPerConnection.start(RpcServer::of(registry));
    for framing in EVERY_FRAMING {
        let mut peer = Peer::connect(server.address(), framing);
        let ask = r#"{"method_name":"allocations"}"#;
        for (call, reply) in CALLS {
            // Warm: buffers have their sizes.
            for _ in 0..3 {
                assert_eq!(peer.ask(call), reply);
                peer.ask(ask);
            }
            let before = peer.ask(ask);
            for _ in 0..100 {
                assert_eq!(peer.ask(call), reply);
            }
            assert_eq!(peer.ask(ask), before, "{call} in {framing:?}");
        }
    }
}
