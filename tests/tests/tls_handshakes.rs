//! TLS begins: who is slow, who shows which certificate, and who speaks plain text.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use examples as _;
use rpc_core::protocol::Framing;
use rpc_core::server::ServerHandle;
use rpc_core::tls::Tls;
use rpc_core::{CallContext, RpcClient, RpcServer, Stub, args, kwargs, rpc_export};
use rustls::{ClientConfig, ClientConnection};
use tests::{Authority, Issued, Model, TlsPeer, until};

const ADD: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const SUM: &str = r#"{"res":13}"#;

/// Whose certificate the caller has shown.
#[rpc_export]
fn shown(context: &CallContext) -> Option<(Option<String>, Vec<String>, String)> {
    let certificate = context.peer_certificate()?;
    let subject = certificate.subject().map(str::to_owned);
    Some((subject, certificate.names().to_vec(), certificate.fingerprint()))
}

fn tls_of(issued: &Issued) -> Tls {
    Tls::from_pem(&issued.certificate, &issued.key).unwrap()
}

fn start(model: Model, tls: Tls) -> ServerHandle {
    model.start(RpcServer::exported().tls(tls))
}

fn assert_served(server: &ServerHandle, config: &Arc<ClientConfig>) {
    let mut peer = TlsPeer::connect(&server.address(), config);
    assert_eq!(peer.ask(Framing::Raw, ADD), SUM);
}

/// The first bytes of a handshake.
fn hello(config: &Arc<ClientConfig>) -> Vec<u8> {
    let name = "localhost".try_into().unwrap();
    let mut connection = ClientConnection::new(Arc::clone(config), name).unwrap();
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).unwrap();
    hello
}

#[test]
fn whoever_does_not_finish_the_handshake_is_left_and_holds_nobody_up() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let config = Arc::new(authority.client());
    let hello = hello(&config);
    Model::each(|model| {
        let limit = Duration::from_secs(2);
        let server = start(model, tls_of(&issued).handshake_timeout(limit));
        let begun = Instant::now();
        let slow = [&hello[..0], &hello[..3], &hello[..50], &hello[..]].map(|bytes| {
            let mut slow = TcpStream::connect(server.address()).unwrap();
            slow.write_all(bytes).unwrap();
            slow
        });
        assert_served(&server, &config);
        assert!(begun.elapsed() < limit, "{model:?}");
        for mut slow in slow {
            let _ = slow.read_to_end(&mut Vec::new());
        }
        let took = begun.elapsed();
        // Far below the 30 s that a message has.
        assert!(took >= limit && took < Duration::from_secs(20), "{model:?}: {took:?}");
    });
}

#[test]
fn what_is_no_tls_is_answered_with_an_alert() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let config = Arc::new(authority.client());
    Model::each(|model| {
        let server = start(model, tls_of(&issued));
        let mut odd = TcpStream::connect(server.address()).unwrap();
        odd.write_all(&[0x16, 3, 1, 0, 6, 1, 0, 0, 2, 9, 9]).unwrap();
        let mut said = Vec::new();
        odd.read_to_end(&mut said).unwrap();
        assert_eq!(said.first(), Some(&0x15), "{model:?}: {said:?}");
        assert_served(&server, &config);
    });
}

#[test]
fn a_certificate_is_chosen_by_the_name_that_is_asked_for() {
    let authority = Authority::new();
    let first = authority.issue("first", "the first", &["localhost"]);
    let other = authority.issue("other", "the other", &["other.example", "*.wide.example"]);
    let config = Arc::new(authority.client());
    let tls = tls_of(&first).and_pem(&other.certificate, &other.key).unwrap();
    let server = start(Model::ThreadPerConnection, tls);
    let names = ["localhost", "other.example", "a.wide.example"];
    for name in names {
        let mut peer = TlsPeer::connect_to(&server.address(), &config, name);
        assert_eq!(peer.ask(Framing::Raw, ADD), SUM, "{name}");
    }
    let mut stranger = TlsPeer::connect_to(&server.address(), &config, "a.b.wide.example");
    let error = stranger.shake_hands().unwrap_err().to_string();
    assert!(error.contains("localhost"), "the first is shown to strangers: {error}");
}

/// The certificate that a new connection is shown.
fn certificate(server: &ServerHandle, authority: &Authority) -> Vec<u8> {
    let mut peer = TlsPeer::connect(&server.address(), &Arc::new(authority.client()));
    peer.shake_hands().unwrap();
    peer.tls().peer_certificates().unwrap()[0].to_vec()
}

#[test]
fn a_certificate_is_renewed_without_losing_a_connection() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let config = Arc::new(authority.client());
    Model::each(|model| {
        let own = authority.issue(&format!("{model:?}"), "a server", &["localhost"]);
        let lines = Arc::new(Mutex::new(Vec::new()));
        let said = Arc::clone(&lines);
        let server = RpcServer::exported().tls(tls_of(&own));
        let server =
            model.start(server.log(move |line| said.lock().unwrap().push(line.to_owned())));
        let before = certificate(&server, &authority);
        let mut open = TlsPeer::connect(&server.address(), &config);
        assert_eq!(open.ask(Framing::Raw, ADD), SUM);

        // A certificate that is not of this key: the old pair stays.
        let old = fs::read(&own.certificate).unwrap();
        fs::copy(&issued.certificate, &own.certificate).unwrap();
        until("a line about the pair", || {
            assert_eq!(certificate(&server, &authority), before, "{model:?}");
            !lines.lock().unwrap().is_empty()
        });
        let line = lines.lock().unwrap().concat();
        assert!(
            line.contains("is not the key of") && line.contains("the one before stays"),
            "{line}"
        );

        fs::copy(&issued.key, &own.key).unwrap();
        until("the new certificate", || certificate(&server, &authority) != before);
        assert_ne!(old, fs::read(&own.certificate).unwrap());
        assert_eq!(open.ask(Framing::Raw, ADD), SUM, "{model:?}");
    });
}

#[test]
fn clients_are_known_by_their_certificates() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let ada =
        authority.issue("ada", "Ada", &["ada.example", "spiffe://house/ada", "ada@house.example"]);
    let strangers = Authority::new();
    let stranger = strangers.issue("eve", "Eve", &["eve.example"]);
    let (nobody, ada, eve) = (
        Arc::new(authority.client()),
        Arc::new(authority.client_showing(&ada)),
        Arc::new(authority.client_showing(&stranger)),
    );
    let call = r#"{"method_name":"shown","method_args":[]}"#;
    Model::each(|model| {
        let server = start(model, tls_of(&issued).client_ca(authority.file()).unwrap());
        let mut peer = TlsPeer::connect(&server.address(), &ada);
        let said = peer.ask(Framing::Raw, call);
        let names = r#"["Ada",["ada.example","spiffe://house/ada","ada@house.example"],""#;
        assert!(said.contains(names), "{model:?}: {said}");
        let mut peer = TlsPeer::connect(&server.address(), &ada);
        let length = call.len();
        peer.write(
            format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{call}")
                .as_bytes(),
        );
        let (_, said) = peer.receive_response();
        assert!(said.contains(names), "{model:?}: {said}");
        for (config, word) in [(&nobody, "CertificateRequired"), (&eve, "UnknownCA")] {
            let mut peer = TlsPeer::connect(&server.address(), config);
            let failed = peer.shake_hands().err().map(|error| error.to_string());
            let failed = failed.or_else(|| peer.failure()).unwrap_or_default();
            assert!(failed.contains(word) || failed.contains("Decrypt"), "{model:?}: {failed}");
        }
        let optional = tls_of(&issued).client_ca_optional(authority.file()).unwrap();
        let server = start(model, optional);
        let mut peer = TlsPeer::connect(&server.address(), &nobody);
        assert_eq!(peer.ask(Framing::Raw, call), r#"{"res":null}"#, "{model:?}");
        let mut peer = TlsPeer::connect(&server.address(), &ada);
        assert!(peer.ask(Framing::Raw, call).contains(names), "{model:?}");
    });
}

#[test]
fn plain_text_is_served_where_it_is_allowed() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let config = Arc::new(authority.client());
    Model::each(|model| {
        let server = start(model, tls_of(&issued).allow_plain());
        let client = RpcClient::connect(server.address()).unwrap();
        for _ in 0..3 {
            let sum: i64 = client.call("add", args![1, 2], kwargs! {}).unwrap();
            assert_eq!(sum, 13, "{model:?}");
        }
        assert_served(&server, &config);
    });
}

#[test]
fn what_cannot_be_shown_is_an_error_that_names_the_file() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let other = authority.issue("other", "another", &["localhost"]);
    let encrypted = authority.folder().file("encrypted.pem");
    fs::write(
        &encrypted,
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    )
    .unwrap();
    let missing = authority.folder().file("missing.pem");
    for (certificate, key, words) in [
        (
            &issued.certificate,
            &other.key,
            "other-key.pem` is not the key of the first certificate in ",
        ),
        (
            &issued.key,
            &issued.certificate,
            "server-key.pem` has no certificate: it has a private key",
        ),
        (
            &issued.certificate,
            &other.certificate,
            "other.pem` has no private key: it has a certificate",
        ),
        (&issued.certificate, &encrypted, "encrypted.pem` has no private key: it is encrypted"),
        (&missing, &issued.key, "missing.pem` cannot be read (No such file"),
    ] {
        let error = Tls::from_pem(certificate, key).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let error = tls_of(&issued).client_ca(&other.key).unwrap_err().to_string();
    assert!(error.contains("other-key.pem` has no certificate"), "{error}");
    let tls = tls_of(&issued).handshake_timeout(Duration::ZERO);
    let error = RpcServer::exported().tls(tls).start("127.0.0.1:0").unwrap_err().to_string();
    assert!(error.contains("`handshake_timeout` is zero"), "{error}");
}
