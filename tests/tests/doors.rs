//! A door that is shut is answered with an error that says so, and the others stay open.

#![allow(clippy::unwrap_used)]

use rpc_core::{
    Dialect, Door, Error, Framing, Limits, ProtocolError, RpcClient, RpcServer, Stub, code,
};
use tests::{FRAMINGS, Model, Peer};

const CALLS: [(Door, &str, &str, &str); 3] = [
    (
        Door::Native,
        r#"{"method_name":"add","method_args":[1,2],"id":1}"#,
        r#"{"res":13,"id":1}"#,
        r#"{"error":{"code":-32600,"message":"the native dialect (`method_name`) is switched off on this server; speak another dialect, or have it switched on"},"id":1}"#,
    ),
    (
        Door::Ping,
        r#"{"in":"add","params":[1,2]}"#,
        r#"{"result":13,"out":"add"}"#,
        r#"{"out":"error","result":{"code":-32600,"message":"the ping dialect (`in`) is switched off on this server; speak another dialect, or have it switched on"}}"#,
    ),
    (
        Door::JsonRpc,
        r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#,
        r#"{"jsonrpc":"2.0","result":13,"id":1}"#,
        r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":"JSON-RPC 2.0 is switched off on this server; speak another dialect, or have it switched on"},"id":1}"#,
    ),
];

#[test]
fn a_dialect_that_is_switched_off_is_answered_so_in_itself_and_the_connection_lives_on() {
    for model in Model::ALL {
        for shut in CALLS.map(|(door, ..)| door) {
            let server = model.start(RpcServer::exported().without(shut));
            for framing in FRAMINGS {
                let mut peer = Peer::connect(server.address(), framing);
                for (door, call, reply, refusal) in CALLS {
                    let expected = if door == shut { refusal } else { reply };
                    assert_eq!(peer.ask(call), expected, "{model:?}, {framing:?}");
                }
            }
        }
    }
}

#[test]
fn a_batch_at_a_shut_door_is_refused_whole() {
    let server = Model::ALL[0].start(RpcServer::exported().without(Door::JsonRpc));
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    let (_, call, _, refusal) = CALLS[2];
    let refusal = refusal.replace(r#""id":1"#, r#""id":null"#);
    assert_eq!(peer.ask(&format!("[{call},{call}]")), refusal);
    // Not even then is what wants no reply run, or answered.
    assert_eq!(peer.ask(r#"[{"jsonrpc":"2.0","method":"abort"}]"#), refusal);
}

#[test]
fn a_framing_that_is_switched_off_is_answered_once_and_closed() {
    for model in Model::ALL {
        for (door, framing, name) in [
            (Door::LengthPrefix, Framing::LengthPrefix, "length-prefix framing"),
            (Door::Raw, Framing::Raw, "raw JSON over a stream"),
        ] {
            // Setting limits opens no door.
            let server = RpcServer::exported().without(door).limits(Limits::default());
            let server = model.start(server);
            for other in FRAMINGS {
                let mut peer = Peer::connect(server.address(), other);
                let (_, call, reply, _) = CALLS[0];
                if other == framing {
                    peer.send(call);
                    let refusal = format!(
                        r#"{{"error":{{"code":-32700,"message":"{name} is switched off on this server; speak to it in another way, or have it switched on"}}}}"#
                    );
                    assert_eq!(peer.receive_all(), [refusal]);
                } else {
                    assert_eq!(peer.ask(call), reply);
                }
            }
        }
    }
}

#[test]
fn a_client_is_told_of_a_shut_door() {
    let server = RpcServer::exported().without(Door::JsonRpc).without(Door::Raw);
    let server = Model::ThreadPerConnection.start(server);
    let builder = RpcClient::builder().dialect(Dialect::JsonRpc);
    let client = builder.connect(server.address()).unwrap();
    let refusal = client.call::<i64>("add", [1, 2], ()).unwrap_err();
    assert_eq!(refusal.fault().unwrap().code(), code::INVALID_REQUEST);
    assert!(refusal.to_string().starts_with("JSON-RPC 2.0 is switched off"), "{refusal}");
    assert!(!refusal.may_have_run());

    let client = RpcClient::builder().framing(Framing::Raw).connect(server.address()).unwrap();
    let refusal = client.call::<i64>("add", [1, 2], ()).unwrap_err();
    assert!(!matches!(refusal, Error::Protocol(ProtocolError::NotAReply(_))), "{refusal}");
    assert!(refusal.to_string().contains("is switched off on this server"), "{refusal}");
}
