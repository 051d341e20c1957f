//! XML-RPC over HTTP: Python's own library calls the exported functions as they are, and what is sent
//! is answered as the table in the documentation says.

#![allow(clippy::unwrap_used)]

use std::future::ready;

use rpc_core::protocol::Limits;
use rpc_core::protocol::Protocol;
use rpc_core::server::XmlRpcOptions;
use rpc_core::types::{Bytes, DateTime};
use rpc_core::{RpcServer, rpc_export};
use serde::{Deserialize, Serialize};
use tests::{HttpPeer, Model, Running, python};

#[derive(Serialize, Deserialize)]
struct Document {
    data: Bytes<'static>,
    at: DateTime,
    parts: Vec<Option<Bytes<'static>>>,
}

impl Document {
    fn of(data: &[u8], at: DateTime) -> Self {
        let part = |length: usize| Some(Bytes::from(data[..data.len().min(length)].to_vec()));
        Self { data: Bytes::from(data.to_vec()), at, parts: vec![part(3), part(0)] }
    }
}

/// Puts a document together.
#[rpc_export]
fn document(data: &[u8], at: DateTime) -> Document {
    Document::of(data, at)
}

/// Puts a document together later.
#[rpc_export]
async fn document_later(data: &[u8], at: DateTime) -> Document {
    Document::of(ready(data).await, at)
}

#[rpc_export]
fn big() -> i64 {
    1 << 40
}

#[rpc_export]
fn big_or(other: Option<i64>) -> i64 {
    other.unwrap_or(1 << 40)
}

#[rpc_export]
fn control() -> &'static str {
    "\u{1}"
}

#[rpc_export]
fn lines() -> &'static str {
    "one\r\ntwo\rthree\n"
}

fn call(method: &str, params: &[&str]) -> String {
    let params = params.iter().map(|value| format!("<param><value>{value}</value></param>"));
    let params = params.collect::<Vec<_>>().concat();
    format!(
        "<?xml version=\"1.0\"?>\n<methodCall><methodName>{method}</methodName>\
         <params>{params}</params></methodCall>"
    )
}

fn post(content_type: &str, body: &str) -> String {
    HttpPeer::post(&format!("Content-Type: {content_type}\r\n"), body)
}

fn reply(value: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodResponse><params><param>\
         <value>{value}</value></param></params></methodResponse>\n"
    )
}

#[test]
fn pythons_library_calls_every_model_as_it_is() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let Some(mut client) = python("xmlrpc_client.py") else { return };
        let url = format!("http://{}", server.address());
        assert_eq!(Running::lines(client.arg(url)), ["passed"], "{model:?}");
    });
}

#[test]
fn xml_is_told_by_its_content_type() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let mut peer = HttpPeer::connect(server.address());
    let add = call("add", &["<int>1</int>", "<i4>2</i4>"]);
    for content_type in [
        "text/xml",
        "application/xml",
        "Text/XML; charset=utf-8",
        "text/xml; charset=\"ISO-8859-1\"",
        "text/xml;charset=us-ascii",
    ] {
        let response = peer.exchange(&post(content_type, &add));
        assert_eq!(response.header("content-type"), Some("text/xml"));
        assert_eq!((response.status, response.body), (200, reply("<int>13</int>")));
    }
    // Two bytes of UTF-8 are two characters of ISO-8859-1.
    let same = call("same", &["é"]);
    let response = peer.exchange(&post("text/xml; charset=iso-8859-1", &same));
    assert_eq!(response.body, reply("<string>Ã©</string>"));
    let response = peer.exchange(&post("text/xml; charset=utf-16", &same));
    assert_eq!(response.status, 200);
    assert!(response.body.contains("<int>-32701</int>"), "{}", response.body);
    // The same connection goes on in JSON.
    let mut peer = HttpPeer::connect(server.address());
    assert_eq!(peer.exchange(&post("text/xml", &add)).body, reply("<int>13</int>"));
    assert_eq!(peer.ask(r#"{"method_name":"add","method_args":[1,2]}"#).body, r#"{"res":13}"#);
    let response = peer.exchange(&post("application/json", &add));
    assert!(response.body.contains("-32700"), "{}", response.body);
}

#[test]
fn what_cannot_be_answered_is_a_fault_in_xml() {
    let limits = Limits { max_message_bytes: 2000, max_depth: 8, ..Limits::default() };
    Model::each(|model| {
        let server = model.start(RpcServer::exported().limits(limits));
        let deep = |levels: usize| {
            let (open, close) = ("<array><data><value>", "</value></data></array>");
            format!("{}1{}", open.repeat(levels), close.repeat(levels))
        };
        for (body, status, code) in [
            (call("same", &[&deep(6)]), 200, None),
            (call("same", &[&deep(7)]), 200, Some(-32004)),
            (call("same", &[&"x".repeat(2000)]), 413, Some(-32004)),
            (call("repeat", &["x", "<int>2000</int>"]), 200, Some(-32006)),
            (call("repeat", &["&gt;", "<int>1000</int>"]), 200, Some(-32006)),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>".to_owned(), 200, Some(-32700)),
            (r#"{"method_name":"add"}"#.to_owned(), 200, Some(-32700)),
            ("<methodResponse/>".to_owned(), 200, Some(-32600)),
            (String::new(), 200, Some(-32700)),
            (call("fail", &["secret"]), 200, Some(-32603)),
        ] {
            let mut peer = HttpPeer::connect(server.address());
            let response = peer.exchange(&post("text/xml", &body));
            assert_eq!(response.status, status, "{model:?}: {body}");
            let fault = code.map(|code| format!("<name>faultCode</name><value><int>{code}</int>"));
            let said = fault
                .map_or(response.body.contains("<params>"), |fault| response.body.contains(&fault));
            assert!(said && !response.body.contains("secret"), "{model:?}: {}", response.body);
        }
    });
}

#[test]
fn the_protocol_can_be_disabled() {
    let server = RpcServer::exported().disable(Protocol::XmlRpc).start("127.0.0.1:0").unwrap();
    let mut peer = HttpPeer::connect(server.address());
    let response = peer.exchange(&post("text/xml", &call("nothing", &[])));
    assert!(response.body.contains("XML-RPC is disabled on this server"), "{}", response.body);
    assert_eq!(peer.ask(r#"{"method_name":"add","method_args":[1,2]}"#).body, r#"{"res":13}"#);
}

#[test]
fn what_the_server_is_told_of_its_callers_counts() {
    let options = XmlRpcOptions { extensions: true, trailing_struct_as_keywords: true };
    let server = RpcServer::exported().xml_rpc(options).start("127.0.0.1:0").unwrap();
    let mut peer = HttpPeer::connect(server.address());
    let c = "<struct><member><name>c</name><value><int>3</int></value></member></struct>";
    for (method, params, value) in [
        ("big", &[][..], "<i8>1099511627776</i8>"),
        ("nothing", &[], "<nil/>"),
        ("add", &["<int>1</int>", "<int>2</int>", c], "<int>6</int>"),
    ] {
        let response = peer.exchange(&post("text/xml", &call(method, params)));
        assert_eq!(response.body, reply(value), "{method}");
    }
}
