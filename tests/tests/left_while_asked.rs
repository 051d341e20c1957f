//! A caller who leaves while it is found out who calls is told of: what they asked for, and that nothing has run.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rpc_core::RpcServer;
use rpc_core::identity::{Credentials, Identity};
use rpc_core::protocol::Framing;
use rpc_core::server::{KeptArguments, Tools};
use serde_json::{Value, json};
use tests::{HttpPeer, McpPeer, Model, Peer, until};
use tokio::sync::watch;

const CALL: &str =
    r#"{"jsonrpc":"2.0","method":"whoami","id":7,"metadata":{"authorization":"Bearer x"}}"#;

/// A server that is asked who calls and does not answer before it is `open`, and what it tells of.
struct Asking {
    records: Arc<Mutex<Vec<Value>>>,
    asked: watch::Receiver<usize>,
    open: watch::Sender<bool>,
    address: SocketAddr,
    server: rpc_core::server::ServerHandle,
}

impl Asking {
    fn start(model: Model) -> Self {
        let records = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&records);
        let (open, gate) = watch::channel(false);
        let (asks, asked) = watch::channel(0);
        let asks = Arc::new(asks);
        let server = RpcServer::exported()
            .mcp(Tools::all())
            .authenticate_async(move |_: Credentials<'static>| {
                let (mut gate, asks) = (gate.clone(), Arc::clone(&asks));
                async move {
                    asks.send_modify(|count| *count += 1);
                    let _ = gate.wait_for(|open| *open).await;
                    Ok(Identity::new("ada"))
                }
            })
            .stop_timeout(Duration::from_millis(300))
            .keep_arguments(KeptArguments::of(["metadata"]))
            .on_call(move |call| told.lock().unwrap().push(serde_json::to_value(call).unwrap()));
        let server = model.start(server);
        let address = server.address().socket_addr().unwrap();
        Self { records, asked, open, address, server }
    }

    /// The record of what `peer` has asked for, which leaves then.
    fn record(&self, asked: usize, peer: impl Sized) -> Value {
        until(&format!("it is asked {asked}"), || *self.asked.borrow() >= asked);
        assert_eq!(self.records.lock().unwrap().len(), 0);
        drop(peer);
        until(&format!("{asked} is told of"), || !self.records.lock().unwrap().is_empty());
        let mut records = std::mem::take(&mut *self.records.lock().unwrap());
        assert_eq!(records.len(), 1, "{records:?}");
        records.remove(0)
    }
}

fn assert_refused(record: &Value, function: &str, protocol: &str, id: &Value) {
    for (member, expected) in [
        ("function", &json!(function)),
        ("protocol", &json!(protocol)),
        ("id", id),
        ("outcome", &json!("refused")),
        ("code", &json!(-32002)),
        ("may_have_run", &json!(false)),
        ("identity", &Value::Null),
        ("caller_address", &json!("127.0.0.1")),
    ] {
        assert_eq!(&record[member], expected, "{member}: {record}");
    }
}

fn post(body: &str) -> String {
    let headers = "Content-Type: application/json\r\nAuthorization: Bearer x\r\n";
    HttpPeer::post(headers, body)
}

/// A peer that ends its side of a stream may still wait for its answers, so what it asked for is gone on with.
#[test]
fn over_a_stream_it_is_told_of_as_what_has_run() {
    Model::each(|model| {
        for message in [CALL.to_owned(), format!("[{CALL}]")] {
            let server = Asking::start(model);
            let mut peer = Peer::connect(server.address, Framing::Raw);
            peer.send(&message);
            until("it is asked", || *server.asked.borrow() >= 1);
            drop(peer);
            assert_eq!(server.records.lock().unwrap().len(), 0);
            server.open.send(true).unwrap();
            until("it is told of", || !server.records.lock().unwrap().is_empty());
            let record = server.records.lock().unwrap()[0].clone();
            let told = (&record["function"], &record["outcome"], &record["identity"]);
            assert_eq!(told, (&json!("whoami"), &json!("returned"), &json!("ada")), "{model:?}");
        }
    });
}

#[test]
fn by_http_in_every_model() {
    Model::each(|model| {
        let server = Asking::start(model);
        let mut peer = HttpPeer::connect(server.address);
        peer.write(post(r#"{"jsonrpc":"2.0","method":"whoami","id":1}"#).as_bytes());
        assert_refused(&server.record(1, peer), "whoami", "json-rpc", &json!(1));
        let batch = r#"[{"jsonrpc":"2.0","method":"whoami","id":1}]"#;
        let multicall = r#"{"jsonrpc":"2.0","method":"system.multicall","params":[[]],"id":"x"}"#;
        for (number, (body, function, id)) in
            [(batch, "", Value::Null), (multicall, "system.multicall", json!("x"))]
                .into_iter()
                .enumerate()
        {
            let mut peer = HttpPeer::connect(server.address);
            peer.write(post(body).as_bytes());
            assert_refused(&server.record(2 + number, peer), function, "json-rpc", &id);
        }
        let mut peer = McpPeer::connect(server.address);
        let params = json!({"name": "whoami", "arguments": {}, "_meta": McpPeer::meta()});
        let headers = McpPeer::headers("tools/call", Some("whoami"));
        let headers = format!("{headers}Authorization: Bearer x\r\n");
        peer.send(&headers, &McpPeer::body("tools/call", &params));
        assert_refused(&server.record(4, peer), "whoami", "mcp", &json!(1));
    });
}

#[test]
fn who_waits_is_told_of_once_and_as_who_they_are() {
    Model::each(|model| {
        let server = Asking::start(model);
        let mut peer = Peer::connect(server.address, Framing::Raw);
        peer.send(CALL);
        until("it is asked", || *server.asked.borrow() >= 1);
        server.open.send(true).unwrap();
        assert!(peer.receive().unwrap().contains("ada"), "{model:?}");
        assert!(peer.ask(&format!("[{CALL}]")).contains("ada"), "{model:?}");
        drop(peer);
        let Asking { server, records, .. } = server;
        drop(server);
        let records = records.lock().unwrap();
        let ends: Vec<_> =
            records.iter().map(|record| (&record["outcome"], &record["identity"])).collect();
        assert_eq!(ends, vec![(&json!("returned"), &json!("ada")); 2], "{model:?}: {records:?}");
    });
}

/// What is still asked about when the server stops is told of as what has not run.
#[test]
fn a_server_that_stops_tells_of_it_too() {
    let server = Asking::start(Model::EventLoop);
    let mut peer = Peer::connect(server.address, Framing::Raw);
    peer.send(CALL);
    until("it is asked", || *server.asked.borrow() >= 1);
    let Asking { server, records, open: _open, .. } = server;
    drop(server);
    let records = records.lock().unwrap();
    assert_eq!(records.len(), 1, "{records:?}");
    let record = &records[0];
    let expected = (&json!("refused"), &json!(false), &json!("whoami"));
    assert_eq!((&record["outcome"], &record["may_have_run"], &record["function"]), expected);
}
