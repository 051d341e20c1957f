//! A peer that serves functions itself may send replies; a server answers nothing to them.

#![allow(clippy::unwrap_used)]

use rpc_core::RpcServer;
use tests::{EVERY_FRAMING, HttpPeer, Model, Peer, WebSocket};

const REPLIES: [&str; 9] = [
    r#"{"jsonrpc":"2.0","result":3,"id":1}"#,
    r#"{"jsonrpc":"2.0","id":"x","result":null}"#,
    r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}"#,
    r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}"#,
    r#"{"result":3,"error":null,"id":true}"#,
    r#"{"res":3,"id":1}"#,
    r#"{"error":{"code":1,"message":"no"},"id":1}"#,
    r#"{"result":"ireader 0","out":"pong"}"#,
    r#"[{"jsonrpc":"2.0","result":3,"id":1},{"jsonrpc":"2.0","result":4,"id":2}]"#,
];

const ADD: &str = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;
const SUM: &str = r#"{"jsonrpc":"2.0","result":13,"id":1}"#;

#[test]
fn a_reply_is_answered_with_nothing() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for framing in EVERY_FRAMING {
            let mut peer = Peer::connect(server.address(), framing);
            for reply in REPLIES {
                peer.send(reply);
                assert_eq!(peer.ask(ADD), SUM, "{model:?}, {framing:?}: {reply}");
            }
            // Among calls it leaves no gap, and a call stays one whatever else it has.
            assert_eq!(peer.ask(&format!("[{},{ADD}]", REPLIES[0])), format!("[{SUM}]"));
            let call = ADD.replace("\"method\"", "\"result\":5,\"method\"");
            assert_eq!(peer.ask(&call), SUM);
            // What is neither is told so.
            assert!(peer.ask(r#"{"jsonrpc":"2.0","id":1}"#).contains("-32600"));
        }
    });
}

#[test]
fn nor_by_http_or_a_websocket() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for reply in REPLIES {
            let response = peer.ask(reply);
            assert_eq!((response.status, response.body.as_str()), (200, ""), "{model:?}: {reply}");
        }
        assert_eq!(peer.ask(ADD).body, SUM);
        drop(peer);
        let mut peer = WebSocket::connect(server.address().socket_addr().unwrap());
        for reply in REPLIES {
            peer.send(reply);
            peer.send(ADD);
            assert_eq!(peer.receive_text(), SUM, "{model:?}: {reply}");
        }
    });
}
