//! TLS in all six models: every framing, HTTP, WebSocket, plain text that is refused, and the end.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;

use rpc_core::protocol::Framing;
use rpc_core::transport::Address;
use rustls::ClientConfig;
use tests::{Authority, EVERY_FRAMING, Served, TlsPeer, frame, web_socket_frame};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];
const ADD: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const ADD_WITH_ID: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const ADD_2_0: &str = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;
const WORDS: &str = "speaks TLS alone: connect to tls://…, https:// or wss://";

/// Runs a test with a server in each model, all at the same time.
fn each(test: impl Fn(&str, &mut Served, &Arc<ClientConfig>) + Sync) {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let config = Arc::new(authority.client());
    thread::scope(|scope| {
        for model in MODELS {
            let (test, config, issued) = (&test, &config, &issued);
            scope.spawn(move || {
                let [certificate, key] = [&issued.certificate, &issued.key];
                let options = format!(
                    "--model {model} --tls-cert {} --tls-key {}",
                    certificate.display(),
                    key.display()
                );
                let program = env!("CARGO_BIN_EXE_model_server");
                test(model, &mut Served::start(program, &options), config);
            });
        }
    });
}

fn of(framing: Framing) -> (&'static str, &'static str) {
    match framing {
        Framing::Header => (ADD_2_0, r#""result":13"#),
        _ => (ADD, r#"{"res":13}"#),
    }
}

#[test]
fn every_framing_is_spoken() {
    each(|model, server, config| {
        for framing in EVERY_FRAMING {
            let mut peer = TlsPeer::connect(&server.address(), config);
            let (call, reply) = of(framing);
            for _ in 0..3 {
                let said = peer.ask(framing, call);
                assert!(said.contains(reply), "{model} {framing:?}: {said}");
            }
            peer.finish();
            assert_eq!(peer.read_to_end(), "", "{model} {framing:?}");
        }
    });
}

#[test]
fn calls_that_come_at_once_are_answered_before_the_half_closed_end() {
    each(|model, server, config| {
        let mut peer = TlsPeer::connect(&server.address(), config);
        // More than is deciphered at a time, and than is read at a time.
        let call = format!(r#"{{"method_name":"same","method_args":["{}"]}}"#, "x".repeat(10_000));
        let count = 40;
        let mut bytes = Vec::new();
        for _ in 0..count {
            bytes.extend(frame(Framing::LengthPrefix, call.as_bytes()));
        }
        peer.write(&bytes);
        peer.finish();
        let said = peer.read_to_end();
        assert_eq!(said.matches(r#"{"res":"xxx"#).count(), count, "{model}");
    });
}

fn post(call: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{call}",
        call.len()
    )
}

#[test]
fn http_is_spoken() {
    each(|model, server, config| {
        let mut peer = TlsPeer::connect(&server.address(), config);
        for _ in 0..3 {
            peer.write(post(ADD_2_0).as_bytes());
            let (head, body) = peer.receive_response();
            assert!(head.starts_with("http/1.1 200 "), "{model}: {head}");
            assert!(body.contains(r#""result":13"#), "{model}: {body}");
        }
    });
}

#[test]
fn a_web_socket_is_opened() {
    each(|model, server, config| {
        let mut peer = TlsPeer::connect(&server.address(), config);
        peer.write(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        );
        let (head, _) = peer.receive_response();
        assert!(head.starts_with("http/1.1 101 "), "{model}: {head}");
        for _ in 0..3 {
            peer.write(&web_socket_frame(0x81, ADD_2_0.as_bytes(), true));
            let header = peer.read(2);
            assert_eq!(header[0], 0x81, "{model}");
            let said = String::from_utf8(peer.read(usize::from(header[1]))).unwrap();
            assert!(said.contains(r#""result":13"#), "{model}: {said}");
        }
    });
}

/// Says something in plain text, and reads up to the end.
fn say_plainly(address: &Address, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(bytes).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

#[test]
fn plain_text_is_refused_in_its_own_words() {
    each(|model, server, _| {
        let address = server.address();
        for framing in EVERY_FRAMING {
            let said = say_plainly(&address, &frame(framing, of(framing).0.as_bytes()));
            assert!(said.contains("-32005") && said.contains(WORDS), "{model}: {said}");
        }
        let said = say_plainly(&address, post(ADD_2_0).as_bytes());
        assert!(said.starts_with("HTTP/1.1 400 ") && said.contains(WORDS), "{model}: {said}");
    });
}

#[test]
fn an_idle_connection_is_ended_with_a_goodbye_when_the_server_stops() {
    each(|model, server, config| {
        let mut idle = TlsPeer::connect(&server.address(), config);
        assert!(idle.ask(Framing::Raw, ADD).contains("13"), "{model}");
        let mut told = TlsPeer::connect(&server.address(), config);
        assert!(told.ask(Framing::LengthPrefix, ADD_WITH_ID).contains("13"), "{model}");
        server.process().signal("TERM");
        // Whoever understands it is told, by a message and not by bytes in between.
        let notice = told.receive(Framing::LengthPrefix);
        assert!(notice.contains("draining"), "{model}: {notice}");
        told.finish();
        assert_eq!(told.read_to_end(), "", "{model}");
        assert_eq!(idle.read_to_end(), "", "{model}");
        assert!(server.wait().success(), "{model}");
    });
}

#[test]
fn the_last_words_to_a_call_that_is_cut_off_are_sealed() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let config = Arc::new(authority.client());
    thread::scope(|scope| {
        for model in MODELS {
            let (config, issued) = (&config, &issued);
            scope.spawn(move || {
                let options = format!(
                    "--model {model} --stop-timeout-ms 100 --tls-cert {} --tls-key {}",
                    issued.certificate.display(),
                    issued.key.display()
                );
                let mut server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
                let mut peer = TlsPeer::connect(&server.address(), config);
                assert!(peer.ask(Framing::LengthPrefix, ADD).contains("13"), "{model}");
                let call = r#"{"method_name":"after_ms","method_args":[20000,1]}"#;
                peer.write(&frame(Framing::LengthPrefix, call.as_bytes()));
                // It runs when this call, behind it on another connection, has been read.
                thread::sleep(std::time::Duration::from_millis(200));
                server.process().signal("TERM");
                let said = peer.receive(Framing::LengthPrefix);
                assert!(said.contains("-32003"), "{model}: {said}");
                server.wait();
            });
        }
    });
}
