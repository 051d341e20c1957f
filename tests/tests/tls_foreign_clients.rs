//! Clients that others wrote call our servers over TLS: Python, Node, curl, openssl.

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::Stdio;

use rpc_core::RpcServer;
use rpc_core::tls::Tls;
use tests::{Issuer, Model, Running, curl, node, openssl, python};

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"add","params":[1,2]}"#;
const SUM: &str = r#"{"jsonrpc":"2.0","result":13,"id":1}"#;

/// Runs a test with a server in each model that is in this process: its port, and who has issued its certificate.
fn each(test: impl Fn(u16, &Issuer)) {
    let issuer = Issuer::new();
    let certified = issuer.issue(&["localhost", "127.0.0.1"]);
    for model in Model::ALL {
        let tls = Tls::from_pem(&certified.certificate, &certified.key).unwrap();
        let server = model.start(RpcServer::exported().tls(tls));
        test(server.address().socket_addr().unwrap().port(), &issuer);
    }
}

const OF_PYTHON: [&str; 8] =
    ["line 13", "line 13", "line 13", "https 13", "https 13", "xml 13", "long True", "requests 13"];

#[test]
fn python_calls() {
    each(|port, issuer| {
        let Some(mut command) = python("tls_client.py") else { return };
        command.arg(format!("localhost:{port}")).arg(issuer.file());
        assert_eq!(Running::lines(&mut command), OF_PYTHON);
    });
}

#[test]
fn python_shows_its_certificate() {
    let Some(mut command) = python("tls_client.py") else { return };
    let issuer = Issuer::new();
    let (certified, ada) = (issuer.issue(&["localhost"]), issuer.issue(&["ada"]));
    let tls = Tls::from_pem(&certified.certificate, &certified.key).unwrap();
    let tls = tls.client_ca(issuer.file()).unwrap();
    let server = Model::ThreadPerConnection.start(RpcServer::exported().tls(tls));
    let port = server.address().socket_addr().unwrap().port();
    command.arg(format!("localhost:{port}")).arg(issuer.file());
    assert_eq!(Running::lines(command.args([ada.certificate, ada.key])), OF_PYTHON);
}

#[test]
fn node_calls() {
    each(|port, issuer| {
        let Some(mut command) = node("tls_client.mjs") else { return };
        command.arg(port.to_string()).arg(issuer.file());
        command.env("NODE_EXTRA_CA_CERTS", issuer.file());
        let lines = Running::lines(&mut command);
        assert_eq!(lines, ["tls 13", "https 13 false", "https 13 true", "wss 13"]);
    });
}

#[test]
fn curl_calls_in_both_versions() {
    each(|port, issuer| {
        for (option, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
            for tls in ["--tlsv1.3", "--tls-max"] {
                let Some(mut command) = curl() else { return };
                command.arg(option).arg(tls).args((tls == "--tls-max").then_some("1.2"));
                command.arg("--cacert").arg(issuer.file()).args(["--data", CALL]);
                command.args(["--header", "content-type: application/json"]);
                command.args(["--write-out", " %{http_code} %{http_version}\n"]);
                let lines = Running::lines(command.arg(format!("https://localhost:{port}")));
                assert_eq!(lines, [format!("{SUM} 200 {version}")], "{tls}");
            }
        }
    });
}

#[test]
fn openssl_calls() {
    each(|port, issuer| {
        for version in ["-tls1_2", "-tls1_3"] {
            let Some(mut command) = openssl() else { return };
            command.args(["s_client", "-quiet", "-verify_return_error", "-verify_hostname"]);
            command.args(["localhost", "-connect", &format!("127.0.0.1:{port}"), version]);
            command.arg("-CAfile").arg(issuer.file());
            command.stdin(Stdio::piped()).stderr(Stdio::null());
            let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
            // Its input stays open until the reply is there.
            let mut input = child.stdin.take().unwrap();
            input.write_all(format!("{CALL}\n").as_bytes()).unwrap();
            let mut line = String::new();
            let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
            std::io::BufRead::read_line(&mut output, &mut line).unwrap();
            drop(input);
            let _ = child.kill();
            child.wait().unwrap();
            assert_eq!(line.trim_end(), SUM, "{version}");
        }
    });
}
