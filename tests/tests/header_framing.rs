//! Messages behind a `Content-Length` header, as editors and language servers send them.

#![allow(clippy::unwrap_used)]

use rpc_core::client::Dialect;
use rpc_core::protocol::{Framing, Limits};
use rpc_core::{RpcClient, RpcServer, Stub, args, kwargs};
use tests::{Fake, Model, Peer, frame};

const ADD: &str = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;
const SUM: &str = r#"{"jsonrpc":"2.0","result":13,"id":1}"#;

/// A fault of the whole connection.
fn fault(code: i64, message: &str) -> String {
    if code == -32700 {
        return format!(
            r#"{{"jsonrpc":"2.0","error":{{"code":-32700,"message":"Parse error","data":"{message}"}},"id":null}}"#
        );
    }
    format!(r#"{{"jsonrpc":"2.0","error":{{"code":{code},"message":"{message}"}},"id":null}}"#)
}

#[test]
fn a_header_is_understood_in_any_case_order_and_company() {
    let headers = [
        "Content-Length: 54\r\n\r\n",
        "content-length:54\r\n\r\n",
        "CONTENT-LENGTH: \t0054 \r\n\r\n",
        "Content-Length: 54\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
        "Content-Type: application/vscode-jsonrpc; charset=utf8\r\nContent-Length: 54\r\n\r\n",
        "Content-Length: 54\r\nX-Trace: {}\r\n\r\n",
    ];
    assert_eq!(ADD.len(), 54);
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for header in headers {
            // First of a connection, and in the middle of one.
            let mut peer = Peer::connect(server.address(), Framing::Header);
            for _ in 0..2 {
                peer.write(format!("{header}{ADD}").as_bytes());
                assert_eq!(peer.receive().as_deref(), Some(SUM), "{header}");
            }
            for byte in format!("{header}{ADD}").into_bytes() {
                peer.write(&[byte]);
            }
            assert_eq!(peer.receive().as_deref(), Some(SUM), "{header}");
        }
    });
}

#[test]
fn a_header_that_is_none_is_answered_once_and_closed() {
    let expected = "`Content-Length: 18`, an empty line, then 18 bytes of JSON are expected";
    let limit = 10 << 20;
    let too_large = |size: &str| {
        format!(
            "a message of {size} bytes is over the limit of {limit}; send less, or raise `Limits::max_message_bytes`"
        )
    };
    let long = format!("Content-Length: 54\r\nX: {}\r\n\r\n", "x".repeat(5000));
    let broken = [
        ("Content-Type: x\r\n\r\n", -32700, "it has no `Content-Length`"),
        (
            "Content-Length: 54\r\nContent-Length: 54\r\n\r\n",
            -32700,
            "it has `Content-Length` twice",
        ),
        ("Content-Length: -54\r\n\r\n", -32700, "`Content-Length` must be a whole number of bytes"),
        ("Content-Length: 5 4\r\n\r\n", -32700, "`Content-Length` must be a whole number of bytes"),
        ("Content-Length\r\n\r\n", -32700, "a line of it is no name with a colon and a value"),
        ("Content-Length: 54\n\n", -32700, "a line of it ends without a carriage return"),
        (&long, -32700, "it takes more than 4096 bytes"),
    ];
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for is_first in [true, false] {
            let ask = |text: &str| {
                let mut peer = Peer::connect(server.address(), Framing::Header);
                if !is_first {
                    assert_eq!(peer.ask(ADD), SUM);
                }
                peer.write(text.as_bytes());
                peer.receive_all()
            };
            for (header, code, why) in broken {
                let why = format!("not a message header: {why}; {expected}");
                assert_eq!(ask(&format!("{header}{ADD}")), [fault(code, &why)], "{header}");
            }
            // Before any of the bytes that are announced has come.
            for size in ["10485761", "4294967296", "18446744073709551615"] {
                let header = format!("Content-Length: {size}\r\n\r\n");
                assert_eq!(ask(&header), [fault(-32004, &too_large(size))]);
            }
            let header = format!("Content-Length: 1{}\r\n\r\n", "0".repeat(1000));
            assert_eq!(ask(&header), [fault(-32004, &too_large("18446744073709551615"))]);
            let empty = "not JSON: expected a value at byte 0";
            let goes_on = ask(&format!(
                "Content-Length: 0\r\n\r\n{}Content-Length: x\r\n\r\n",
                String::from_utf8(frame(Framing::Header, ADD.as_bytes())).unwrap()
            ));
            assert_eq!(goes_on[..2], [fault(-32700, empty), SUM.to_owned()]);
        }
    });
}

#[test]
fn a_message_cut_short_is_answered_and_not_run() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let whole = frame(Framing::Header, ADD.as_bytes());
    for length in 4..whole.len() {
        let mut peer = Peer::connect(server.address(), Framing::Header);
        peer.write(&whole[..length]);
        peer.finish();
        let truncated = fault(-32700, "the connection ended inside a message");
        assert_eq!(peer.receive_all(), [truncated], "{length} bytes");
    }
}

#[test]
fn every_dialect_is_spoken_behind_a_header() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), Framing::Header);
    assert_eq!(peer.ask(r#"{"method_name":"add","method_args":[1,2]}"#), r#"{"res":13}"#);
    assert_eq!(peer.ask(r#"{"in":"ping","params":"x"}"#), r#"{"result":"x","out":"pong"}"#);
    assert_eq!(peer.ask(ADD), SUM);
    assert_eq!(peer.ask(&format!("[{ADD},{ADD}]")), format!("[{SUM},{SUM}]"));
}

#[test]
fn replies_of_every_size_have_the_length_they_have() {
    let limits = Limits { max_message_bytes: 2 << 20, ..Limits::default() };
    let server = Model::ThreadPerConnection.start(RpcServer::exported().limits(limits));
    let mut peer = Peer::connect(server.address(), Framing::Header);
    for size in [0, 1, 50, 61, 62, 63, 64, 960, 961, 962, 963, 964, 9_990, 1_000_000] {
        let call = format!(r#"{{"jsonrpc":"2.0","method":"repeat","params":["x",{size}],"id":1}}"#);
        let expected = format!(r#"{{"jsonrpc":"2.0","result":"{}","id":1}}"#, "x".repeat(size));
        assert_eq!(peer.ask(&call), expected);
    }
}

#[test]
fn a_client_speaks_to_a_language_server_and_is_not_confused_by_what_it_says_unasked() {
    let server = Fake::start(Framing::Header, |mut peer| {
        while let Some(message) = peer.receive() {
            let message: serde_json::Value = serde_json::from_str(&message).unwrap();
            assert_eq!(message["jsonrpc"], "2.0");
            // Notifications and requests of the server's own, with ids that are those of calls.
            peer.send(r#"{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":3}}"#);
            let id = &message["id"];
            peer.send(&format!(r#"{{"jsonrpc":"2.0","method":"workspace/folders","id":{id}}}"#));
            let params = &message["params"];
            let reply = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{params}}}"#);
            let header = format!(
                "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length: {}\r\n\r\n",
                reply.len()
            );
            peer.write(format!("{header}{reply}").as_bytes());
        }
    });
    let builder = RpcClient::builder().framing(Framing::Header).dialect(Dialect::JsonRpc);
    let client = builder.connect(server.address()).unwrap();
    for n in 0..5 {
        let params: Vec<i64> = client.call("initialize", args![n, 2], kwargs! {}).unwrap();
        assert_eq!(params, [n, 2]);
        let params: serde_json::Value = client.call("initialize", (), kwargs! { n: n }).unwrap();
        assert_eq!(params, serde_json::json!({ "n": n }));
        // Without arguments there are no params.
        assert_eq!(client.call::<Option<i64>>("initialize", (), ()).unwrap(), None);
    }
    drop(client);
}
