//! What is said over HTTP/2 when a connection is ended: for a flood, or because the server stops.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::thread;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rpc_core::RpcServer;
use tests::{Folder, Model, Served, run, until};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0abcdefgh";
const GOAWAY: u8 = 7;
const ENHANCE_YOUR_CALM: u32 = 0xb;

/// The payloads of all frames of a type.
fn payloads(mut bytes: &[u8], kind: u8) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some((&[high, middle, low, of, ..], rest)) = bytes.split_first_chunk::<9>() {
        let length = u32::from_be_bytes([0, high, middle, low]) as usize;
        let (payload, rest) = rest.split_at(length.min(rest.len()));
        if of == kind {
            found.push(payload.to_vec());
        }
        bytes = rest;
    }
    found
}

#[test]
fn a_peer_that_floods_its_connection_is_told_why_that_ends() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = TcpStream::connect(server.address()).unwrap();
        peer.write_all(PREFACE).unwrap();
        let mut reading = peer.try_clone().unwrap();
        let reader = thread::spawn(move || {
            let mut said = Vec::new();
            let mut room = [0; 4096];
            // It may end with a reset, behind all that was said.
            while let Ok(count @ 1..) = reading.read(&mut room) {
                said.extend_from_slice(&room[..count]);
            }
            said
        });
        let many = PING.repeat(1000);
        while peer.write_all(&many).is_ok() {}
        let said = reader.join().unwrap();
        let said = payloads(&said, GOAWAY);
        let [goaway] = &said[..] else { panic!("{model:?}: {said:?}") };
        assert_eq!(goaway[4..8], ENHANCE_YOUR_CALM.to_be_bytes(), "{model:?}");
    });
}

/// Calls by HTTP/2, and returns the status and the body.
async fn call(server: &Served, body: String) -> (u16, String) {
    let address = server.address().to_string();
    let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::post(format!("http://{address}/"))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// A frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[test]
fn a_request_that_comes_together_with_its_peers_end_is_answered() {
    const ADD: &[u8] = br#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "localhost"),
        ("content-type", "application/json"),
    ];
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let fields = fields.map(|(name, value)| [&[0][..], &text(name), &text(value)].concat());
    let request = [&frame(1, 4, 1, &fields.concat())[..], &frame(0, 1, 1, ADD)].concat();
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for _ in 0..20 {
            let mut peer = TcpStream::connect(server.address()).unwrap();
            peer.write_all(&[PREFACE, &request].concat()).unwrap();
            peer.shutdown(Shutdown::Write).unwrap();
            let mut said = Vec::new();
            peer.read_to_end(&mut said).unwrap();
            let said = payloads(&said, 0).concat();
            let said = String::from_utf8_lossy(&said);
            assert_eq!(said, r#"{"jsonrpc":"2.0","result":13,"id":1}"#, "{model:?}");
        }
    });
}

#[test]
fn callers_that_are_cut_off_are_told() {
    let models = ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];
    thread::scope(|scope| {
        for model in models {
            scope.spawn(move || {
                let options = format!("--model {model} --stop-timeout-ms 300");
                let mut server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
                let folder = Folder::new();
                let runs = folder.path().join("runs").display().to_string();
                let (status, body) = run(async {
                    let body = format!(
                        r#"{{"jsonrpc":"2.0","method":"show_and_sleep","params":["{runs}",60000],"id":1}}"#
                    );
                    let calling = call(&server, body);
                    let stopping = tokio::task::spawn_blocking({
                        let process = server.process();
                        move || {
                            until("the function runs", || Path::new(&runs).exists());
                            process.signal("TERM");
                        }
                    });
                    let (told, stopped) = tokio::join!(calling, stopping);
                    stopped.unwrap();
                    told
                });
                assert_eq!(status, 503, "{model}: {body}");
                assert!(body.contains(r#""code":-32003"#), "{model}: {body}");
                assert!(body.contains(r#""data":{"may_have_run":true}"#), "{model}: {body}");
                assert!(server.wait().success(), "{model}");
            });
        }
    });
}
