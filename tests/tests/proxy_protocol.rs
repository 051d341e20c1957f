//! The PROXY protocol before the first byte, in all six models: who calls, what is refused, and that no byte is lost.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rpc_core::error::Misuse;
use rpc_core::protocol::Framing;
use rpc_core::server::{EventLoop, ThreadPerConnection};
use rpc_core::transport::Address;
use rpc_core::{Error, FunctionRegistry, RpcServer};
use tests::{Authority, EVERY_FRAMING, Model, Served, TlsPeer, frame, run, web_socket_frame};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];
const WHO: &str = r#"{"jsonrpc":"2.0","method":"caller_address","params":[],"id":1}"#;
const V1: &[u8] = b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n";

/// A header of version 2.
fn v2(what: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [&b"\r\n\r\n\0\r\nQUIT\n"[..], &[what, family], &length, rest].concat()
}

/// Headers, and whom they name.
fn headers() -> Vec<(Vec<u8>, &'static str)> {
    let four = [203, 0, 113, 8, 127, 0, 0, 1, 0x12, 0x67, 0, 80];
    let mut six = [0; 36];
    six[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    six[15] = 9;
    vec![
        (V1.to_vec(), "203.0.113.7"),
        (b"PROXY TCP6 2001:db8::7 ::1 4711 80\r\n".to_vec(), "2001:db8::7"),
        (b"PROXY UNKNOWN\r\n".to_vec(), "127.0.0.1"),
        (v2(0x21, 0x11, &four), "203.0.113.8"),
        (v2(0x21, 0x21, &[&six[..], &[7; 500]].concat()), "2001:db8::9"),
        (v2(0x20, 0x00, &[]), "127.0.0.1"),
    ]
}

/// Runs a test with a server in each model, all at the same time.
fn each(options: &str, test: impl Fn(&str, SocketAddr) + Sync) {
    thread::scope(|scope| {
        for model in MODELS {
            let test = &test;
            scope.spawn(move || {
                let options = format!(
                    "--model {model} --trusted-proxies 127.0.0.1 --proxy-protocol x {options}"
                );
                let server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
                let Address::Tcp(address) = server.address() else { panic!("no TCP") };
                test(model, address);
            });
        }
    });
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Sends bytes and all that is to be sent, and reads to the end.
fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(address);
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

fn named(caller: &str) -> String {
    format!(r#"["{caller}","127.0.0.1"]"#)
}

/// WHO as a request that is the last.
fn post() -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{WHO}",
        WHO.len()
    )
}

#[test]
fn a_header_names_the_caller_in_every_protocol() {
    each("", |model, address| {
        for (header, caller) in headers() {
            let native = r#"{"method_name":"caller_address_later","method_args":[false]}"#;
            for framing in EVERY_FRAMING {
                let said =
                    exchange(address, &[&header[..], &frame(framing, WHO.as_bytes())].concat());
                assert!(said.contains(&named(caller)), "{model} {framing:?}: {said}");
            }
            let said = exchange(address, &[&header[..], native.as_bytes()].concat());
            assert!(said.contains(&named(caller)), "{model}: {said}");
            let said = exchange(address, &[&header[..], post().as_bytes()].concat());
            assert!(said.starts_with("HTTP/1.1 200 "), "{model}: {said}");
            assert!(said.contains(&named(caller)), "{model}: {said}");

            let mut socket = connect(address);
            socket.write_all(&header).unwrap();
            socket
                .write_all(
                    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                      Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                )
                .unwrap();
            let mut said = vec![0; 4096];
            let count = socket.read(&mut said).unwrap();
            assert!(said[..count].starts_with(b"HTTP/1.1 101 "), "{model}");
            socket.write_all(&web_socket_frame(0x81, WHO.as_bytes(), true)).unwrap();
            let count = socket.read(&mut said).unwrap();
            let said = String::from_utf8_lossy(&said[..count]).into_owned();
            assert!(said.contains(&named(caller)), "{model}: {said}");
        }
    });
}

/// What two requests of one connection find over HTTP/2 behind a header, each with headers of its own.
async fn find_by_http2(address: SocketAddr, header: &[u8], forwarded: [&str; 2]) -> [String; 2] {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, header).await.unwrap();
    let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let send = async |forwarded: &str| {
        let request = Request::post(format!("http://{address}/"))
            .header("content-type", "application/json")
            .header("x-forwarded-for", forwarded)
            .body(Full::new(Bytes::from(WHO)))
            .unwrap();
        let response = sender.clone().send_request(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let (one, other) = tokio::join!(send(forwarded[0]), send(forwarded[1]));
    [one, other]
}

#[test]
fn a_header_names_the_caller_of_every_stream_of_http2() {
    each("", |model, address| {
        for (header, caller) in headers() {
            let found = run(find_by_http2(address, &header, ["192.0.2.7", "127.0.0.1"]));
            // Whom the header names is no proxy that is trusted, so what it says itself counts for nothing.
            let first = if caller == "127.0.0.1" { "192.0.2.7" } else { caller };
            assert!(found[0].contains(&named(first)), "{model} {header:?}: {found:?}");
            assert!(found[1].contains(&named(caller)), "{model} {header:?}: {found:?}");
        }
    });
}

#[test]
fn it_may_come_in_any_pieces_and_no_byte_behind_it_is_lost() {
    let call = frame(Framing::LengthPrefix, WHO.as_bytes());
    for (header, caller) in [headers().remove(0), headers().remove(3)] {
        each("", |model, address| {
            let all = [&header[..], &call].concat();
            thread::scope(|scope| {
                // Half at one time: each is a process in one of the models.
                for cut in (1..all.len()).step_by(2) {
                    let all = &all;
                    scope.spawn(move || {
                        let mut stream = connect(address);
                        stream.write_all(&all[..cut]).unwrap();
                        thread::sleep(Duration::from_millis(20));
                        stream.write_all(&all[cut..]).unwrap();
                        stream.shutdown(Shutdown::Write).unwrap();
                        let mut said = String::new();
                        stream.read_to_string(&mut said).unwrap();
                        assert!(said.contains(&named(caller)), "{model}, {cut}: {said}");
                    });
                }
            });
            let mut stream = connect(address);
            for byte in &all {
                stream.write_all(&[*byte]).unwrap();
            }
            stream.shutdown(Shutdown::Write).unwrap();
            let mut said = String::new();
            stream.read_to_string(&mut said).unwrap();
            assert!(said.contains(&named(caller)), "{model}: {said}");
        });
    }
}

#[test]
fn it_comes_before_tls() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let config = std::sync::Arc::new(authority.client());
    let [certificate, key] = [issued.certificate.display(), issued.key.display()];
    each(&format!("--tls-cert {certificate} --tls-key {key}"), |model, address| {
        for (header, caller) in headers() {
            // The handshake begins with the call.
            let mut peer = TlsPeer::connect(&Address::Tcp(address), &config);
            peer.socket().write_all(&header).unwrap();
            let said = peer.ask(Framing::LengthPrefix, WHO);
            assert!(said.contains(&named(caller)), "{model}: {said}");
        }
    });
}

/// What a server said of connections, once it has said so many lines.
struct Lines(mpsc::Receiver<String>);

impl Lines {
    fn next(&self) -> String {
        self.0.recv_timeout(Duration::from_secs(60)).unwrap()
    }
}

/// A server that believes `proxies`, with what it says.
fn server(proxies: &str) -> (RpcServer, Lines) {
    let (say, said) = mpsc::channel();
    let server = RpcServer::of(FunctionRegistry::exported())
        .trusted_proxies([proxies])
        .unwrap()
        .proxy_protocol()
        .log(move |line| drop(say.send(line.to_owned())));
    (server, Lines(said))
}

/// What comes back before the connection is closed or reset.
fn last_words(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    let _ = stream.write_all(bytes);
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    said
}

fn tcp(address: Address) -> SocketAddr {
    match address {
        Address::Tcp(address) => address,
        _ => panic!("no TCP"),
    }
}

#[test]
fn what_is_no_header_or_comes_from_a_stranger_is_closed_with_a_line() {
    Model::each(|model| {
        for (proxies, bytes, problem) in [
            ("10.0.0.0/8", V1, "it is none of the trusted proxies"),
            ("127.0.0.1", WHO.as_bytes(), "it began with no PROXY header"),
            (
                "127.0.0.1",
                b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "it began with no PROXY header",
            ),
            (
                "127.0.0.1",
                b"PROXY TCP4 1.2.3.4 127.0.0.1 99999 80\r\n{}",
                "its PROXY line cannot be read",
            ),
            ("127.0.0.1", &[b'P'; 1000], "it began with no PROXY header"),
            ("127.0.0.1", &v2(0x21, 0x11, &[1; 11]), "too short for its addresses"),
        ] {
            let (server, lines) = server(proxies);
            let server = model.start(server);
            assert_eq!(
                last_words(tcp(server.address().clone()), bytes),
                b"",
                "{model:?} {problem}"
            );
            let line = lines.next();
            assert!(line.starts_with("a connection from 127.0.0.1:"), "{model:?}: {line}");
            assert!(line.contains(problem), "{model:?}: {line}");
        }
    });
}

#[test]
fn whoever_looks_whether_the_port_is_open_is_not_mentioned() {
    Model::each(|model| {
        let (server, lines) = server("127.0.0.1");
        let server = model.start(server);
        let address = tcp(server.address().clone());
        for _ in 0..10 {
            assert_eq!(exchange(address, b""), "", "{model:?}");
        }
        assert_eq!(last_words(address, b"x"), b"");
        assert!(lines.next().contains("it began with no PROXY header"), "{model:?}");
    });
}

#[test]
fn a_header_has_its_time() {
    Model::each(|model| {
        let (server, lines) = server("127.0.0.1");
        let server = model.start(server.idle_timeout(Duration::from_millis(300)));
        let address = tcp(server.address().clone());
        let mut slow = connect(address);
        slow.write_all(&V1[..20]).unwrap();
        // Others are served meanwhile.
        let said = exchange(address, &[V1, WHO.as_bytes()].concat());
        assert!(said.contains(&named("203.0.113.7")), "{model:?}: {said}");
        assert_eq!(slow.read(&mut [0]).unwrap_or(0), 0, "{model:?}");
        assert!(lines.next().contains("no PROXY header came within 300ms"), "{model:?}");
    });
}

#[test]
fn a_full_server_says_so_behind_the_header() {
    for is_loop in [false, true] {
        let (server, _lines) = server("127.0.0.1");
        let server = if is_loop {
            server
                .start_with("127.0.0.1:0", EventLoop { max_connections: 1, ..EventLoop::default() })
        } else {
            server.start_with("127.0.0.1:0", ThreadPerConnection { max_connections: 1 })
        };
        let server = server.unwrap();
        let address = tcp(server.address().clone());
        let mut first = connect(address);
        first.write_all(&[V1, &frame(Framing::LengthPrefix, WHO.as_bytes())].concat()).unwrap();
        first.read_exact(&mut [0; 4]).unwrap();
        for bytes in [WHO.as_bytes(), post().as_bytes()] {
            let said = String::from_utf8(last_words(address, &[V1, bytes].concat())).unwrap();
            assert!(
                said.contains("-32000") && said.contains("connections open"),
                "{is_loop}: {said}"
            );
        }
    }
}

#[test]
fn a_server_that_knows_no_proxies_does_not_start() {
    let server = || RpcServer::of(FunctionRegistry::new()).proxy_protocol();
    for server in [server(), server().trusted_proxies([""; 0]).unwrap()] {
        let error = server.start("127.0.0.1:0").unwrap_err();
        assert!(matches!(error, Error::Misuse(Misuse::NoProxies)), "{error:?}");
        assert!(error.to_string().contains(".trusted_proxies"), "{error}");
    }
    let error = server().trusted_proxies(["10.0.0.0/8", "10.0.0.0/99"]).unwrap_err();
    assert!(error.to_string().contains("`10.0.0.0/99`"), "{error}");
}
