//! A line of a log is one event, whatever callers and errors say.

#![allow(clippy::unwrap_used)]

use std::io;
use std::sync::{Arc, Mutex};

use rpc_core::protocol::Framing;
use rpc_core::{RpcServer, rpc_export};
use tests::{Model, Peer};

/// Fails with an error that takes several lines.
#[rpc_export]
fn several_lines(text: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err(io::Error::other(format!("first: {text}\nsecond\r\n\u{1b}[2Jthird")).into())
}

#[test]
fn what_a_caller_or_an_error_says_begins_no_new_line() {
    Model::each(|model| {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&lines);
        let server =
            RpcServer::exported().on_call(move |call| log.lock().unwrap().push(call.to_string()));
        let server = model.start(server);
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        peer.ask(r#"{"method_name":"several_lines","method_args":["\nadd (native) returned"]}"#);
        peer.ask(r#"{"method_name":"none\nadd (native) returned in 1ms"}"#);
        server.stop();
        server.wait().unwrap();
        let lines = lines.lock().unwrap();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines.iter().all(|line| !line.contains(char::is_control)), "{lines:?}");
        let shown = r"first: \nadd (native) returned\nsecond\r\n\u{1b}[2Jthird";
        assert!(lines[0].contains(shown), "{lines:?}");
        assert!(lines[1].starts_with(r"none\nadd (native) returned in 1ms"), "{lines:?}");
    });
}
