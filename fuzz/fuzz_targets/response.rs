//! Whatever bytes a server sends by HTTP, a client ends every call, alone or in a batch, and gives none
//! another's reply.

#![no_main]

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use rpc_core::protocol::Limits;
use rpc_core::{RpcClient, Stub};
use serde_json::value::RawValue;

/// Where each connection's first request is answered with what is held here.
static SERVER: LazyLock<(String, &'static Mutex<Vec<u8>>)> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("a port"));
    let answer: &'static Mutex<Vec<u8>> = Box::leak(Box::default());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let asked = stream.read(&mut [0; 4096]);
            let bytes = answer.lock().expect("nothing panics meanwhile").clone();
            // A client that has read enough need not take the rest.
            let _ = asked.and_then(|_| stream.write_all(&bytes));
        }
    });
    (url, answer)
});

fuzz_target!(|input: &[u8]| {
    let Some((&options, bytes)) = input.split_first() else { return };
    let calls = u64::from(options & 3) + 1;
    let is_body = options & 4 == 0;
    let (url, answer) = &*SERVER;
    *answer.lock().expect("nothing panics meanwhile") = if is_body {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len());
        [head.as_bytes(), bytes].concat()
    } else {
        bytes.to_vec()
    };
    let client = RpcClient::builder()
        .limits(Limits { max_message_bytes: 1 << 16, ..Limits::default() })
        .call_timeout(Duration::from_millis(500))
        .connect(url)
        .expect("no connection is made yet");
    let mut results = Vec::new();
    let none = client.batch(|batch| {
        let mut started: Vec<_> =
            (0..calls).map(|_| batch.call::<Box<RawValue>>("f", (), ())).collect();
        for call in started.drain(..).flatten() {
            results.push(call.wait().ok());
        }
        started
    });
    assert!(none.is_ok_and(|none| none.is_empty()));
    if !is_body {
        return;
    }
    for (call, result) in results.iter().enumerate() {
        if let Some(result) = result {
            assert!(
                said(bytes, call, calls > 1).iter().any(|said| said == result.get()),
                "call {call} got {result}, which no reply gave it"
            );
        }
    }
});

/// The results that a body holds for a call, found in another way.
fn said(body: &[u8], call: usize, is_batch: bool) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let mut rest = text.trim_ascii_start();
    let mut said = Vec::new();
    let is_array = is_batch && rest.starts_with('[');
    // One after another, for those before a mistake count.
    loop {
        if is_array {
            rest = rest.get(1..).unwrap_or_default();
        }
        let mut replies = serde_json::Deserializer::from_str(rest).into_iter();
        let Some(Ok(reply)) = replies.next() else { return said };
        let reply: HashMap<String, Box<RawValue>> = reply;
        let id: Option<usize> = reply.get("id").and_then(|id| id.get().parse().ok());
        if id == Some(call) || (!is_batch && id.is_none()) {
            said.extend(reply.get("result").map(|result| result.get().to_owned()));
        }
        rest = rest[replies.byte_offset()..].trim_ascii_start();
        if !is_array {
            return said;
        }
    }
}
