//! What goes over TLS: much at once, new keys in between, a peer that does not read, resumption, and others' programs.

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use examples as _;
use rpc_core::RpcServer;
use rpc_core::protocol::{Framing, Limits};
use rpc_core::tls::Tls;
use rustls::HandshakeKind;
use tests::{Authority, Issued, Model, Running, Served, TlsPeer, curl};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];
const ADD: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const ADD_2_0: &str = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;

fn tls_of(issued: &Issued) -> Tls {
    Tls::from_pem(&issued.certificate, &issued.key).unwrap()
}

fn serve(model: &str, issued: &Issued) -> Served {
    let options = format!(
        "--model {model} --tls-cert {} --tls-key {}",
        issued.certificate.display(),
        issued.key.display()
    );
    Served::start(env!("CARGO_BIN_EXE_model_server"), &options)
}

#[test]
fn nine_mebibytes_go_both_ways_while_keys_change() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let config = Arc::new(authority.client());
    let text = "0123456789abcdef".repeat(9 << 16);
    let call = format!(r#"{{"method_name":"same","method_args":["{text}"]}}"#);
    Model::each(|model| {
        let size = 16 << 20;
        let limits = Limits { max_message_bytes: size, ..Limits::default() };
        let server = model.start(RpcServer::exported().limits(limits).tls(tls_of(&issued)));
        let mut peer = TlsPeer::connect(&server.address(), &config);
        peer.shake_hands().unwrap();
        for part in tests::frame(Framing::LengthPrefix, call.as_bytes()).chunks(1 << 20) {
            peer.tls().refresh_traffic_keys().unwrap();
            peer.write(part);
        }
        let said = peer.receive(Framing::LengthPrefix);
        assert!(said == format!(r#"{{"res":"{text}"}}"#), "{model:?}: {}", said.len());
    });
}

#[test]
fn a_peer_that_does_not_read_is_given_up_and_holds_nobody_up() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let config = Arc::new(authority.client());
    Model::each(|model| {
        let limit = Duration::from_secs(1);
        let server = RpcServer::exported().write_timeout(limit).tls(tls_of(&issued));
        let server = model.start(server);
        let mut deaf = TlsPeer::connect(&server.address(), &config);
        let text = "x".repeat(900_000);
        let call = format!(r#"{{"method_name":"same","method_args":["{text}"]}}"#);
        let bytes = tests::frame(Framing::LengthPrefix, call.as_bytes());
        // It writes until the server takes no more, and never reads.
        deaf.socket().set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        while deaf.try_write(&bytes).is_ok() {}
        let mut other = TlsPeer::connect(&server.address(), &config);
        assert_eq!(other.ask(Framing::Raw, ADD), r#"{"res":13}"#, "{model:?}");
    });
}

#[test]
fn sessions_are_resumed_by_other_processes_too() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    for model in MODELS {
        let server = serve(model, &issued);
        let config = Arc::new(authority.client());
        let mut kinds = Vec::new();
        for _ in 0..5 {
            let mut peer = TlsPeer::connect(&server.address(), &config);
            assert!(peer.ask(Framing::Raw, ADD).contains("13"), "{model}");
            kinds.push(peer.tls().handshake_kind());
        }
        assert_eq!(kinds[0], Some(HandshakeKind::Full), "{model}");
        assert!(
            kinds[1..].iter().all(|kind| *kind == Some(HandshakeKind::Resumed)),
            "{model}: {kinds:?}"
        );
    }
}

#[test]
fn curl_speaks_both_versions_of_http() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    for model in MODELS {
        let server = serve(model, &issued);
        let port = server.address().socket_addr().unwrap().port();
        for (option, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
            let Some(mut curl) = curl() else { return };
            curl.args([option, "--data", ADD_2_0, "--header", "content-type: application/json"]);
            curl.args(["--write-out", " %{http_code} %{http_version}\n"]);
            curl.arg("--cacert").arg(authority.file());
            let lines = Running::lines(curl.arg(format!("https://localhost:{port}")));
            let sum = r#"{"jsonrpc":"2.0","result":13,"id":1}"#;
            assert_eq!(lines, [format!("{sum} 200 {version}")], "{model}, {option}");
        }
    }
}

#[test]
fn openssl_speaks_to_it() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let Ok(version) = Command::new("openssl").arg("version").output() else {
        return println!("skipped: openssl is missing");
    };
    assert!(version.status.success());
    Model::each(|model| {
        for version in ["-tls1_2", "-tls1_3"] {
            let server = model.start(RpcServer::exported().tls(tls_of(&issued)));
            let mut command = Command::new("openssl");
            command.args(["s_client", "-quiet", "-verify_return_error", version, "-connect"]);
            command.arg(server.address().to_string()).args(["-servername", "localhost"]);
            command.arg("-CAfile").arg(authority.file());
            let mut openssl = command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            openssl.stdin.as_mut().unwrap().write_all(format!("{ADD}\n").as_bytes()).unwrap();
            let mut line = String::new();
            let output = openssl.stdout.take().unwrap();
            std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
            assert_eq!(line.trim_end(), r#"{"res":13}"#, "{model:?} {version}");
            openssl.kill().unwrap();
            openssl.wait().unwrap();
        }
    });
}
