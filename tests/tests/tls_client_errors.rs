//! A client that cannot speak TLS with a server says why in words, and what to do; no call has run then.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rpc_core::client::ClientBuilder;
use rpc_core::error::IoErrorKind;
use rpc_core::tls::ClientTls;
use rpc_core::{AsyncRpcClient, Error, RpcClient, Stub};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, crypto};
use tests::{Certified, DAY, Issuer, run};

/// A server that has every connection go through this. It ends with the program: it holds nothing but its port.
fn serve(mut converse: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(&mut converse));
    address
}

/// A server that shakes hands, reads what comes, and says nothing.
fn shaking_hands(config: ServerConfig) -> SocketAddr {
    let config = Arc::new(config);
    serve(move |mut stream| {
        let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
        while tls.complete_io(&mut stream).is_ok_and(|(read, _)| read > 0) {}
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

fn config(issued: &Certified, clients: Option<&Issuer>) -> ServerConfig {
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_file(authority.file()).unwrap()).unwrap();
            let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(clients.build().unwrap())
        }
        None => builder.with_no_client_auth(),
    };
    let certificate = CertificateDer::from_pem_file(&issued.certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(&issued.key).unwrap();
    builder.with_single_cert(vec![certificate], key).unwrap()
}

/// What both clients fail with, when they connect or when they call.
fn errors(tls: &ClientTls, address: impl ToString) -> [Error; 2] {
    let builder = RpcClient::builder().tls(tls.clone()).connect_timeout(Duration::from_secs(3));
    errors_of(&builder, &address.to_string())
}

fn errors_of(builder: &ClientBuilder, address: &str) -> [Error; 2] {
    let blocking = builder
        .connect(address)
        .and_then(|client| client.call::<i64>("add", (1, 2), ()))
        .unwrap_err();
    let asynchronous = run(async {
        let client = builder.connect_async(address).await?;
        client.call::<i64>("add", (1, 2), ()).await
    });
    [blocking, asynchronous.unwrap_err()]
}

fn check(errors: [Error; 2], said: &[&str]) {
    for error in errors {
        let text = error.to_string();
        for said in said {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(text.contains("cannot connect"), "{text}");
        let is_connect = matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::Connect);
        assert!(is_connect && !error.may_have_run(), "{error:?}");
    }
}

#[test]
fn a_certificate_that_is_not_valid_by_now_is_told_with_its_dates() {
    let authority = Issuer::new();
    let tls = ClientTls::new().ca(authority.file()).unwrap();
    let now = SystemTime::now();
    let expired = authority.issue_for(&["localhost"], now - DAY * 3, now - DAY * 2);
    let address = shaking_hands(config(&expired, None));
    let url = format!("tls://localhost:{}", address.port());
    check(errors(&tls, &url), &["certificate expired on 20", " UTC", "needs a new one"]);

    let early = authority.issue_for(&["localhost"], now + DAY * 2, now + DAY * 3);
    let address = shaking_hands(config(&early, None));
    let url = format!("https://localhost:{}", address.port());
    check(errors(&tls, &url), &["valid from 20", " UTC on", "by this machine's clock it is 20"]);
}

#[test]
fn a_certificate_for_other_names_is_told_with_these() {
    let authority = Issuer::new();
    let tls = ClientTls::new().ca(authority.file()).unwrap();
    let issued = authority.issue(&["sum.example", "*.sum.example", "10.0.0.7"]);
    let address = shaking_hands(config(&issued, None));
    let advice = "`ClientTls::server_name`";
    let names = "not for `127.0.0.1` but for `sum.example`, `*.sum.example`, `10.0.0.7`";
    check(errors(&tls, format!("tls://{address}")), &[names, advice]);
    check(errors(&tls, format!("wss://{address}/rpc")), &[names, advice]);
    let names = "not for `localhost` but for `sum.example`";
    check(errors(&tls, format!("tls://localhost:{}", address.port())), &[names, advice]);
    let names = "not for `sum.elsewhere` but";
    let elsewhere = tls.server_name("sum.elsewhere").unwrap();
    check(errors(&elsewhere, format!("tls://{address}")), &[names]);
}

#[test]
fn who_issued_a_certificate_that_nobody_knows_can_be_said() {
    let (authority, other) = (Issuer::new(), Issuer::new());
    let address = shaking_hands(config(&authority.issue(&["127.0.0.1"]), None));
    let url = format!("tls://{address}");
    let advice = ["nobody whom this client trusts", ".ca(\"ca.pem\")", "`ClientTls::pin`"];
    check(errors(&ClientTls::new().ca(other.file()).unwrap(), &url), &advice);
    // Nor does the operating system know it, where that knows anybody.
    let known = RpcClient::connect(&url).unwrap_err();
    let known = known.to_string();
    assert!(known.contains("nobody whom") || known.contains("no list of trusted"), "{known}");

    let pinned = ClientTls::new().pin("00".repeat(32)).unwrap();
    check(errors(&pinned, &url), &["not one that was pinned", "sha256:", "ClientTls::pin"]);
}

#[test]
fn an_authority_is_no_server_and_the_advice_helps() {
    let authority = Issuer::new();
    let certified = authority.itself();
    let url = format!("tls://{}", shaking_hands(config(&certified, None)));
    let said = ["an authority's own (CA:TRUE)", "CA:FALSE", "`ClientTls::pin`"];
    check(errors(&ClientTls::new().ca(authority.file()).unwrap(), &url), &said);
}

#[test]
fn a_server_that_demands_a_certificate_has_not_run_the_call() {
    let (authority, other) = (Issuer::new(), Issuer::new());
    let server = config(&authority.issue(&["127.0.0.1"]), Some(&authority));
    let url = format!("tls://{}", shaking_hands(server));
    let tls = ClientTls::new().ca(authority.file()).unwrap();
    check(errors(&tls, &url), &["demands a certificate", "`ClientTls::certificate`"]);
    let stranger = other.issue(&["ada"]);
    let stranger = tls.certificate(&stranger.certificate, &stranger.key).unwrap();
    check(errors(&stranger, &url), &["certificate", "`ClientTls::certificate`"]);
}

#[test]
fn a_server_of_another_age_is_told_as_one() {
    // The alert by which a server of TLS 1.1 refuses one that speaks 1.2 and 1.3 alone.
    let address = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&[0x15, 3, 2, 0, 2, 2, 70]);
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let authority = Issuer::new();
    let tls = ClientTls::new().ca(authority.file()).unwrap();
    check(
        errors(&tls, format!("tls://{address}")),
        &["no version of TLS in common", "1.3 and 1.2"],
    );
}

#[test]
fn plain_text_in_the_place_of_tls_is_shown() {
    let authority = Issuer::new();
    let tls = ClientTls::new().ca(authority.file()).unwrap();
    for (text, begins) in [
        ("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "`HTTP/1.1 400 Bad Request`"),
        ("220 mail.example ESMTP\r\n", "`220 mail.example ESMTP`"),
    ] {
        let address = serve(move |mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(text.as_bytes());
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let said = ["speaks no TLS here", begins];
        check(errors(&tls, format!("tls://{address}")), &said);
        check(errors(&tls, format!("https://{address}")), &said);
    }
    let address = serve(|mut stream| _ = stream.read(&mut [0; 1024]));
    check(errors(&tls, format!("tls://{address}")), &["during the TLS handshake"]);
}

#[test]
fn a_plain_client_is_told_that_the_server_speaks_tls() {
    let address = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, 10]);
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    });
    for url in [address.to_string(), format!("http://{address}"), format!("ws://{address}")] {
        for error in errors_of(&RpcClient::builder(), &url) {
            let text = error.to_string();
            assert!(text.contains("speaks TLS") && text.contains("`tls://`"), "{text}");
        }
    }
}

#[test]
fn a_handshake_that_takes_too_long_is_given_up_in_time() {
    let limit = Duration::from_millis(400);
    let authority = Issuer::new();
    let tls = ClientTls::new().ca(authority.file()).unwrap();
    let builder = RpcClient::builder().tls(tls).connect_timeout(limit);
    // One that says nothing, and one that says a byte now and then, of a record that is never whole.
    for drips in [false, true] {
        let address = serve(move |mut stream| {
            thread::spawn(move || {
                let record = [&[0x16, 3, 3, 0x20, 0][..], &[2; 4000]].concat();
                let mut bytes = record.chunks(1);
                while let Some(byte) = bytes.next().filter(|_| drips) {
                    thread::sleep(Duration::from_millis(50));
                    if stream.write_all(byte).is_err() {
                        return;
                    }
                }
                let _ = stream.read_to_end(&mut Vec::new());
            });
        });
        for url in [format!("tls://{address}"), format!("wss://{address}")] {
            let begun = Instant::now();
            let errors = errors_of(&builder, &url);
            assert!(begun.elapsed() < limit * 10, "{:?}", begun.elapsed());
            check(errors, &["the TLS handshake was not finished within"]);
        }
        // A call's own time counts, too.
        let client = builder.clone().connect_timeout(Duration::from_secs(60));
        let client = client.connect(format!("https://{address}")).unwrap();
        let begun = Instant::now();
        let within = client.within(limit).call::<i64>("add", (1, 2), ());
        assert!(!within.unwrap_err().may_have_run() && begun.elapsed() < limit * 10);
    }
}

#[test]
fn what_cannot_be_set_up_is_told_with_its_file() {
    let authority = Issuer::new();
    let (ada, bob) = (authority.issue(&["ada"]), authority.issue(&["bob"]));
    let text = authority.path("text.pem");
    fs::write(&text, "no certificate").unwrap();
    let broken = authority.path("broken.pem");
    fs::write(&broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let encrypted = authority.path("encrypted.pem");
    let header = "ENCRYPTED PRIVATE KEY-----";
    fs::write(&encrypted, format!("-----BEGIN {header}\nAAAA\n-----END {header}\n")).unwrap();
    let gone = authority.path("gone.pem");
    let new = ClientTls::new;
    for (set_up, file, advice) in [
        (new().ca(&gone), &gone, "cannot be read (No such file"),
        (new().ca(&text), &text, "openssl x509 -inform der"),
        (new().ca(&broken), &broken, "certificate 1 of"),
        (new().ca(&ada.key), &ada.key, "has no certificate: it has a private key"),
        (new().certificate(&gone, &ada.key), &gone, "cannot be read"),
        (new().certificate(&ada.certificate, &ada.certificate), &ada.certificate, "no private key"),
        (new().certificate(&ada.certificate, &encrypted), &encrypted, "openssl pkey -in"),
        (new().certificate(&ada.certificate, &bob.key), &bob.key, "is not that of the certificate"),
    ] {
        let said = set_up.unwrap_err().to_string();
        assert!(said.contains(&file.display().to_string()) && said.contains(advice), "{said}");
    }
    for (set_up, advice) in [
        (new().pin("sha1:00"), "openssl x509 -noout -fingerprint -sha256"),
        (new().server_name("no name"), "host name or an IP address"),
    ] {
        let said = set_up.unwrap_err().to_string();
        assert!(said.contains(advice), "{said}");
    }
}

#[test]
fn tls_that_was_asked_for_is_never_left_out() {
    let authority = Issuer::new();
    let tls = ClientTls::new().ca(authority.file()).unwrap();
    for plain in ["127.0.0.1:1", "tcp://h:1", "http://h", "ws://h", "unix:/run/sum.sock"] {
        for error in errors(&tls, plain) {
            let text = error.to_string();
            assert!(text.contains(plain) && text.contains("`tls://host:port`"), "{text}");
        }
    }
    let connect = |_| -> io::Result<TcpStream> { Err(io::ErrorKind::Unsupported.into()) };
    let error = RpcClient::builder().url("https://h").connect_over(connect).unwrap_err();
    assert!(error.to_string().contains("https://h"), "{error}");
    let error = RpcClient::builder().tls(tls).connect_over(connect).unwrap_err();
    assert!(error.to_string().contains("without it"), "{error}");
    let error = run(AsyncRpcClient::connect("tls://host")).unwrap_err().to_string();
    assert!(error.contains("`tls://host:port`"), "{error}");
}
