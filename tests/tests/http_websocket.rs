//! A connection that asks for it over HTTP becomes a WebSocket.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rpc_core::{Door, RpcServer};
use tests::{HttpPeer, Model};

/// The example of RFC 6455, section 1.2.
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const ASK: [&str; 4] =
    ["Connection: keep-alive, Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Version: 13", KEY];

fn request(headers: &[&str]) -> String {
    let headers: String = headers.iter().flat_map(|header| [*header, "\r\n"]).collect();
    format!("GET /socket HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
}

/// A text message as clients send it, masked with zeros.
fn masked(text: &str) -> Vec<u8> {
    let length = 0x80 | u8::try_from(text.len()).unwrap();
    [&[0x81, length, 0, 0, 0, 0], text.as_bytes()].concat()
}

#[test]
fn calls_are_answered_out_of_order() {
    let slow = r#"{"jsonrpc":"2.0","method":"block_ms","params":[300,1],"id":1}"#;
    let fast = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":2}"#;
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The first messages come at once with the request.
        let mut bytes = request(&ASK).into_bytes();
        bytes.extend(masked(slow));
        bytes.extend(masked(fast));
        stream.write_all(&bytes).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 101 "), "{head}");
        for header in [
            "\r\nconnection: upgrade\r\n",
            "\r\nupgrade: websocket\r\n",
            "\r\nsec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n",
        ] {
            assert!(head.contains(header), "{head}");
        }
        let mut replies = Vec::new();
        for _ in 0..2 {
            let mut begin = [0; 2];
            stream.read_exact(&mut begin).unwrap();
            assert_eq!(begin[0], 0x81);
            let mut reply = vec![0; usize::from(begin[1])];
            stream.read_exact(&mut reply).unwrap();
            replies.push(String::from_utf8(reply).unwrap());
        }
        let mut expected =
            [r#"{"jsonrpc":"2.0","result":1,"id":1}"#, r#"{"jsonrpc":"2.0","result":13,"id":2}"#];
        if model == Model::EventLoop {
            expected.reverse();
        }
        assert_eq!(replies, expected, "{model:?}");
        server.stop();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        // A close frame: going away.
        assert_eq!(rest.get(..1), Some(&[0x88][..]), "{model:?}: {rest:?}");
    });
}

#[test]
fn what_is_missing_is_said() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let ask = |headers: &[&str]| HttpPeer::connect(server.address()).exchange(&request(headers));
    assert_eq!(ask(&ASK).status, 101);
    let with = |header| [&ASK[..], &[header]].concat();
    assert_eq!(ask(&with("Origin: http://localhost")).status, 101);
    assert_eq!(ask(&with("Origin: http://evil.example")).status, 403);
    assert_eq!(ask(&with("Origin: null")).status, 403);
    assert_eq!(ask(&with("Sec-Fetch-Site: cross-site")).status, 403);
    let chosen = ask(&with("Sec-WebSocket-Protocol: chat, jsonrpc2.0"));
    assert_eq!(chosen.header("sec-websocket-protocol"), Some("jsonrpc2.0"));
    assert_eq!(ask(&ASK[1..]).status, 400);
    assert_eq!(ask(&ASK[..3]).status, 400);
    let version = ask(&[ASK[0], ASK[1], "Sec-WebSocket-Version: 8", KEY]);
    assert_eq!((version.status, version.header("sec-websocket-version")), (426, Some("13")));
    assert_eq!(ask(&[ASK[0], "Upgrade: h2c"]).status, 405);
    let shut = Model::EventLoop.start(RpcServer::exported().without(Door::WebSocket));
    let response = HttpPeer::connect(shut.address()).exchange(&request(&ASK));
    assert_eq!(response.status, 403);
    assert!(response.body.contains("WebSocket is switched off"), "{response:?}");
}
