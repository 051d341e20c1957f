//! Who speaks a disabled protocol is answered with an error that says so; the others stay enabled.

#![allow(clippy::unwrap_used)]

use rpc_core::client::Dialect;
use rpc_core::protocol::{Framing, Limits, Protocol, code};
use rpc_core::{RpcClient, RpcServer, Stub};
use tests::{FRAMINGS, Model, Peer};

const CALLS: [(Protocol, &str, &str, &str); 3] = [
    (
        Protocol::Native,
        r#"{"method_name":"add","method_args":[1,2],"id":1}"#,
        r#"{"res":13,"id":1}"#,
        r#"{"error":{"code":-32600,"message":"the native dialect (`method_name`) is disabled on this server; speak another dialect, or have it enabled"},"id":1}"#,
    ),
    (
        Protocol::Ping,
        r#"{"in":"add","params":[1,2]}"#,
        r#"{"result":13,"out":"add"}"#,
        r#"{"out":"error","result":{"code":-32600,"message":"the ping dialect (`in`) is disabled on this server; speak another dialect, or have it enabled"}}"#,
    ),
    (
        Protocol::JsonRpc,
        r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#,
        r#"{"jsonrpc":"2.0","result":13,"id":1}"#,
        r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":"JSON-RPC 2.0 is disabled on this server; speak another dialect, or have it enabled"},"id":1}"#,
    ),
];

#[test]
fn a_dialect_that_is_switched_off_is_answered_so_in_itself_and_the_connection_lives_on() {
    for model in Model::ALL {
        for disabled in CALLS.map(|(protocol, ..)| protocol) {
            let server = model.start(RpcServer::exported().disable(disabled));
            for framing in FRAMINGS {
                let mut peer = Peer::connect(server.address(), framing);
                for (protocol, call, reply, refusal) in CALLS {
                    let expected = if protocol == disabled { refusal } else { reply };
                    assert_eq!(peer.ask(call), expected, "{model:?}, {framing:?}");
                }
            }
        }
    }
}

#[test]
fn a_batch_in_a_disabled_protocol_is_refused_whole() {
    let server = Model::ALL[0].start(RpcServer::exported().disable(Protocol::JsonRpc));
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
        for (protocol, framing, name) in [
            (Protocol::LengthPrefix, Framing::LengthPrefix, "length-prefix framing"),
            (Protocol::Raw, Framing::Raw, "raw JSON over a stream"),
        ] {
            // Setting limits enables no protocol.
            let server = RpcServer::exported().disable(protocol).limits(Limits::default());
            let server = model.start(server);
            for other in FRAMINGS {
                let mut peer = Peer::connect(server.address(), other);
                let (_, call, reply, _) = CALLS[0];
                if other == framing {
                    peer.send(call);
                    let refusal = format!(
                        r#"{{"error":{{"code":-32700,"message":"{name} is disabled on this server; speak to it in another way, or have it enabled"}}}}"#
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
fn a_client_is_told_of_a_disabled_protocol() {
    let server = RpcServer::exported().disable(Protocol::JsonRpc).disable(Protocol::Raw);
    let server = Model::ThreadPerConnection.start(server);
    let builder = RpcClient::builder().dialect(Dialect::JsonRpc);
    let client = builder.connect(server.address()).unwrap();
    let refusal = client.call::<i64>("add", [1, 2], ()).unwrap_err();
    assert_eq!(refusal.fault().unwrap().code(), code::INVALID_REQUEST);
    assert!(refusal.to_string().starts_with("JSON-RPC 2.0 is disabled"), "{refusal}");
    assert!(!refusal.may_have_run());

    let client = RpcClient::builder().framing(Framing::Raw).connect(server.address()).unwrap();
    let refusal = client.call::<i64>("add", [1, 2], ()).unwrap_err();
    assert!(!refusal.to_string().contains("not a reply"), "{refusal}");
    assert!(refusal.to_string().contains("is disabled on this server"), "{refusal}");
}
