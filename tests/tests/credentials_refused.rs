//! Credentials go nowhere where others could read them, or where nobody understands them, and are shown to nobody.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

use rpc_core::client::{ClientBuilder, Dialect, Secret};
use rpc_core::error::Misuse;
use rpc_core::protocol::code;
use rpc_core::server::InMemory;
use rpc_core::{AsyncRpcClient, Error, JsonRpc, RpcClient, RpcServer, Stub, TcpServer, rpc_export};
use tests::{Doorman, Guarded, Model, run};

/// Halves a number.
#[rpc_export]
fn halved(n: u64) -> u64 {
    n / 2
}

fn bearer() -> ClientBuilder {
    RpcClient::builder().bearer("s3cret")
}

/// What both clients say of this.
fn errors(builder: &ClientBuilder, url: &str) -> [Error; 2] {
    let errors = [
        builder.connect(url).unwrap_err(),
        run(async { builder.connect_async(url).await.unwrap_err() }),
    ];
    for error in &errors {
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        assert!(!error.may_have_run());
    }
    errors
}

#[test]
fn other_machines_are_not_told_in_plain_text() {
    for url in ["10.0.0.7:5000", "tcp://10.0.0.7:5000", "http://10.0.0.7/", "ws://[2001:db8::7]/"] {
        for error in errors(&bearer(), url) {
            assert!(
                matches!(error, Error::Misuse(Misuse::PlainCredential { .. })),
                "{url}: {error:?}"
            );
            let text = error.to_string();
            assert!(
                text.contains("allow_plain_credentials") && text.contains("https://"),
                "{text}"
            );
        }
    }
}

#[test]
fn they_are_where_the_caller_allows_it() {
    // An address of this machine by which others may reach it, if it has one.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let known = socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr());
    let Some(own) = known.ok().map(|own| own.ip()).filter(|ip| !ip.is_loopback()) else {
        return println!("skipped: this machine has no address but that of itself");
    };
    let doorman = Arc::<Doorman>::default();
    let token = doorman.issue().replace("Bearer ", "");
    let server = TcpServer::new(JsonRpc::new(Guarded::new(&doorman)));
    let server = Model::ThreadPerConnection.start_at((own, 0), server).unwrap();
    let builder = RpcClient::builder().bearer(token);
    for scheme in ["tcp", "ws", "http"] {
        let url = format!("{scheme}://{}", server.address());
        for error in errors(&builder, &url) {
            assert!(matches!(error, Error::Misuse(Misuse::PlainCredential { .. })), "{error:?}");
        }
        let client = builder.clone().allow_plain_credentials().connect(&url).unwrap();
        assert_eq!(client.halved(8).call().unwrap(), 4);
    }
}

#[test]
fn names_of_this_machine_are_this_machine() {
    let doorman = Arc::<Doorman>::default();
    let token = doorman.issue().replace("Bearer ", "");
    let server = TcpServer::new(JsonRpc::new(Guarded::new(&doorman)));
    let server = Model::ThreadPerConnection.start(server);
    let port = server.address().socket_addr().unwrap().port();
    let builder = RpcClient::builder().bearer(token);
    for url in ["localhost", "tcp://localhost", "http://localhost", "ws://127.0.0.1", "0.0.0.0"] {
        let url = format!("{url}:{port}");
        assert_eq!(builder.connect(&url).unwrap().halved(8).call().unwrap(), 4, "{url}");
        run(async {
            let client = builder.connect_async(&url).await.unwrap();
            assert_eq!(client.halved(8).call().await.unwrap(), 4, "{url}");
        });
    }
}

#[test]
fn what_cannot_be_said_is_refused_at_connect() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let tcp = server.address().to_string();
    let http = format!("http://{tcp}");
    for (builder, url, word) in [
        (bearer().dialect(Dialect::Ping), &tcp, "the dialect has no place for them"),
        (bearer().dialect(Dialect::XmlRpc), &tcp, "the dialect has no place for them"),
        (bearer().header("authorization", "x"), &http, "set as well"),
        (bearer().metadata("Authorization", "x"), &tcp, "set as well"),
        (RpcClient::builder().bearer("s3cret\n"), &tcp, "a new line"),
        (RpcClient::builder().bearer(""), &http, "empty"),
        (RpcClient::builder().bearer("s3cret\r\nX: y"), &http, "control character"),
        (RpcClient::builder().basic("a:b", "s3cret"), &http, "the name"),
        (RpcClient::builder().basic("ada", "s3cret\n"), &http, "control character"),
        (RpcClient::builder().credentials(|| Ok("s3cret\n".to_owned())), &tcp, "a new line"),
    ] {
        for error in errors(&builder, url) {
            assert!(matches!(error, Error::Misuse(Misuse::Credential { .. })), "{word}: {error:?}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}

#[test]
fn a_server_that_knows_no_callers_over_a_stream_is_named() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let address = server.address().to_string();
    for dialect in [Dialect::Native, Dialect::NativeWithoutIds, Dialect::JsonRpc] {
        for error in errors(&bearer().dialect(dialect), &address) {
            assert!(matches!(error, Error::Misuse(Misuse::Credential { .. })), "{error:?}");
            let text = error.to_string();
            assert!(
                text.contains(&format!("`rpc.authenticate` at {address}: the server")),
                "{text}"
            );
        }
    }
}

#[test]
fn a_server_that_ends_before_it_answers_the_greeting_has_run_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..2 {
                let mut stream = listener.accept().unwrap().0;
                assert!(stream.read(&mut [0; 64]).unwrap() > 0);
            }
        });
        errors(&bearer(), &address);
    });
}

#[test]
fn passwords_in_addresses_are_refused_and_not_shown() {
    for url in [
        "http://ada:s3cret@localhost/",
        "ws://ada:s3cret@localhost",
        "tcp://ada:s3cret@localhost:5000",
        "https://ada:s3cret@localhost",
        "ada:s3cret@localhost:5000",
        "http://ada:s3/cret@s3cret@localhost/",
    ] {
        for error in errors(&RpcClient::builder(), url) {
            let text = error.to_string();
            assert!(text.contains("…@localhost") && text.contains(".basic("), "{text}");
        }
    }
    let builder = RpcClient::builder().url("http://ada:s3cret@localhost/");
    let memory = || InMemory::new(JsonRpc::new(rpc_core::FunctionRegistry::new()));
    let error = builder.connect_over(memory()).unwrap_err();
    assert!(!format!("{error:?} {builder:?}").contains("s3cret"), "{error:?}");
}

#[test]
fn the_metadata_of_a_call_goes_before_the_client_s_credentials() {
    let doorman = Arc::<Doorman>::default();
    let token = doorman.issue().replace("Bearer ", "");
    let server = TcpServer::new(JsonRpc::new(Guarded::new(&doorman)));
    let server = Model::ThreadPerConnection.start(server);
    for scheme in ["tcp", "ws", "http"] {
        let url = format!("{scheme}://{}", server.address());
        let client = RpcClient::builder().bearer(token.as_str()).connect(&url).unwrap();
        let other = client.with_metadata("Authorization", "Bearer other");
        assert_eq!(
            other.halved(8).call().unwrap_err().code(),
            Some(code::UNAUTHENTICATED),
            "{url}"
        );
        assert_eq!(client.halved(8).call().unwrap(), 4, "{url}");
    }
}

#[test]
fn one_header_says_who_calls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = bearer().connect(&url).unwrap();
    for own in [None, Some("Bearer own")] {
        thread::scope(|scope| {
            let listener = &listener;
            let head = scope.spawn(move || {
                let mut stream = listener.accept().unwrap().0;
                let (mut room, mut received) = ([0; 1024], Vec::new());
                while !received.ends_with(b"}") {
                    let count = stream.read(&mut room).unwrap();
                    received.extend_from_slice(&room[..count]);
                }
                stream
                    .write_all(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    .unwrap();
                String::from_utf8(received).unwrap()
            });
            let called = match own {
                Some(own) => client.with_metadata("authorization", own).halved(8).call(),
                None => client.halved(8).call(),
            };
            assert!(!called.unwrap_err().may_have_run());
            let head = head.join().unwrap();
            let mut lines =
                head.lines().filter(|line| line.to_ascii_lowercase().starts_with("authorization"));
            let value = lines.next().unwrap().split_once(": ").unwrap().1;
            assert_eq!(value, own.unwrap_or("Bearer s3cret"), "{head}");
            assert_eq!(lines.next(), None, "{head}");
        });
    }
}

#[test]
fn nothing_that_is_shown_has_a_secret_in_it() {
    let shown = Arc::<Mutex<Vec<String>>>::default();
    let doorman = Arc::<Doorman>::default();
    let token = doorman.issue().replace("Bearer ", "");
    let server = TcpServer::new(JsonRpc::new(Guarded::new(&doorman)));
    let server = Model::EventLoop.start(server);
    let note =
        |line: &dyn std::fmt::Debug| shown.lock().unwrap().push(format!("{line:?} {line:#?}"));
    let seen = Arc::clone(&shown);
    let builder = RpcClient::builder().bearer(token.as_str());
    let builder =
        builder.on_state_change(move |state| seen.lock().unwrap().push(format!("{state:?}")));
    let urls = ["tcp", "ws", "http"].map(|scheme| format!("{scheme}://{}", server.address()));
    note(&(Secret::from("s3cret"), &builder));
    let mut clients = Vec::new();
    for url in &urls {
        let client = builder.connect(url).unwrap();
        note(&(&client, client.halved(8).call().unwrap(), client.halved(2).start().unwrap()));
        clients.push(client);
    }
    let asynchronous: Vec<AsyncRpcClient> = run(async {
        let mut clients = Vec::new();
        for url in &urls {
            let client = builder.connect_async(url).await.unwrap();
            note(&(&client, client.halved(8).call(), client.halved(8).call().await.unwrap()));
            clients.push(client);
        }
        clients
    });
    doorman.withdraw();
    for client in &clients {
        note(&client.halved(8).call().unwrap_err());
    }
    server.stop();
    server.wait().unwrap();
    for client in &clients {
        note(&client.within(std::time::Duration::from_millis(50)).halved(8).call().unwrap_err());
    }
    note(&asynchronous);
    let shown = shown.lock().unwrap();
    assert!(shown.len() > 15, "{shown:?}");
    assert!(!shown.iter().any(|line| line.contains("s3cret")), "{shown:?}");
}
