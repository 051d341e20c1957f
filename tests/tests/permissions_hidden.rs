//! Where a server hides what may not be called, nobody can tell it from what does not exist.

#![cfg(unix)]
#![allow(clippy::unwrap_used, unreachable_pub, clippy::unused_async)]

#[path = "../src/bin/permissions_server/bank.rs"]
mod bank;

use bank::Believes;
use rpc_core::TcpServer;
use rpc_core::protocol::Framing;
use rpc_core::server::{ServerHandle, Tools};
use serde_json::json;
use tests::{HttpPeer, McpPeer, Peer};

/// Two servers that hide: one has a function, the other does not.
fn two() -> [ServerHandle; 2] {
    [&["withdraw", "transfer", "inspect"] as &[_], &[]].map(|left_out| {
        let registry = bank::functions_without(left_out);
        let server = TcpServer::of(Believes(registry)).identities_by_layer();
        server.mcp(Tools::marked()).hide_denied().start("127.0.0.1:0").unwrap()
    })
}

#[test]
fn answers_are_the_same_byte_for_byte() {
    let servers = two();
    let user = r#""metadata":{"user":"eve"}"#;
    let mut messages = Vec::new();
    for name in ["withdraw", "transfer", "inspect", "withdrow", "bank.withdraw", "with", "draw"] {
        for arguments in ["[1]", "[]", r#"["x"]"#] {
            messages.push(format!(
                r#"{{"method_name":"{name}","method_args":{arguments},"id":1,{user}}}"#
            ));
            messages
                .push(format!(r#"{{"method_name":"{name}","method_args":{arguments},"id":1}}"#));
        }
        messages.push(format!(
            r#"{{"jsonrpc":"2.0","method":"{name}","params":{{"amount":1}},"id":1,{user}}}"#
        ));
        messages.push(format!(r#"[{{"jsonrpc":"2.0","method":"{name}","params":[1],"id":1}}]"#));
        messages.push(format!(r#"{{"in":"{name}","params":[1]}}"#));
        for system in ["describe", "methodHelp", "methodSignature"] {
            messages.push(format!(
                r#"{{"method_name":"system.{system}","method_args":["{name}"],"id":1,{user}}}"#
            ));
        }
        messages.push(format!(
            r#"{{"method_name":"system.multicall","method_args":[[{{"methodName":"{name}","params":[1]}}]],"id":1}}"#
        ));
    }
    for all in ["system.describe", "system.listMethods", "rpc.discover"] {
        messages.push(format!(r#"{{"method_name":"{all}","method_args":[],"id":1,{user}}}"#));
    }
    let mut peers = servers.each_ref().map(|it| Peer::connect(it.address(), Framing::LengthPrefix));
    for message in &messages {
        let [without, with] = peers.each_mut().map(|peer| peer.ask(message));
        assert_eq!(without, with, "{message}");
    }
    let xml = "<methodCall><methodName>withdraw</methodName></methodCall>";
    let tool = json!({ "name": "withdraw", "arguments": { "amount": 1 } });
    let [without, with] = servers.each_ref().map(|server| {
        let address = server.address();
        let xml = HttpPeer::post("Content-Type: text/xml\r\nuser: eve\r\n", xml);
        let xml = HttpPeer::connect(address.clone()).exchange(&xml);
        let json = HttpPeer::connect(address.clone()).ask(&messages[0]);
        let mut peer = McpPeer::connect(address.clone());
        let called = peer.ask("tools/call", tool.clone());
        // A cursor that names it leads nowhere.
        let cursor = peer.ask("tools/list", json!({ "cursor": "d2l0aGRyYXc=" }));
        (xml, json, called, peer.ask("tools/list", json!({})), cursor)
    });
    assert_eq!(without, with);
}

#[test]
fn who_may_call_sees_what_is_there() {
    let [_, server] = two();
    let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
    let user = r#""metadata":{"user":"ada"}"#;
    let mut ask = |method: &str, args: &str| {
        peer.ask(&format!(r#"{{"method_name":"{method}","method_args":[{args}],"id":1,{user}}}"#))
    };
    assert_eq!(ask("withdraw", "5"), r#"{"res":5,"id":1}"#);
    assert!(ask("withdrow", "5").contains("did you mean `withdraw`?"));
    assert!(ask("system.methodHelp", r#""withdraw""#).contains("Takes money from the account."));
}
